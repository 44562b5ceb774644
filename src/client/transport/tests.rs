//! The transport against a scripted node.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread::{self, JoinHandle};

use super::*;

/// A scripted node: answers one request per connection with the next of `answers`. Its thread returns the bodies of the requests.
pub(in crate::client) fn node(answers: &[&str]) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let answers: Vec<String> = answers.iter().map(ToString::to_string).collect();
    let thread =
        thread::spawn(move || answers.iter().map(|answer| answer_one(&listener.accept().unwrap().0, answer)).collect());
    (address, thread)
}

fn answer_one(stream: &TcpStream, answer: &str) -> String {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    for line in (&mut reader).lines() {
        let line = line.unwrap().to_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    // The client may have closed the connection on an answer that is too long.
    let _ = (&*stream).write_all(answer.as_bytes());
    String::from_utf8(body).unwrap()
}

pub(in crate::client) fn answer(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n{headers}\r\n{body}", body.len())
}

pub(in crate::client) const BUSY: &str =
    r#"{"type":"/problems/busy","title":"busy","title_zh":"繁忙","status":503,"code":"busy","detail":"later"}"#;

async fn ask(address: &str, body: Option<&[u8]>) -> Result<ApiResponse, ClientError> {
    let ask = ApiRequest { path: "/v1/x", accept: "application/json", body, key: None, limit: 100 };
    Transport::new(address)?.send(&ask).await
}

#[tokio::test]
async fn what_is_busy_is_asked_again_with_the_very_same_bytes() {
    let busy = answer("503 Service Unavailable", "Retry-After: 0\r\n", BUSY);
    let (address, node) = node(&[&busy, &busy, &answer("201 Created", "", "done")]);
    let got = ask(&address, Some(b"{\"a\":1}")).await.unwrap();
    assert_eq!(got, ApiResponse { status: 201, body: b"done".to_vec() });
    assert_eq!(node.join().unwrap(), [r#"{"a":1}"#; 3]);
}

#[tokio::test]
async fn a_problem_is_told_by_its_code_and_not_asked_again() {
    let refused = BUSY.replace("503", "409").replace("busy", "link_unknown");
    let stopped = answer("503 Service Unavailable", "", BUSY);
    for (given, code, status) in [(answer("409 Conflict", "", &refused), "link_unknown", 409), (stopped, "busy", 503)] {
        let (address, node) = node(&[&given]);
        match ask(&address, None).await.unwrap_err() {
            ClientError::Problem { code: found, status: found_status, title_zh, .. } => {
                assert_eq!((found.as_str(), found_status, title_zh.as_str()), (code, status, "繁忙"));
            }
            other => panic!("{other}"),
        }
        assert_eq!(node.join().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn what_is_no_answer_of_a_node_is_malformed() {
    let long = answer("200 OK", "", &"x".repeat(101));
    let page = answer("404 Not Found", "", "<html>");
    let moved = answer("301 Moved", "Location: https://example.org/\r\n", "");
    for (given, word) in [(long, "more than 100 bytes"), (page, "404"), (moved, "https://example.org/")] {
        let (address, _node) = node(&[&given]);
        let error = ask(&address, None).await.unwrap_err();
        assert!(matches!(error, ClientError::Malformed { .. }), "{error}");
        assert!(error.to_string().contains(word), "{error}");
    }
}

#[tokio::test]
async fn nobody_there_is_unreachable() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    assert!(matches!(ask(&address, None).await, Err(ClientError::Unreachable { .. })));
    for bad in ["", "127.0.0.1:7654", "ftp://a", "http://", "http://a?b", "http://a#b"] {
        assert!(matches!(Transport::new(bad), Err(ClientError::BadAddress { .. })), "{bad}");
    }
}

#[test]
fn an_address_has_one_spelling() {
    let address = |text: &str| Transport::new(text).unwrap().address().to_owned();
    assert_eq!(address("http://127.0.0.1:7654/"), "http://127.0.0.1:7654");
    assert_eq!(address("HTTPS://Example.org"), "https://example.org");
    assert_eq!(address("https://example.org/tiezheng/"), "https://example.org/tiezheng");
    assert!(is_loopback(&Url::parse("http://[::1]:1").unwrap()));
    assert!(!is_loopback(&Url::parse("http://127.0.0.1.example.org").unwrap()));
}
