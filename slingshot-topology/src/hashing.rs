//! Maps and sets with a hash that is quick for short names. A check of a large map is mostly looking up names, and
//! the standard library's hash is half of that.

/// A map.
pub(crate) type HashMap<K, V> = std::collections::HashMap<K, V, foldhash::fast::RandomState>;

/// A set.
pub(crate) type HashSet<K> = std::collections::HashSet<K, foldhash::fast::RandomState>;

/// A map with room for so many.
pub(crate) fn map_for<K, V>(count: usize) -> HashMap<K, V> {
    HashMap::with_capacity_and_hasher(count, foldhash::fast::RandomState::default())
}
