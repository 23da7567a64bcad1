//! The services behind the words of a policy.

use std::collections::BTreeMap;

use crate::system::{Group, Service, System};

/// Services by name and by tag.
pub(crate) struct Groups<'s> {
    of_name: BTreeMap<&'s str, Vec<usize>>,
    of_tag: BTreeMap<&'s str, Vec<usize>>,
}

impl<'s> Groups<'s> {
    pub(super) fn of(system: &'s System) -> Self {
        let mut groups = Self {
            of_name: BTreeMap::new(),
            of_tag: BTreeMap::new(),
        };
        for (index, service) in system.services.iter().enumerate() {
            let named = groups.of_name.entry(&*service.name.value);
            named.or_default().push(index);
            for tag in &service.tags {
                let tagged = groups.of_tag.entry(&*tag.value).or_default();
                if tagged.last() != Some(&index) {
                    tagged.push(index);
                }
            }
        }
        groups
    }

    /// The services of a group, in the order of the file.
    pub(crate) fn members(&self, group: &Group) -> &[usize] {
        let members = match group {
            Group::Service(name) => self.of_name.get(&**name),
            Group::Tag(tag) => self.of_tag.get(&**tag),
        };
        members.map_or(&[], Vec::as_slice)
    }

    /// The names of the services.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'s str> {
        self.of_name.keys().copied()
    }

    /// The tags.
    pub(crate) fn tags(&self) -> impl Iterator<Item = &'s str> {
        self.of_tag.keys().copied()
    }
}

impl Service {
    /// Whether a policy that speaks of the group speaks of this service.
    pub(crate) fn is_in(&self, group: &Group) -> bool {
        match group {
            Group::Service(name) => self.name.value == *name,
            Group::Tag(tag) => self.tags.iter().any(|own| own.value == *tag),
        }
    }
}
