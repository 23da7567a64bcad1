//! Maps and sets with a hash that is quick for short names. A check of a large map is mostly looking up names, and
//! the standard library's hash is half of that.

use std::hash::BuildHasher as _;

use hashbrown::{HashTable, hash_table::Entry};

/// A map.
pub(crate) type HashMap<K, V> = std::collections::HashMap<K, V, foldhash::fast::RandomState>;

/// A set.
pub(crate) type HashSet<K> = std::collections::HashSet<K, foldhash::fast::RandomState>;

/// A map with room for so many.
pub(crate) fn map_for<K, V>(count: usize) -> HashMap<K, V> {
    HashMap::with_capacity_and_hasher(count, foldhash::fast::RandomState::default())
}

/// Numbers for names, from 0 on. The names are copied into one text: those of a large map are spread over more memory
/// than the processor keeps near, and each comparison would wait for it.
#[derive(Default)]
pub(crate) struct Numbers {
    names: Names,
    /// As small as it can be, for the same reason: nobody has four billion names.
    table: HashTable<u32>,
    hasher: foldhash::fast::RandomState,
}

#[derive(Default)]
struct Names {
    text: String,
    /// Where each ends.
    ends: Vec<usize>,
}

impl Numbers {
    /// With room for so many.
    pub(crate) fn with_capacity(count: usize) -> Self {
        Self {
            table: HashTable::with_capacity(count),
            ..Self::default()
        }
    }

    /// The number of a name, if it has one.
    pub(crate) fn get(&self, name: &str) -> Option<usize> {
        let hash = self.hasher.hash_one(name);
        let found = self.table.find(hash, |&it| self.names.get(it) == name);
        found.map(|&number| number as usize)
    }

    /// The number of a name; the next, if it has none.
    pub(crate) fn get_or_insert(&mut self, name: &str) -> usize {
        let (names, hash) = (&self.names, |name: &str| self.hasher.hash_one(name));
        let is_it = |&number: &u32| names.get(number) == name;
        let hash_of = |&number: &u32| hash(names.get(number));
        match self.table.entry(hash(name), is_it, hash_of) {
            Entry::Occupied(known) => *known.get() as usize,
            Entry::Vacant(unknown) => {
                let next = self.names.ends.len();
                unknown.insert(u32::try_from(next).unwrap_or(u32::MAX));
                self.names.add(name);
                next
            }
        }
    }
}

impl Names {
    fn add(&mut self, name: &str) {
        self.text.push_str(name);
        self.ends.push(self.text.len());
    }

    fn get(&self, number: u32) -> &str {
        let number = number as usize;
        let start = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.text.get(start..self.ends[number]).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::Numbers;

    #[test]
    fn each_name_has_its_number() {
        let mut numbers = Numbers::with_capacity(1);
        let names: Vec<_> = (0..1_000).map(|it| format!("näme-{it}")).collect();
        for (number, name) in names.iter().enumerate() {
            assert_eq!(numbers.get(name), None, "{name}");
            assert_eq!(numbers.get_or_insert(name), number);
        }
        for (number, name) in names.iter().enumerate() {
            assert_eq!(numbers.get_or_insert(name), number, "{name}");
            assert_eq!(numbers.get(name), Some(number), "{name}");
        }
        assert_eq!(numbers.get_or_insert(""), names.len());
        assert_eq!(numbers.get(""), Some(names.len()));
        assert_eq!(numbers.get("näme"), None);
    }
}
