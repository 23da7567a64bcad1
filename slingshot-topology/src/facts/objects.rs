//! Who reads and writes which bucket, as far as the code beside the map says it.

use std::collections::BTreeMap;

use crate::{
    code::{Code, CodeService},
    diagnostic::did_you_mean,
    hashing::HashMap,
    source::{Span, Spanned},
    system::{Bucket, Service, System},
};

/// The buckets of a system by name.
pub(crate) struct Objects<'s> {
    buckets: BTreeMap<&'s str, BucketUse<'s>>,
    /// Keys that the code of their service does not use, and uses no other instead.
    pub(crate) unused: Vec<Unused<'s>>,
    /// Keys that the code uses and that stand for no bucket.
    pub(crate) unresolved: Vec<Unresolved<'s>>,
}

/// A line of the map that nothing asks for.
pub(crate) struct Unused<'s> {
    /// The service's index.
    pub(crate) service: usize,
    pub(crate) bucket: &'s Bucket,
    /// The function.
    pub(crate) at: &'s Span,
}

/// What is done with one bucket.
#[derive(Default)]
pub(crate) struct BucketUse<'s> {
    pub(crate) reads: Vec<Access<'s>>,
    pub(crate) writes: Vec<Access<'s>>,
    /// Whether someone has the bucket of whom nobody knows what they do with it.
    pub(crate) is_hidden: bool,
    /// Whether something outside of the system uses it too, by the system's own word.
    pub(crate) is_external: bool,
}

/// A service that reads or writes a bucket.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Access<'s> {
    /// The service's index.
    pub(crate) service: usize,
    /// The line in the map.
    pub(crate) bucket: &'s Bucket,
    /// The key in the code.
    pub(crate) at: &'s Span,
    /// Whether it is the file of the message's own id.
    pub(crate) is_own_id: bool,
}

/// A key of the code that the map does not have.
pub(crate) struct Unresolved<'s> {
    /// The service's index.
    pub(crate) service: usize,
    pub(crate) key: &'s str,
    /// Where the code uses it.
    pub(crate) uses: Vec<&'s Span>,
    /// The bucket whose key, which the code does not use, was most likely meant.
    pub(crate) meant: Option<&'s Bucket>,
}

impl<'s> Objects<'s> {
    pub(super) fn of(system: &'s System, code: Option<&'s Code>) -> Self {
        let mut objects = Self {
            buckets: BTreeMap::new(),
            unused: Vec::new(),
            unresolved: Vec::new(),
        };
        let Some(code) = code else {
            return objects;
        };
        let mut functions: HashMap<&str, Vec<&CodeService>> = HashMap::default();
        for function in &code.services {
            functions.entry(&function.name).or_default().push(function);
        }
        for (index, service) in system.services.iter().enumerate() {
            let functions = functions.get(&*service.name.value);
            let functions = functions.map_or(&[][..], Vec::as_slice);
            for bucket in &service.buckets {
                objects.add(index, bucket, functions);
            }
            objects.resolve(index, service, functions);
        }
        let declared = system.external_buckets.iter().flatten();
        for name in declared.map(|bucket| &bucket.value).chain(system.files()) {
            objects.buckets.entry(name).or_default().is_external = true;
        }
        objects
    }

    fn add(&mut self, service: usize, bucket: &'s Bucket, functions: &[&'s CodeService]) {
        let accesses = self.buckets.entry(&*bucket.name.value).or_default();
        let is_known = functions.iter().all(|code| code.are_keys_known);
        accesses.is_hidden |= !is_known || functions.is_empty();
        let key = &bucket.key.value;
        let find = |keys: &'s [Spanned<String>]| keys.iter().find(|used| used.value == *key);
        let access = |any: &'s [Spanned<String>], own: &'s [Spanned<String>]| {
            let own = find(own);
            Some(Access {
                service,
                bucket,
                at: &own.or_else(|| find(any))?.span,
                is_own_id: own.is_some(),
            })
        };
        for code in functions {
            accesses.reads.extend(access(&code.reads, &code.own_reads));
            accesses
                .writes
                .extend(access(&code.writes, &code.own_writes));
        }
    }

    fn resolve(&mut self, index: usize, service: &'s Service, functions: &[&'s CodeService]) {
        let mut used: BTreeMap<&str, Vec<&Span>> = BTreeMap::new();
        for code in functions {
            for key in code.reads.iter().chain(&code.writes) {
                used.entry(&key.value).or_default().push(&key.span);
            }
        }
        let buckets = service.buckets.iter();
        let mut unused: BTreeMap<&str, &Bucket> = buckets
            .map(|bucket| (&*bucket.key.value, bucket))
            .filter(|(key, _)| !used.contains_key(key))
            .collect();
        for (key, uses) in used {
            if service.bucket(key).is_none() {
                let meant = did_you_mean(key, unused.keys().copied());
                self.unresolved.push(Unresolved {
                    service: index,
                    key,
                    uses,
                    meant: meant.and_then(|meant| unused.remove(meant)),
                });
            }
        }
        if let Some(code) = functions.first()
            && functions.iter().all(|code| code.are_keys_known)
        {
            let unused = unused.into_values().map(|bucket| Unused {
                service: index,
                bucket,
                at: &code.at,
            });
            self.unused.extend(unused);
        }
    }

    /// The buckets that any service has, or that are said to be external, by name.
    pub(crate) fn buckets(&self) -> impl Iterator<Item = (&'s str, &BucketUse<'s>)> {
        self.buckets
            .iter()
            .map(|(name, accesses)| (*name, accesses))
    }

    pub(crate) fn bucket(&self, name: &str) -> Option<&BucketUse<'s>> {
        self.buckets.get(name)
    }
}

impl<'s> BucketUse<'s> {
    /// Whether what was seen is all that is done with the bucket.
    pub(crate) fn is_all_seen(&self) -> bool {
        !self.is_hidden && !self.is_external
    }

    /// The services that read the file of their message's own id.
    pub(crate) fn own_reads(&self) -> impl Iterator<Item = &Access<'s>> {
        self.reads.iter().filter(|access| access.is_own_id)
    }

    /// The services that write the file of their message's own id.
    pub(crate) fn own_writes(&self) -> impl Iterator<Item = &Access<'s>> {
        self.writes.iter().filter(|access| access.is_own_id)
    }

    /// A service's reading and writing of the same file, if it does both.
    pub(crate) fn rewriting(&self, service: usize) -> Option<[&Access<'s>; 2]> {
        let read = self.own_reads().find(|read| read.service == service)?;
        let write = self.own_writes().find(|write| write.service == service)?;
        Some([read, write])
    }
}
