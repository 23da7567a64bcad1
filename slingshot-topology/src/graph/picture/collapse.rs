//! Several services as one box.

use std::collections::BTreeMap;

use petgraph::unionfind::UnionFind;

use super::{Arrow, Kind, Mark, Node, Picture, label};

/// How many members of a group are named before the rest is counted.
const NAMED_MEMBERS: usize = 3;

/// Which services become one box.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Collapse {
    /// Those that have the same first tag.
    Tag,
    /// Those that routes connect, in whichever direction.
    Component,
    /// Those that can reach each other: strongly connected components.
    Loop,
    /// All of them.
    Whole,
}

impl<'s> Picture<'s> {
    /// Draws groups of services as one box each. Routes within a group are not drawn any more.
    pub fn collapse(&mut self, by: Collapse) {
        let groups = match by {
            Collapse::Tag => self.by_tag(),
            Collapse::Component => self.by_component(),
            Collapse::Loop => self.by_loop(),
            Collapse::Whole => self.as_a_whole(),
        };
        let place_of = self.merge_nodes(&groups);
        self.merge_arrows(&place_of);
    }

    /// The services that take part, in order.
    fn services(&self) -> impl Iterator<Item = usize> {
        (0..self.nodes.len()).filter(|&index| self.nodes[index].kind == Kind::Service)
    }

    fn by_tag(&self) -> Groups {
        let mut groups = Groups::of(self);
        for index in self.services() {
            let tags = self.nodes[index].services.iter().flat_map(|s| &s.tags);
            if let Some(tag) = tags.map(|tag| &tag.value).next() {
                groups.add(index, tag.clone(), tag.clone());
            }
        }
        groups
    }

    fn by_component(&self) -> Groups {
        let mut parts = UnionFind::new(self.nodes.len());
        for arrow in &self.arrows {
            parts.union(arrow.from, arrow.to);
        }
        let labels = parts.into_labeling();
        self.by_part(&labels, "island of")
    }

    fn by_loop(&self) -> Groups {
        self.by_part(&self.loops(), "loop of")
    }

    /// A group for each part of more than one service, called by its first.
    fn by_part(&self, part_of: &[usize], words: &str) -> Groups {
        let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for index in self.services() {
            members.entry(part_of[index]).or_default().push(index);
        }
        let mut groups = Groups::of(self);
        for (part, members) in members.into_iter().filter(|(_, all)| all.len() > 1) {
            let name = format!("{words} {}", self.nodes[members[0]].name);
            for member in members {
                groups.add(member, part.to_string(), name.clone());
            }
        }
        groups
    }

    fn as_a_whole(&self) -> Groups {
        let mut groups = Groups::of(self);
        let name = self.system.unwrap_or("the system");
        for index in self.services() {
            groups.add(index, String::new(), name.to_owned());
        }
        groups
    }

    /// Puts the groups in the places of their first members. Where results of several members end is
    /// one place too.
    fn merge_nodes(&mut self, groups: &Groups) -> Vec<usize> {
        let mut group_of = groups.of_node.clone();
        for arrow in &self.arrows {
            if self.nodes[arrow.to].kind == Kind::End {
                let ends = groups.names.len();
                group_of[arrow.to] = group_of[arrow.from].map(|group| ends + group);
            }
        }
        let mut nodes: Vec<Node<'s>> = Vec::new();
        let mut place_of_group = BTreeMap::new();
        let mut place_of = Vec::with_capacity(self.nodes.len());
        for (node, group) in std::mem::take(&mut self.nodes).into_iter().zip(group_of) {
            let next = nodes.len();
            let place = group.map_or(next, |group| *place_of_group.entry(group).or_insert(next));
            place_of.push(place);
            if place < next {
                let first = &mut nodes[place];
                first.mark = merged(first.mark, node.mark);
                first.services.extend(node.services);
                continue;
            }
            let name = group.and_then(|group| groups.names.get(group));
            nodes.push(match name {
                Some(name) => Node {
                    kind: Kind::Group,
                    name: name.clone().into(),
                    ..node
                },
                None => node,
            });
        }
        for node in nodes.iter_mut().filter(|node| node.kind == Kind::Group) {
            node.note = Some(members(node));
        }
        self.nodes = nodes;
        place_of
    }

    fn merge_arrows(&mut self, place_of: &[usize]) {
        let mut arrows: Vec<Arrow<'s>> = Vec::new();
        let mut known: BTreeMap<(usize, usize), usize> = BTreeMap::new();
        for mut arrow in std::mem::take(&mut self.arrows) {
            (arrow.from, arrow.to) = (place_of[arrow.from], place_of[arrow.to]);
            if arrow.from == arrow.to && self.nodes[arrow.from].kind == Kind::Group {
                continue;
            }
            let next = arrows.len();
            let place = *known.entry((arrow.from, arrow.to)).or_insert(next);
            if place == next {
                arrows.push(arrow);
                continue;
            }
            let first = &mut arrows[place];
            first.ways.append(&mut arrow.ways);
            first.mark = merged(first.mark, arrow.mark);
            first.label = label(&first.ways);
        }
        self.arrows = arrows;
    }
}

/// Which group each node belongs to.
struct Groups {
    of_node: Vec<Option<usize>>,
    names: Vec<String>,
    by_key: BTreeMap<String, usize>,
}

impl Groups {
    fn of(picture: &Picture<'_>) -> Self {
        Self {
            of_node: vec![None; picture.nodes.len()],
            names: Vec::new(),
            by_key: BTreeMap::new(),
        }
    }

    fn add(&mut self, node: usize, key: String, name: String) {
        let next = self.names.len();
        let group = *self.by_key.entry(key).or_insert(next);
        if group == next {
            self.names.push(name);
        }
        self.of_node[node] = Some(group);
    }
}

/// What a group says of two things that it stands for.
fn merged(one: Option<Mark>, other: Option<Mark>) -> Option<Mark> {
    if one == other {
        return one;
    }
    let stronger = one.max(other);
    // A group of which a part came or went is neither new nor gone.
    if stronger < Some(Mark::Changed) {
        Some(Mark::Changed)
    } else {
        stronger
    }
}

/// `words, thumbnail, unpack +2`.
fn members(node: &Node<'_>) -> String {
    let names = node.services.iter().map(|service| &*service.name.value);
    let named: Vec<_> = names.take(NAMED_MEMBERS).collect();
    match node.services.len().saturating_sub(NAMED_MEMBERS) {
        0 => named.join(", "),
        rest => format!("{} +{rest}", named.join(", ")),
    }
}
