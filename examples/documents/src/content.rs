//! What a file is, by its content: names lie, and objects have none.

use std::io::{self, Read};

use infer::MatcherType;

use crate::{encoding::Encoding, sniff::Kind};

/// How much of a file's start is looked at.
pub(crate) const SAMPLE: usize = 64 * 1024;

/// The media types that `thumbnail` draws. Other pictures are kept, not drawn.
const DRAWN: [&str; 5] = [
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/webp",
    "image/bmp",
];

/// Formats whose files may consist of readable characters and are still no texts for readers.
const READABLE_FORMATS: [&str; 3] = [
    "application/pdf",
    "application/postscript",
    "application/rtf",
];

/// What a file was found to be.
#[derive(Debug, PartialEq)]
pub(crate) struct Content {
    pub(crate) kind: Kind,
    pub(crate) media_type: &'static str,
    /// Of a text.
    pub(crate) encoding: Option<Encoding>,
}

impl Content {
    /// Looks at the start of a file.
    pub(crate) fn of(file: impl Read) -> io::Result<Self> {
        let mut start = Vec::new();
        file.take(SAMPLE as u64).read_to_end(&mut start)?;
        Ok(Self::of_start(&start))
    }

    /// Looks at a file's first [`SAMPLE`] bytes: fewer are the whole file.
    pub(crate) fn of_start(start: &[u8]) -> Self {
        let found = infer::get(start);
        let media_type = found.map_or("application/octet-stream", |found| found.mime_type());
        let without_text = |kind| Self {
            kind,
            media_type,
            encoding: None,
        };
        if start.is_empty() {
            return Self {
                media_type: "application/x-empty",
                ..without_text(Kind::Empty)
            };
        }
        // Texts come first: `BMW builds cars` starts like a picture, `MZ` like a program.
        let encoding = Encoding::of(start, start.len() < SAMPLE);
        if encoding.is_some() && !READABLE_FORMATS.contains(&media_type) {
            let markup = found.filter(|found| found.matcher_type() == MatcherType::Text);
            let media_type = markup.map_or("text/plain", |found| found.mime_type());
            return Self {
                kind: Kind::Text,
                media_type,
                encoding,
            };
        }
        without_text(match media_type {
            "application/zip" => Kind::Zip,
            drawn if DRAWN.contains(&drawn) => Kind::Image,
            _ => Kind::Other,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shipped_files_are_recognised_whatever_their_names_say() {
        let mut files: Vec<_> = std::fs::read_dir("files")
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        files.sort();
        let found: Vec<String> = files
            .iter()
            .map(|path| {
                let content = Content::of(std::fs::File::open(path).unwrap()).unwrap();
                let encoding = content.encoding.map(|encoding| format!(" {encoding}"));
                let name = path.file_name().unwrap().to_str().unwrap();
                format!(
                    "{name}: {:?} {}{}",
                    content.kind,
                    content.media_type,
                    encoding.unwrap_or_default()
                )
            })
            .collect();
        insta::assert_snapshot!(found.join("\n"));
    }

    #[test]
    fn a_text_that_starts_like_another_format_is_a_text() {
        for text in [
            "BMW builds cars.",
            "MZ is a licence plate.",
            "II. Of the second part",
            "GIF is a format",
        ] {
            assert_eq!(
                Content::of_start(text.as_bytes()).kind,
                Kind::Text,
                "{text}"
            );
        }
    }

    #[test]
    fn markup_is_text_and_says_which() {
        let page = Content::of_start(b"<!DOCTYPE html>\n<title>Page</title>\n");
        assert_eq!((page.kind, page.media_type), (Kind::Text, "text/html"));
    }
}
