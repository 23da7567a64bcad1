//! Routes in the order of their cases, each with the comment behind it.

use std::ops::Range;

use crate::{
    diagnostic::Edit,
    source::{SourceFile, Span},
    system::Route,
};

/// The routes of one service.
pub(super) struct Sorting<'s>(pub(super) &'s [Route]);

impl Sorting<'_> {
    /// Puts the routes into each other's places, so that commas and line breaks stay where they are. `None`
    /// where comments stand on lines of their own, or the routes are tables with headings.
    pub(super) fn sorted(&self) -> Option<Vec<Edit>> {
        let places: Vec<[Range<usize>; 2]> = self.places()?;
        let file = &self.0.first()?.span.file;
        let mut order: Vec<usize> = (0..self.0.len()).collect();
        order.sort_by_key(|&index| &self.0[index].case.value);
        let moved = order.iter().zip(&places).enumerate();
        let moved = moved.filter(|(index, (from, _))| index != *from);
        let edits = moved.flat_map(|(_, (from, place))| {
            let parts = place.iter().zip(&places[*from]);
            parts.map(|(place, part)| {
                let text = file.text.get(part.clone()).unwrap_or_default();
                Edit::new(&file.span(place.clone()), text)
            })
        });
        Some(edits.collect())
    }

    /// Each route and the comment behind it.
    fn places(&self) -> Option<Vec<[Range<usize>; 2]>> {
        let mut places: Vec<[Range<usize>; 2]> = Vec::with_capacity(self.0.len());
        let first = &self.0.first()?.span;
        let before = first.file.text.get(..first.start)?;
        // A comment above the first route may be about it, or about all of them.
        if !before.trim_end().ends_with('[') {
            return None;
        }
        for Route { span, .. } in self.0 {
            if !span.text().starts_with('{') {
                return None;
            }
            let comment = comment_behind(span)?;
            if let Some([_, before]) = places.last()
                && !is_plain(&span.file, before.end..span.start)
            {
                return None;
            }
            places.push([span.start..span.end, comment]);
        }
        Some(places)
    }
}

/// What stands between a route's comma and the end of its line, from the blank before `#` on; nothing if
/// another route follows there. `None` where the comment may be another's.
fn comment_behind(route: &Span) -> Option<Range<usize>> {
    let text = &route.file.text;
    let rest = text.get(route.end..)?;
    let line = rest.split('\n').next()?.trim_end();
    let after_comma = line.trim_start().strip_prefix(',').unwrap_or(line);
    let start = route.end + line.len() - after_comma.len();
    if after_comma.trim_start().starts_with('#') {
        return is_first_in_line(route).then(|| start..route.end + line.len());
    }
    Some(start..start)
}

fn is_first_in_line(span: &Span) -> bool {
    let before = span.file.text.get(..span.start).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default();
    line.trim().is_empty()
}

fn is_plain(file: &SourceFile, range: Range<usize>) -> bool {
    let between = file.text.get(range).unwrap_or_default();
    between.chars().all(|c| c.is_whitespace() || c == ',')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read_toml;

    fn sorted(routes: &str) -> Option<String> {
        let text = format!("[services.a]\nin = \"a\"\nout = {routes}\n");
        let (system, _) = read_toml(&SourceFile::new("slingshot.toml", text));
        let service = system.services.first().expect("a service");
        let mut edits = Sorting(&service.routes).sorted()?;
        edits.sort_by_key(|edit| edit.span.start);
        let mut text = service.name.span.file.text.clone();
        for edit in edits.iter().rev() {
            text.replace_range(edit.span.start..edit.span.end, &edit.text);
        }
        Some(text.split_once("out = ")?.1.trim_end().to_owned())
    }

    #[test]
    fn routes_change_places_and_take_their_comments_along() {
        assert_eq!(
            sorted("[{ case = 2, queues = [] }, { case = 1, queues = [] }]").as_deref(),
            Some("[{ case = 1, queues = [] }, { case = 2, queues = [] }]")
        );
        let lines = "[\n  { case = 3, queues = [] },   # three\n  { case = 1, queues = [] },\n  { case = 2, queues = [] } # two\n]";
        let expected = "[\n  { case = 1, queues = [] },\n  { case = 2, queues = [] }, # two\n  { case = 3, queues = [] }   # three\n]";
        assert_eq!(sorted(lines).as_deref(), Some(expected));
    }

    #[test]
    fn a_comment_that_may_be_about_several_routes_keeps_them_where_they_are() {
        for routes in [
            "[\n  { case = 2, queues = [] },\n  # these too\n  { case = 1, queues = [] },\n]",
            "[\n  # about 2\n  { case = 2, queues = [] },\n  { case = 1, queues = [] },\n]",
            "[ # about 2\n  { case = 2, queues = [] },\n  { case = 1, queues = [] },\n]",
            "[{ case = 3, queues = [] }, { case = 2, queues = [] }, # both\n  { case = 1, queues = [] }]",
        ] {
            assert_eq!(sorted(routes), None, "{routes}");
        }
    }
}
