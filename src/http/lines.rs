//! Splits a body into lines while it arrives.
//!
//! # Invariants
//!
//! Memory: at most one frame of the body and the beginning of one line. A line that is too long is reported and skipped. A line
//! within one frame is not copied. `next` is cancellation-safe, so the caller can apply a timeout.

use axum::body::{Body, Bytes};
use http_body_util::BodyExt as _;

use crate::http::body::broken;
use crate::http::problem::ApiError;

/// A line, without its LF.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// All of it.
    Whole(Bytes),
    /// It has more bytes than a line may have.
    TooLong,
}

impl Line {
    /// Bytes held.
    #[must_use]
    pub fn bytes_held(&self) -> usize {
        match self {
            Self::Whole(bytes) => bytes.len(),
            Self::TooLong => 0,
        }
    }
}

/// A body, line by line.
#[derive(Debug)]
pub struct Lines {
    body: Body,
    /// Most bytes of a line.
    longest: usize,
    /// The rest of the last frame.
    rest: Bytes,
    /// The beginning of an incomplete line.
    begun: Vec<u8>,
    /// Whether the current line is too long.
    skipping: bool,
    ended: bool,
}

impl Lines {
    /// The lines of `body`, each of at most `longest` bytes.
    #[must_use]
    pub fn of(body: Body, longest: usize) -> Self {
        let (rest, begun) = (Bytes::new(), Vec::new());
        Self { body, longest, rest, begun, skipping: false, ended: false }
    }

    /// The next available lines: at most `most`, and not many more bytes than one line may have; none at the end. The last line may
    /// lack its LF.
    ///
    /// # Errors
    ///
    /// `body_broken`; then there are no more lines, and an incomplete one is lost.
    pub async fn next(&mut self, most: usize) -> Result<Vec<Line>, ApiError> {
        self.arriving(most).await.map_err(|failure| self.lost(failure))
    }

    async fn arriving(&mut self, most: usize) -> Result<Vec<Line>, ApiError> {
        loop {
            let lines = self.cut(most);
            if !lines.is_empty() {
                return Ok(lines);
            }
            if self.ended {
                return Ok(self.last().into_iter().collect());
            }
            match self.body.frame().await {
                None => self.ended = true,
                // Trailers are not lines.
                Some(Ok(frame)) => self.rest = frame.into_data().unwrap_or_default(),
                Some(Err(error)) => return Err(broken(&error)),
            }
        }
    }

    fn lost(&mut self, failure: ApiError) -> ApiError {
        (self.ended, self.rest, self.begun, self.skipping) = (true, Bytes::new(), Vec::new(), false);
        failure
    }

    /// The complete lines in the last frame.
    fn cut(&mut self, most: usize) -> Vec<Line> {
        let (mut lines, mut bytes) = (Vec::new(), 0);
        while lines.len() < most && bytes < self.longest {
            let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') else {
                lines.extend(self.begin());
                break;
            };
            let mut line = self.rest.split_to(end + 1);
            line.truncate(end);
            if std::mem::take(&mut self.skipping) {
                continue;
            }
            let length = self.begun.len() + line.len();
            if length > self.longest {
                self.begun = Vec::new();
                lines.push(Line::TooLong);
                continue;
            }
            if !self.begun.is_empty() {
                self.begun.extend_from_slice(&line);
                line = std::mem::take(&mut self.begun).into();
            }
            bytes += length;
            lines.push(Line::Whole(line));
        }
        lines
    }

    /// Keeps the rest of the frame as the beginning of a line; reports a line that is too long, once.
    fn begin(&mut self) -> Option<Line> {
        let came = std::mem::take(&mut self.rest);
        if self.skipping {
            return None;
        }
        if self.begun.len() + came.len() > self.longest {
            (self.begun, self.skipping) = (Vec::new(), true);
            return Some(Line::TooLong);
        }
        self.begun.extend_from_slice(&came);
        None
    }

    /// A last line without LF.
    fn last(&mut self) -> Option<Line> {
        let line = std::mem::take(&mut self.begun);
        (!line.is_empty()).then(|| Line::Whole(line.into()))
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures_util::stream::{self, StreamExt as _};

    use super::*;

    fn of(frames: &[&'static str]) -> Lines {
        let frames: Vec<_> =
            frames.iter().map(|frame| Ok::<_, Infallible>(Bytes::from_static(frame.as_bytes()))).collect();
        Lines::of(Body::from_stream(stream::iter(frames)), 4)
    }

    /// All lines; `-` for one that is too long.
    async fn cut(frames: &[&'static str], most: usize) -> Vec<String> {
        let (mut lines, mut all) = (of(frames), Vec::new());
        loop {
            let next = lines.next(most).await.unwrap();
            assert!(next.len() <= most);
            if next.is_empty() {
                assert_eq!(lines.next(most).await, Ok(vec![]), "the end stays the end");
                return all;
            }
            all.extend(next.into_iter().map(|line| match line {
                Line::Whole(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
                Line::TooLong => "-".into(),
            }));
        }
    }

    #[tokio::test]
    async fn lines_are_the_same_however_the_body_arrives() {
        for (text, expected) in [
            ("", vec![]),
            ("\n", vec![""]),
            ("a\nb\n", vec!["a", "b"]),
            ("a\n\nb", vec!["a", "", "b"]),
            ("1234\n12345\n123456789\n1\n", vec!["1234", "-", "-", "1"]),
            ("123456789", vec!["-"]),
            ("12345\n", vec!["-"]),
            ("\n12345", vec!["", "-"]),
        ] {
            for length in 1..=text.len().max(1) {
                let frames: Vec<&str> =
                    text.as_bytes().chunks(length).map(|frame| std::str::from_utf8(frame).unwrap()).collect();
                for most in [1, 2, 100] {
                    assert_eq!(cut(&frames, most).await, expected, "{text:?} by {length}, {most} at a time");
                }
            }
        }
    }

    #[tokio::test]
    async fn what_came_whole_is_there_before_the_rest_breaks() {
        let frames = [Ok(Bytes::from_static(b"a\nb\nc")), Err(std::io::Error::other("gone"))];
        let mut lines = Lines::of(Body::from_stream(stream::iter(frames)), 4);
        let whole = |text: &'static str| Line::Whole(Bytes::from_static(text.as_bytes()));
        assert_eq!(lines.next(9).await, Ok(vec![whole("a"), whole("b")]));
        assert_eq!(lines.next(9).await.unwrap_err().code().as_str(), "body_broken");
        assert_eq!(lines.next(9).await, Ok(vec![]));
    }

    #[tokio::test]
    async fn a_line_is_waited_for_and_a_wait_given_up_loses_nothing() {
        let (frames, body) = tokio::sync::mpsc::channel(1);
        let body = stream::unfold(body, |mut body| async move { body.recv().await.map(|frame| (frame, body)) });
        let mut lines = Lines::of(Body::from_stream(body.map(Ok::<Bytes, Infallible>)), 4);
        frames.send(Bytes::from_static(b"ab")).await.unwrap();
        assert!(futures_util::FutureExt::now_or_never(lines.next(9)).is_none(), "not whole yet");
        frames.send(Bytes::from_static(b"c\nd")).await.unwrap();
        assert_eq!(lines.next(9).await, Ok(vec![Line::Whole(Bytes::from_static(b"abc"))]));
        assert!(futures_util::FutureExt::now_or_never(lines.next(9)).is_none());
        drop(frames);
        assert_eq!(lines.next(9).await, Ok(vec![Line::Whole(Bytes::from_static(b"d"))]), "a last line without LF");
    }
}
