//! A service's routes: a line for each, with the queues below each other.

use toml_edit::{Array, InlineTable, Value};

use super::{has_notes, inline, is_blank, text_of};
use crate::{
    format::{ROUTE, rank},
    render::columns,
};

/// How far a route stands in.
const INDENT: &str = "  ";

/// Comments stay beside or above their routes. A list whose comments stand elsewhere is left as it is.
pub(super) fn format(routes: &mut Array) {
    if routes.is_empty() {
        if is_blank(text_of(Some(routes.trailing()))) {
            routes.set_trailing("");
        }
        return;
    }
    let last = routes.len() - 1;
    let is_open = !routes.trailing_comma();
    let is_route = |(index, value): (usize, &Value)| {
        let route = value.as_inline_table();
        let behind = text_of(value.decor().suffix());
        let is_behind = behind.contains('#') && !(index == last && is_open);
        route.is_some_and(|route| !has_notes(route)) && !is_behind
    };
    if !routes.iter().enumerate().all(is_route) {
        return;
    }
    let mut gaps = gaps(routes);
    let aligned = aligned(routes);
    for (index, value) in routes.iter_mut().enumerate() {
        if let Value::InlineTable(route) = value {
            lay_out(route, aligned);
        }
        let length = INDENT.len() + columns(&written(value)) + 1;
        if let Some(gap) = gaps.get_mut(index + 1) {
            gap.place_behind(length);
        }
    }
    let mut gaps = gaps.into_iter();
    for value in routes.iter_mut() {
        let gap = gaps.next().unwrap_or_default().written();
        let decor = value.decor_mut();
        decor.set_prefix(gap + INDENT);
        decor.set_suffix("");
    }
    routes.set_trailing_comma(true);
    routes.set_trailing(gaps.next().unwrap_or_default().written());
}

/// What stands between two routes.
#[derive(Debug, Default)]
struct Gap {
    /// The comment that ends the line before, and its column.
    beside: Option<(usize, String)>,
    /// Comments with lines of their own.
    above: Vec<String>,
    /// How many spaces stand before the comment.
    spaces: usize,
}

impl Gap {
    /// `column` is where the gap begins.
    fn read(text: &str, column: usize) -> Self {
        let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
        let comment = first.trim_start();
        let spaces = first.chars().count() - comment.chars().count();
        let lines = rest.lines().map(str::trim).filter(|line| !line.is_empty());
        Self {
            beside: (!comment.is_empty()).then(|| (column + spaces, comment.trim_end().to_owned())),
            above: lines.map(str::to_owned).collect(),
            spaces: 1,
        }
    }

    /// A comment keeps its column as long as the route before it leaves the room.
    fn place_behind(&mut self, length: usize) {
        if let Some((column, _)) = &self.beside {
            self.spaces = match column.checked_sub(length) {
                Some(spaces) if spaces > 0 => spaces,
                _ => 2,
            };
        }
    }

    fn written(&self) -> String {
        let mut out = String::new();
        if let Some((_, comment)) = &self.beside {
            out.extend(std::iter::repeat_n(' ', self.spaces));
            out.push_str(comment);
        }
        out.push('\n');
        for comment in &self.above {
            out.push_str(INDENT);
            out.push_str(comment);
            out.push('\n');
        }
        out
    }
}

/// What stands before each route, and behind the last.
fn gaps(routes: &Array) -> Vec<Gap> {
    let mut gaps = Vec::with_capacity(routes.len() + 1);
    let (mut column, mut behind) = (0, "");
    for value in routes {
        gaps.push(Gap::read(text_of(value.decor().prefix()), column));
        behind = text_of(value.decor().suffix());
        let text = value.to_string();
        let text = text.strip_suffix(behind).unwrap_or(&text);
        let line = text.rsplit('\n').next().unwrap_or_default();
        // The comma.
        column = columns(line) + 1;
    }
    let trailing = text_of(Some(routes.trailing()));
    // What stands behind a route that no comma follows stands behind the list.
    gaps.push(if routes.trailing_comma() {
        Gap::read(trailing, column)
    } else {
        Gap::read(&format!("{behind}{trailing}"), column)
    });
    gaps
}

/// The longest case, if each route begins with one and goes on with its queues.
fn aligned(routes: &mut Array) -> Option<usize> {
    let mut longest = 0;
    for value in routes.iter_mut() {
        let route = value.as_inline_table_mut()?;
        route.sort_values_by(|one, _, other, _| {
            rank(ROUTE, one.get()).cmp(&rank(ROUTE, other.get()))
        });
        let mut fields = route.iter();
        let (first, case) = fields.next()?;
        let (second, _) = fields.next()?;
        if (first, second) != ("case", "queues") {
            return None;
        }
        longest = longest.max(columns(&bare(case)));
    }
    Some(longest)
}

/// A value without what stands around it.
fn bare(value: &Value) -> String {
    let mut value = value.clone();
    value.decor_mut().clear();
    value.to_string().trim().to_owned()
}

fn lay_out(route: &mut InlineTable, aligned: Option<usize>) {
    route.sort_values_by(|one, _, other, _| rank(ROUTE, one.get()).cmp(&rank(ROUTE, other.get())));
    inline(route);
    let case = route.get("case").map(|case| columns(&bare(case)));
    if let (Some(longest), Some(length)) = (aligned, case)
        && let Some(mut key) = route.key_mut("queues")
    {
        let spaces = 1 + longest.saturating_sub(length);
        let decor = key.leaf_decor_mut();
        decor.set_prefix(" ".repeat(spaces));
        decor.set_suffix(" ");
    }
}

fn written(value: &Value) -> String {
    let mut value = value.clone();
    value.decor_mut().clear();
    value.to_string()
}
