//! The page itself: HTML in one piece, which needs no network and no script.

use std::fmt;

use super::results::{Language, Listed, Results};
use crate::database::{Picture, Text};

/// Writes the results as HTML.
pub(super) struct Page<'a>(pub(super) &'a Results);

impl fmt::Display for Page<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let results = self.0;
        let style = include_str!("page.css");
        write!(
            f,
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n\
             <title>Documents</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
        )?;
        head(f, results)?;
        languages(f, &results.languages)?;
        pictures(f, results)?;
        texts(f, results)?;
        words(f, results)?;
        rest(f, results)?;
        write!(
            f,
            "<footer>Written by <code>report</code>, one of seven Slingshot services in \
             <code>examples/documents</code>.</footer>\n</body>\n</html>\n"
        )
    }
}

fn head(f: &mut fmt::Formatter<'_>, results: &Results) -> fmt::Result {
    let totals = results.totals;
    let spoken = results
        .languages
        .iter()
        .filter(|language| language.name.is_some())
        .count();
    let rest = totals.documents - totals.texts - totals.pictures;
    writeln!(f, "<header>\n<h1>Documents</h1>\n<dl class=\"totals\">")?;
    for (count, one, many) in [
        (totals.documents, "file", "files"),
        (totals.texts, "text", "texts"),
        (
            i64::try_from(spoken).unwrap_or(i64::MAX),
            "language",
            "languages",
        ),
        (totals.words, "word", "words"),
        (totals.pictures, "picture", "pictures"),
        (rest, "other", "others"),
    ] {
        let name = if count == 1 { one } else { many };
        writeln!(f, "<div><dt>{name}</dt><dd>{}</dd></div>", Grouped(count))?;
    }
    writeln!(f, "</dl>\n</header>")
}

/// A bar of one segment per language, and its legend.
fn languages(f: &mut fmt::Formatter<'_>, languages: &[Language]) -> fmt::Result {
    if languages.is_empty() {
        return Ok(());
    }
    writeln!(
        f,
        "<section>\n<h2>Languages</h2>\n<div class=\"bar\" aria-hidden=\"true\">"
    )?;
    for (language, colour) in languages.iter().zip(colours()) {
        let class = if language.name.is_some() {
            "known"
        } else {
            "unknown"
        };
        writeln!(
            f,
            "<i class=\"{class}\" style=\"flex:{};--hue:{colour}\"></i>",
            language.texts
        )?;
    }
    writeln!(f, "</div>\n<ul class=\"legend\">")?;
    for (language, colour) in languages.iter().zip(colours()) {
        let class = if language.name.is_some() {
            "known"
        } else {
            "unknown"
        };
        writeln!(
            f,
            "<li class=\"{class}\" style=\"--hue:{colour}\">{} <b>{}</b></li>",
            Escaped(language.name.as_deref().unwrap_or("no certain language")),
            language.texts
        )?;
    }
    writeln!(f, "</ul>\n</section>")
}

/// Hues that differ from their neighbours as much as they can: each a golden angle from the last.
fn colours() -> impl Iterator<Item = u32> {
    (0..).map(|index: u32| (212 + index * 137) % 360)
}

fn pictures(f: &mut fmt::Formatter<'_>, results: &Results) -> fmt::Result {
    let drawn: Vec<_> = results
        .documents
        .iter()
        .filter_map(|listed| Some((listed, listed.picture.as_ref()?, listed.thumbnail.as_ref()?)))
        .collect();
    if drawn.is_empty() {
        return Ok(());
    }
    writeln!(f, "<section>\n<h2>Pictures</h2>\n<div class=\"gallery\">")?;
    for (listed, Picture { width, height, .. }, thumbnail) in drawn {
        let format = listed
            .document
            .media_type
            .trim_start_matches("image/")
            .to_uppercase();
        writeln!(
            f,
            "<figure><div><img src=\"{}\" alt=\"{}\"></div>\
             <figcaption><b>{}</b> <span class=\"whole\">{} {width} × {height}</span></figcaption></figure>",
            Escaped(thumbnail),
            Escaped(&format!("Thumbnail of {}", Title(listed))),
            Escaped(&Title(listed).to_string()),
            Escaped(&format),
        )?;
    }
    writeln!(f, "</div>\n</section>")
}

