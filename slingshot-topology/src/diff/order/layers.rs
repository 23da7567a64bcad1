//! What can be done at once, in as many layers as there are things that wait for each other.

use std::collections::BTreeMap;

use petgraph::{
    algo::kosaraju_scc,
    graph::{DiGraph, NodeIndex},
};

use super::{
    super::{Action, Step},
    Task,
};

/// How much has to be done before, what is done, and, where tasks wait for each other, the first of them.
type Key = (usize, Action, Option<NodeIndex>);

/// Tasks that wait for nothing that is not done yet make one step for each kind of them.
pub(super) fn steps(graph: &DiGraph<Task, ()>) -> Vec<Step> {
    let mut level = vec![0_usize; graph.node_count()];
    let mut steps: BTreeMap<Key, Vec<NodeIndex>> = BTreeMap::new();
    // Parts come after all that they lead to.
    for part in kosaraju_scc(graph).into_iter().rev() {
        let own = part.iter().map(|node| level[node.index()]).max();
        let own = own.unwrap_or_default();
        let circle = (part.len() > 1).then(|| part.iter().min().copied());
        for &node in &part {
            for next in graph.neighbors(node) {
                level[next.index()] = level[next.index()].max(own + 1);
            }
            let key = (own, graph[node].action, circle.flatten());
            steps.entry(key).or_default().push(node);
        }
    }
    let step = |((_, action, circle), mut nodes): (Key, Vec<NodeIndex>)| {
        nodes.sort_unstable();
        let tasks = || nodes.iter().map(|&node| &graph[node]);
        let mut subjects: Vec<_> = tasks().map(|task| task.subject.clone()).collect();
        subjects.dedup();
        Step {
            action,
            subjects,
            notes: tasks().filter_map(|task| task.note.clone()).collect(),
            is_circle: circle.is_some(),
        }
    };
    steps.into_iter().map(step).collect()
}
