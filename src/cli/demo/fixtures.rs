//! Generates the files of the demo: a chat log, a picture, a contract, a disk image, a folder of messages.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use crate::cli::progress::Progress;

/// Bytes written at a time.
const PIECE: usize = 1024 * 1024;

/// A chat log as a text file.
///
/// # Errors
///
/// The file cannot be written.
pub fn chat_log(path: &Path) -> io::Result<()> {
    fs::write(path, "2026-11-20 09:12 甲：货已发出。\n2026-11-20 09:15 乙：收到，谢谢。\n")
}

/// Messages, one file each.
///
/// # Errors
///
/// The file cannot be written.
pub fn messages(folder: &Path, count: usize) -> io::Result<()> {
    fs::create_dir(folder)?;
    for i in 1..=count {
        fs::write(folder.join(format!("{i:03}.eml")), format!("Subject: message {i}\r\n\r\n第 {i} 封邮件。\r\n"))?;
    }
    Ok(())
}

/// A PNG picture of 64 by 64 points.
///
/// # Errors
///
/// The file cannot be written.
pub fn picture(path: &Path) -> io::Result<()> {
    fs::write(path, png(64))
}

/// A PDF of one page.
///
/// # Errors
///
/// The file cannot be written.
pub fn contract(path: &Path) -> io::Result<()> {
    fs::write(path, pdf("Contract of sale, 20 November 2026"))
}

/// A file of `size` pseudo-random bytes.
///
/// # Errors
///
/// The file cannot be written, for example on a full disk.
pub fn disk_image(path: &Path, size: u64, seed: u64, progress: &Progress) -> io::Result<()> {
    let mut file = File::create(path)?;
    let mut state = seed | 1;
    let mut piece = vec![0; PIECE];
    let mut left = size;
    while left > 0 {
        for word in piece.chunks_exact_mut(8) {
            // xorshift64*
            state ^= state >> 12;
            state ^= state << 25;
            state ^= state >> 27;
            word.copy_from_slice(&state.wrapping_mul(0x2545_F491_4F6C_DD1D).to_le_bytes());
        }
        let count = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
        file.write_all(piece.get(..count).unwrap_or(&piece))?;
        left -= count as u64;
        progress.add(count as u64);
    }
    file.flush()
}

/// A grey-scale PNG whose image data is stored, not compressed (RFC 1950, RFC 1951 §3.2.4).
fn png(side: u32) -> Vec<u8> {
    let mut rows = Vec::new();
    for y in 0..side {
        // Filter type 0, then the points.
        rows.push(0);
        rows.extend((0..side).map(|x| ((x ^ y) * 4).to_le_bytes()[0]));
    }
    let length = u16::try_from(rows.len()).unwrap_or(u16::MAX);
    let mut stream = vec![0x78, 0x01, 0x01];
    stream.extend(length.to_le_bytes());
    stream.extend((!length).to_le_bytes());
    stream.extend(&rows);
    stream.extend(adler32(&rows).to_be_bytes());
    let header = [side.to_be_bytes().as_slice(), &side.to_be_bytes(), &[8, 0, 0, 0, 0]].concat();
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, data) in [(b"IHDR", header.as_slice()), (b"IDAT", &stream), (b"IEND", &[])] {
        let body = [kind.as_slice(), data].concat();
        png.extend(u32::try_from(data.len()).unwrap_or(0).to_be_bytes());
        png.extend(&body);
        png.extend(crc32(&body).to_be_bytes());
    }
    png
}

fn adler32(bytes: &[u8]) -> u32 {
    let (a, b) = bytes.iter().fold((1, 0), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (b + a) % 65_521)
    });
    b << 16 | a
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 };
    !bytes.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), step))
}

fn pdf(line: &str) -> Vec<u8> {
    let content = format!("BT /F1 18 Tf 72 720 Td ({line}) Tj ET");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>".to_owned(),
        format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    let mut text = "%PDF-1.4\n".to_owned();
    let mut table = "0000000000 65535 f \n".to_owned();
    for (number, object) in (1..).zip(&objects) {
        // Writing to a String cannot fail.
        let _ = writeln!(table, "{:010} 00000 n ", text.len());
        let _ = write!(text, "{number} 0 obj\n{object}\nendobj\n");
    }
    let start = text.len();
    let count = objects.len() + 1;
    let _ =
        write!(text, "xref\n0 {count}\n{table}trailer\n<< /Size {count} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n");
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn check_sums_are_the_known_ones() {
        assert_eq!(crc32(b"IEND"), 0xAE42_6082);
        assert_eq!(adler32(b"Wikipedia"), 0x11E6_0398);
    }

    #[test]
    fn the_picture_is_a_picture() {
        let png = png(64);
        assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
        let data = png.windows(4).position(|part| part == b"IDAT").unwrap() + 4;
        let mut points = Vec::new();
        flate2::read::ZlibDecoder::new(&png[data..]).read_to_end(&mut points).unwrap();
        assert_eq!(points.len(), 64 * 65);
    }

    #[test]
    fn the_contract_says_where_its_objects_are() {
        let pdf = pdf("x");
        let text = String::from_utf8(pdf).unwrap();
        let start: usize = text.lines().rev().nth(1).unwrap().parse().unwrap();
        assert!(text[start..].starts_with("xref\n0 6\n"));
        for (number, line) in (0..6).zip(text[start..].lines().skip(2)).skip(1) {
            let at: usize = line[..10].parse().unwrap();
            assert!(text[at..].starts_with(&format!("{number} 0 obj")));
        }
    }
}