fn texts(f: &mut fmt::Formatter<'_>, results: &Results) -> fmt::Result {
    let read: Vec<_> = results
        .documents
        .iter()
        .filter_map(|listed| Some((listed, listed.text.as_ref()?)))
        .collect();
    if read.is_empty() {
        return Ok(());
    }
    writeln!(f, "<section>\n<h2>Texts</h2>\n<div class=\"texts\">")?;
    for (listed, text) in read {
        let Text {
            encoding,
            words,
            distinct_words,
            language,
            language_name,
            excerpt,
            ..
        } = text;
        let name = language_name.as_deref().unwrap_or("No certain language");
        writeln!(
            f,
            "<article>\n<h3>{}</h3>\n<blockquote lang=\"{}\" dir=\"auto\">{}</blockquote>\n\
             <p><b>{}</b> · {} words, {} different · <span class=\"whole\">{}</span>{}</p>\n</article>",
            Escaped(&Title(listed).to_string()),
            Escaped(language.as_deref().unwrap_or_default()),
            Escaped(excerpt),
            Escaped(name),
            Grouped(*words),
            Grouped(*distinct_words),
            Escaped(encoding),
            Problem(listed),
        )?;
    }
    writeln!(f, "</div>\n</section>")
}

fn words(f: &mut fmt::Formatter<'_>, results: &Results) -> fmt::Result {
    let Some(most) = results.words.first().map(|word| word.count) else {
        return Ok(());
    };
    let mut words: Vec<_> = results.words.iter().collect();
    words.sort_by(|a, b| a.word.cmp(&b.word));
    writeln!(
        f,
        "<section>\n<h2>Frequent long words</h2>\n<p class=\"cloud\">"
    )?;
    for word in words {
        let weight = 100 * word.count / most;
        writeln!(
            f,
            "<span style=\"--weight:{weight}\" title=\"{}\"><bdi>{}</bdi></span>",
            Grouped(word.count),
            Escaped(&word.word)
        )?;
    }
    writeln!(f, "</p>\n</section>")
}

/// What is on the page neither as a text nor as a picture.
fn rest(f: &mut fmt::Formatter<'_>, results: &Results) -> fmt::Result {
    let mut rest = results
        .documents
        .iter()
        .filter(|listed| listed.text.is_none() && listed.picture.is_none())
        .peekable();
    if rest.peek().is_some() {
        writeln!(f, "<section>\n<h2>Everything else</h2>\n<table>")?;
        for listed in rest {
            writeln!(
                f,
                "<tr><th scope=\"row\">{}</th><td><code>{}</code></td><td>{}{}</td></tr>",
                Escaped(&Title(listed).to_string()),
                Escaped(&listed.document.media_type),
                Escaped(remark(results, listed).as_str()),
                Problem(listed),
            )?;
        }
        writeln!(f, "</table>\n</section>")?;
    }
    let unlisted = results
        .totals
        .documents
        .saturating_sub_unsigned(results.documents.len() as u64);
    if unlisted > 0 {
        writeln!(
            f,
            "<p>{} more files are in the database and not on this page.</p>",
            Grouped(unlisted)
        )?;
    }
    Ok(())
}

fn remark(results: &Results, listed: &Listed) -> String {
    match listed.document.kind.as_str() {
        "empty" => "empty".to_owned(),
        "zip" if listed.member.is_some() => "an archive inside an archive stays closed".to_owned(),
        "zip" => {
            let inside = |other: &&Listed| {
                other
                    .member
                    .as_ref()
                    .is_some_and(|member| member.parent == listed.document.id)
            };
            match results.documents.iter().filter(inside).count() {
                1 => "one file inside".to_owned(),
                count => format!("{count} files inside"),
            }
        }
        "other" => "neither text nor picture: the original is in the archive".to_owned(),
        _ => String::new(),
    }
}

/// What a document is called: ids are all that a queue carries, but an archive has names.
struct Title<'a>(&'a Listed);

