//! Which rank each node stands in.

use crate::graph::picture::{Kind, Picture};

/// Whether each arrow leads back to a service that it is reached from, depth first.
pub(in crate::graph) fn ways_back(picture: &Picture<'_>) -> Vec<bool> {
    #[derive(Clone, Copy, PartialEq)]
    enum Visit {
        Not,
        Open,
        Done,
    }
    let leaving = picture.leaving();
    let mut ways_back = vec![false; picture.arrows.len()];
    let mut visits = vec![Visit::Not; picture.nodes.len()];
    for start in 0..picture.nodes.len() {
        let mut path = vec![(start, 0)];
        if visits[start] != Visit::Not {
            continue;
        }
        visits[start] = Visit::Open;
        while let Some((node, next)) = path.pop() {
            let Some(&arrow) = leaving[node].get(next) else {
                visits[node] = Visit::Done;
                continue;
            };
            path.push((node, next + 1));
            let to = picture.arrows[arrow].to;
            match visits[to] {
                Visit::Open => ways_back[arrow] = true,
                Visit::Done => {}
                Visit::Not => {
                    visits[to] = Visit::Open;
                    path.push((to, 0));
                }
            }
        }
    }
    ways_back
}

/// The longest path to each node, ways back aside; sources stand right before what they feed.
pub(in crate::graph) fn ranks(picture: &Picture<'_>, ways_back: &[bool]) -> Vec<usize> {
    let forward = || {
        let arrows = picture.arrows.iter().zip(ways_back);
        arrows
            .filter(|(_, is_way_back)| !**is_way_back)
            .map(|(arrow, _)| arrow)
    };
    let mut entering = vec![0_usize; picture.nodes.len()];
    let mut leaving = vec![Vec::new(); picture.nodes.len()];
    for arrow in forward() {
        entering[arrow.to] += 1;
        leaving[arrow.from].push(arrow.to);
    }
    let mut ranks = vec![0; picture.nodes.len()];
    let nodes = 0..picture.nodes.len();
    let mut ready: Vec<usize> = nodes.filter(|&node| entering[node] == 0).collect();
    while let Some(node) = ready.pop() {
        for &to in &leaving[node] {
            ranks[to] = ranks[to].max(ranks[node] + 1);
            entering[to] -= 1;
            if entering[to] == 0 {
                ready.push(to);
            }
        }
    }
    for (index, node) in picture.nodes.iter().enumerate() {
        if node.kind == Kind::Source
            && let Some(first) = leaving[index].iter().map(|&to| ranks[to]).min()
        {
            ranks[index] = first - 1;
        }
    }
    ranks
}
