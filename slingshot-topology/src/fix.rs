//! Mending the text: the fixes of findings, made where they do not get in each other's way.

use std::{collections::BTreeMap, ops::Range, sync::Arc};

use crate::{
    diagnostic::{Diagnostic, Edit, Fix, Safety},
    source::{SourceFile, Span},
};

/// A file with fixes made in it.
#[derive(Clone, Debug)]
pub struct FixedFile {
    /// The file as it was.
    pub file: Arc<SourceFile>,
    /// Its text with the fixes.
    pub text: String,
}

/// What was made of the fixes of some findings.
#[derive(Clone, Debug, Default)]
pub struct Fixed {
    /// The files with fixes in them, by path.
    pub files: Vec<FixedFile>,
    /// What was done, in the order of the findings: the place, the rule, and the fix's title.
    pub made: Vec<FixMade>,
    /// How many fixes wait for another round, because others changed the same place.
    pub waiting: usize,
    /// How many findings only have fixes that somebody has to look at.
    pub held_back: usize,
}

/// One fix that was made.
#[derive(Clone, Debug)]
pub struct FixMade {
    /// Where the finding is.
    pub at: Span,
    /// Its rule.
    pub rule: &'static str,
    /// What was done.
    pub title: String,
}

/// Makes the first fix of each finding that is no less safe than `least`. A fix is made as a whole or not at all; of
/// two that touch, the first finding's is made.
pub fn fix(diagnostics: &[Diagnostic], least: Safety) -> Fixed {
    let mut fixed = Fixed::default();
    let mut changes = Changes::default();
    for diagnostic in diagnostics {
        let mut fixes = diagnostic.fixes.iter();
        let Some(fix) = fixes.find(|fix| fix.safety <= least) else {
            fixed.held_back += usize::from(!diagnostic.fixes.is_empty());
            continue;
        };
        if !changes.take(fix) {
            fixed.waiting += 1;
            continue;
        }
        fixed.made.extend(diagnostic.span().map(|at| FixMade {
            at: at.clone(),
            rule: diagnostic.rule.name,
            title: fix.title.clone(),
        }));
    }
    fixed.files = changes.made();
    fixed
}

/// Edits that do not touch, by file.
#[derive(Default)]
struct Changes<'d> {
    files: BTreeMap<&'d str, Vec<&'d Edit>>,
}

impl<'d> Changes<'d> {
    /// Takes all edits of a fix, or none.
    fn take(&mut self, fix: &'d Fix) -> bool {
        let is_free = fix.edits.iter().all(|edit| self.is_free(edit));
        if is_free {
            for edit in &fix.edits {
                let edits = self.files.entry(&edit.span.file.path).or_default();
                edits.push(edit);
            }
        }
        is_free
    }

    /// Touching counts as overlapping: two texts put in at one place have no order.
    fn is_free(&self, edit: &Edit) -> bool {
        let taken = self.files.get(&*edit.span.file.path);
        let touches = |other: &&Edit| {
            let (Range { start, end }, other) = (range(edit), range(other));
            start <= other.end && other.start <= end
        };
        !taken.is_some_and(|taken| taken.iter().any(touches))
    }

    fn made(self) -> Vec<FixedFile> {
        let file = |mut edits: Vec<&Edit>| {
            edits.sort_by_key(|edit| edit.span.start);
            let file = Arc::clone(&edits.first()?.span.file);
            let mut text = file.text.clone();
            for edit in edits.into_iter().rev() {
                text.replace_range(range(edit), &edit.text);
            }
            Some(FixedFile { file, text })
        };
        self.files.into_values().filter_map(file).collect()
    }
}

fn range(edit: &Edit) -> Range<usize> {
    edit.span.start..edit.span.end
}

#[cfg(test)]
mod tests {
    use super::fix;
    use crate::{
        Diagnostic, Edit, Fix, Inputs, Safety, SourceFile, check, diagnostic::Label, explain,
        read_toml,
    };

    /// A finding with a fix that puts a text in place of a range.
    fn finding(
        file: &std::sync::Arc<SourceFile>,
        range: std::ops::Range<usize>,
        text: &str,
        safety: Safety,
    ) -> Diagnostic {
        let span = file.span(range);
        let template = {
            let (system, _) = read_toml(&SourceFile::new("s", ""));
            check(&Inputs::of(&system)).remove(0)
        };
        Diagnostic {
            rule: explain("self-loop").expect("a rule"),
            labels: vec![Label::primary(&span, "here")],
            fixes: vec![Fix {
                title: format!("write {text}"),
                safety,
                edits: vec![Edit {
                    span,
                    text: text.to_owned(),
                }],
            }],
            ..template
        }
    }

    #[test]
    fn fixes_are_made_from_the_end_and_those_that_touch_wait() {
        let file = SourceFile::new("a", "one two three");
        let findings = [
            finding(&file, 0..3, "1", Safety::Safe),
            finding(&file, 8..13, "3", Safety::Safe),
            finding(&file, 4..8, "2", Safety::Safe),
            finding(&file, 4..7, "zwei", Safety::Unsafe),
        ];
        let fixed = fix(&findings, Safety::Safe);
        assert_eq!(fixed.files[0].text, "1 two 3");
        assert_eq!(
            (fixed.made.len(), fixed.waiting, fixed.held_back),
            (2, 1, 1)
        );
        let fixed = fix(&findings[2..], Safety::Unsafe);
        assert_eq!(fixed.files[0].text, "one 2three");
        assert_eq!(
            (fixed.made.len(), fixed.waiting, fixed.held_back),
            (1, 1, 0)
        );
    }

    #[test]
    fn a_fix_of_nothing_changes_nothing() {
        let fixed = fix(&[], Safety::Unsafe);
        assert!(fixed.files.is_empty());
    }
}
