//! Media types that a statement may name.
//!
//! The list is closed, because free text could put personal data on the chain. Files of other types are
//! `application/octet-stream`. The type is the depositor's claim; it is not checked against the file.

/// The type of files that have no listed type.
pub const OCTET_STREAM: &str = "application/octet-stream";

/// Media types and their file name extensions, sorted by type.
const TYPES: &[(&str, &[&str])] = &[
    ("application/epub+zip", &["epub"]),
    ("application/gzip", &["gz", "tgz"]),
    ("application/json", &["json"]),
    ("application/msword", &["doc"]),
    (OCTET_STREAM, &["bin"]),
    ("application/ofd", &["ofd"]),
    ("application/pdf", &["pdf"]),
    ("application/rtf", &["rtf"]),
    ("application/vnd.ms-excel", &["xls"]),
    ("application/vnd.ms-outlook", &["msg"]),
    ("application/vnd.ms-powerpoint", &["ppt"]),
    ("application/vnd.oasis.opendocument.spreadsheet", &["ods"]),
    ("application/vnd.oasis.opendocument.text", &["odt"]),
    ("application/vnd.openxmlformats-officedocument.presentationml.presentation", &["pptx"]),
    ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", &["xlsx"]),
    ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", &["docx"]),
    ("application/vnd.rar", &["rar"]),
    ("application/vnd.sqlite3", &["sqlite", "db"]),
    ("application/vnd.tcpdump.pcap", &["pcap", "pcapng"]),
    ("application/warc", &["warc"]),
    ("application/x-7z-compressed", &["7z"]),
    ("application/x-tar", &["tar"]),
    ("application/xml", &["xml"]),
    ("application/zip", &["zip"]),
    ("audio/aac", &["aac"]),
    ("audio/amr", &["amr"]),
    ("audio/flac", &["flac"]),
    ("audio/mp4", &["m4a"]),
    ("audio/mpeg", &["mp3"]),
    ("audio/ogg", &["ogg", "oga", "opus"]),
    ("audio/wav", &["wav"]),
    ("image/avif", &["avif"]),
    ("image/bmp", &["bmp"]),
    ("image/gif", &["gif"]),
    ("image/heic", &["heic"]),
    ("image/jpeg", &["jpg", "jpeg"]),
    ("image/png", &["png"]),
    ("image/svg+xml", &["svg"]),
    ("image/tiff", &["tif", "tiff"]),
    ("image/webp", &["webp"]),
    ("message/rfc822", &["eml"]),
    ("multipart/related", &["mht", "mhtml"]),
    ("text/css", &["css"]),
    ("text/csv", &["csv"]),
    ("text/html", &["html", "htm"]),
    ("text/javascript", &["js"]),
    ("text/markdown", &["md"]),
    ("text/plain", &["txt", "log"]),
    ("video/mp4", &["mp4", "m4v"]),
    ("video/mpeg", &["mpeg", "mpg"]),
    ("video/quicktime", &["mov"]),
    ("video/webm", &["webm"]),
    ("video/x-matroska", &["mkv"]),
    ("video/x-msvideo", &["avi"]),
];

/// A listed media type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MediaType(&'static str);

impl MediaType {
    /// A listed type in exactly the listed form; `None` for any other text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        TYPES.iter().find(|(name, _)| *name == text).map(|(name, _)| Self(name))
    }

    /// The type that belongs to a file name's extension, ignoring case; [`OCTET_STREAM`] if there is none.
    #[must_use]
    pub fn of_file_name(name: &str) -> Self {
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension).to_ascii_lowercase();
        let listed = TYPES.iter().find(|(_, extensions)| extensions.contains(&extension.as_str()));
        Self(listed.map_or(OCTET_STREAM, |(name, _)| name))
    }

    /// The text.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_type_is_lower_case_and_read_back() {
        assert!(TYPES.is_sorted_by_key(|(name, _)| *name));
        for (name, extensions) in TYPES {
            assert_eq!(name.to_ascii_lowercase(), **name);
            assert_eq!(MediaType::parse(name).unwrap().as_str(), *name);
            for extension in *extensions {
                assert_eq!(MediaType::of_file_name(&format!("证据.{extension}")).as_str(), *name);
            }
        }
    }

    #[test]
    fn other_types_are_rejected_and_other_files_are_plain_bytes() {
        for bad in ["", "text/Plain", "text/plain; charset=utf-8", "text/zhang-san", "plain"] {
            assert_eq!(MediaType::parse(bad), None);
        }
        for name in ["noextension", "a.PDFX", ".", ""] {
            assert_eq!(MediaType::of_file_name(name).as_str(), OCTET_STREAM);
        }
        assert_eq!(MediaType::of_file_name("A.JPG").as_str(), "image/jpeg");
    }
}
