//! Placeholders: `<<name>>`.
//!
//! Rust, TOML, shell and GitHub's `${{ }}` have no use for a lower-case word in double angle
//! brackets, so a template is otherwise the file that it becomes. A word that is not known is an
//! error: an empty string in its place would be found much later.

use thiserror::Error;

/// What a template may name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Placeholders<'a> {
    /// `<<name>>`: the project, its package and its binary.
    pub(crate) name: &'a str,
    /// `<<slingshot>>`: the right-hand side of `slingshot = …` in a manifest.
    pub(crate) slingshot: &'a str,
    /// `<<slingshot-python>>`: the line of the Python package in a `requirements.txt`.
    pub(crate) slingshot_python: &'a str,
    /// `<<workspace>>`: a `[workspace]` table where one is needed.
    pub(crate) workspace: &'a str,
}

/// A placeholder that nothing is known for.
#[derive(Debug, PartialEq, Eq, Error)]
#[error("unknown placeholder `<<{word}>>` on line {line}")]
pub(crate) struct UnknownPlaceholder {
    word: String,
    line: usize,
}

impl Placeholders<'_> {
    fn value(&self, word: &str) -> Option<&str> {
        match word {
            "name" => Some(self.name),
            "slingshot" => Some(self.slingshot),
            "slingshot-python" => Some(self.slingshot_python),
            "workspace" => Some(self.workspace),
            _ => None,
        }
    }

    /// `template` with every placeholder replaced.
    ///
    /// # Errors
    ///
    /// [`UnknownPlaceholder`].
    pub(crate) fn render(&self, template: &str) -> Result<String, UnknownPlaceholder> {
        let mut rendered = String::with_capacity(template.len());
        let mut rest = template;
        while let Some((before, after)) = rest.split_once("<<") {
            rendered += before;
            match after.split_once(">>").filter(|(word, _)| is_word(word)) {
                Some((word, remaining)) => {
                    rendered += self.value(word).ok_or_else(|| UnknownPlaceholder {
                        word: word.to_owned(),
                        line: 1 + rendered.matches('\n').count(),
                    })?;
                    rest = remaining;
                }
                None => {
                    rendered += "<<";
                    rest = after;
                }
            }
        }
        Ok(rendered + rest)
    }
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(template: &str) -> Result<String, String> {
        Placeholders {
            name: "greeter",
            slingshot: "\"0.1.0\"",
            slingshot_python: "slingshot-microservice==0.1.0",
            workspace: "",
        }
        .render(template)
        .map_err(|error| error.to_string())
    }

    #[test]
    fn placeholders_are_replaced_and_look_alikes_are_not() {
        for (template, expected) in [
            ("name = \"<<name>>\"", "name = \"greeter\""),
            ("slingshot = <<slingshot>>", "slingshot = \"0.1.0\""),
            ("1 << 2 >> 1", "1 << 2 >> 1"),
            ("<<Self as A>::B as C>::d", "<<Self as A>::B as C>::d"),
            ("${{ matrix.os }}", "${{ matrix.os }}"),
            ("cat <<EOF", "cat <<EOF"),
        ] {
            assert_eq!(render(template).unwrap(), expected);
        }
    }

    #[test]
    fn an_unknown_placeholder_is_named_with_its_line() {
        assert_eq!(
            render("a\n<<nmae>>").unwrap_err(),
            "unknown placeholder `<<nmae>>` on line 2"
        );
    }
}