impl fmt::Display for Title<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.member {
            Some(member) => write!(f, "№ {} · {}", member.parent.cast_unsigned(), member.path),
            None => write!(f, "№ {}", self.0.id()),
        }
    }
}

/// What a person should know of a document, if there is something.
struct Problem<'a>(&'a Listed);

impl fmt::Display for Problem<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.document.problem {
            Some(problem) => write!(f, " <em>{}</em>", Escaped(problem)),
            None => Ok(()),
        }
    }
}

/// Text between tags and inside quoted attributes.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        while let Some((before, special)) = rest
            .find(['&', '<', '>', '"', '\''])
            .map(|at| rest.split_at(at))
        {
            f.write_str(before)?;
            let mut after = special.chars();
            f.write_str(match after.next() {
                Some('&') => "&amp;",
                Some('<') => "&lt;",
                Some('>') => "&gt;",
                Some('"') => "&quot;",
                _ => "&#39;",
            })?;
            rest = after.as_str();
        }
        f.write_str(rest)
    }
}

/// A number with thin spaces between its thousands.
struct Grouped(i64);

impl fmt::Display for Grouped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.0.to_string();
        for (index, digit) in digits.chars().enumerate() {
            if index > 0 && (digits.len() - index).is_multiple_of(3) {
                f.write_str("\u{202F}")?;
            }
            write!(f, "{digit}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        database::{Document, Member},
        report::results::{FrequentWord, Totals},
    };

    fn listed(id: i64, kind: &str, media_type: &str) -> Listed {
        let document = Document {
            id,
            kind: kind.to_owned(),
            media_type: media_type.to_owned(),
            problem: None,
        };
        Listed {
            document,
            text: None,
            picture: None,
            member: None,
            thumbnail: None,
        }
    }

    fn results() -> Results {
        let mut text = listed(1, "text", "text/plain");
        text.text = Some(Text {
            document: 1,
            encoding: "UTF-8".to_owned(),
            words: 12_345,
            distinct_words: 678,
            language: Some("deu".to_owned()),
            language_name: Some("German".to_owned()),
            excerpt: "<Ein & alles>".to_owned(),
        });
        let mut picture = listed(2, "image", "image/png");
        picture.picture = Some(Picture {
            document: 2,
            width: 640,
            height: 480,
            thumbnail_type: "image/jpeg".to_owned(),
        });
        picture.thumbnail = Some("data:image/jpeg;base64,/9j/".to_owned());
        let mut member = listed(-1, "empty", "application/x-empty");
        let path = "x\"><script>alert(1)</script>".to_owned();
        member.member = Some(Member {
            document: -1,
            parent: 3,
            path,
        });
        let mut damaged = listed(4, "image", "image/jpeg");
        damaged.document.problem = Some("the picture ends before its end".to_owned());
        let language = |name: Option<&str>, texts| Language {
            name: name.map(str::to_owned),
            texts,
        };
        let word = |word: &str, count| FrequentWord {
            word: word.to_owned(),
            count,
        };
        Results {
            totals: Totals {
                documents: 1_000_005,
                texts: 1,
                pictures: 1,
                words: 12_345,
            },
            languages: vec![language(Some("German"), 1), language(None, 1)],
            words: vec![word("zuerst", 8), word("alles", 2)],
            documents: vec![
                text,
                picture,
                listed(3, "zip", "application/zip"),
                member,
                damaged,
            ],
        }
    }

    /// The part of a page behind the style sheet.
    fn body(results: &Results) -> String {
        let page = Page(results).to_string();
        page.split_once("<body>\n").unwrap().1.to_owned()
    }

    #[test]
    fn everything_on_the_page_is_escaped() {
        insta::assert_snapshot!(body(&results()));
    }

    #[test]
    fn a_page_without_results_has_no_empty_sections() {
        insta::assert_snapshot!(body(&Results::default()));
    }

    #[test]
    fn a_page_asks_the_network_for_nothing() {
        let page = Page(&results()).to_string();
        for address in ["http:", "https:", "url(", "@import", "<script"] {
            assert!(!page.contains(address), "{address} in {page}");
        }
    }
}
