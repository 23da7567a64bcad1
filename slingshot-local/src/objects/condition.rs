//! `If-Match` and its kin.

use std::time::SystemTime;

use s3s::dto::{ETagCondition, Timestamp};

use super::error::StorageError;

/// What a request to read knows of the object.
#[expect(clippy::struct_field_names, reason = "the headers are called so")]
#[derive(Debug, Default)]
pub(super) struct ReadCondition {
    pub(super) if_match: Option<ETagCondition>,
    pub(super) if_none_match: Option<ETagCondition>,
    pub(super) if_modified_since: Option<Timestamp>,
    pub(super) if_unmodified_since: Option<Timestamp>,
}

/// What a request to write expects to find in place.
#[derive(Debug, Default)]
pub(super) struct WriteCondition {
    pub(super) if_match: Option<ETagCondition>,
    pub(super) if_none_match: Option<ETagCondition>,
}

impl ReadCondition {
    /// Compares in the order of RFC 9110, section 13.2.2: entity tags win over dates.
    pub(super) fn check(&self, e_tag: &str, modified: SystemTime) -> Result<(), StorageError> {
        let modified = whole_seconds(modified);
        if let Some(condition) = &self.if_match {
            if !names(condition, e_tag) {
                return Err(StorageError::PreconditionFailed);
            }
        } else if let Some(since) = &self.if_unmodified_since
            && modified > *since
        {
            return Err(StorageError::PreconditionFailed);
        }
        if let Some(condition) = &self.if_none_match {
            if names(condition, e_tag) {
                return Err(StorageError::NotModified);
            }
        } else if let Some(since) = &self.if_modified_since
            && modified <= *since
        {
            return Err(StorageError::NotModified);
        }
        Ok(())
    }
}

impl WriteCondition {
    /// Compares with the entity tag of what is there now.
    pub(super) fn check(&self, current: Option<&str>) -> Result<(), StorageError> {
        let matches = |condition| current.is_some_and(|e_tag| names(condition, e_tag));
        if let Some(condition) = &self.if_match
            && !matches(condition)
        {
            return Err(match current {
                Some(_) => StorageError::PreconditionFailed,
                None => StorageError::NoSuchKey,
            });
        }
        if self.if_none_match.as_ref().is_some_and(matches) {
            return Err(StorageError::PreconditionFailed);
        }
        Ok(())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.if_match.is_none() && self.if_none_match.is_none()
    }
}

fn names(condition: &ETagCondition, e_tag: &str) -> bool {
    match condition {
        ETagCondition::Any => true,
        ETagCondition::ETag(tag) => tag.value() == e_tag,
    }
}

/// HTTP dates have no fractions: with them, no file would ever be as old as its own `Last-Modified`.
fn whole_seconds(time: SystemTime) -> Timestamp {
    let age = time
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp::from(SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(age.as_secs()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn tag(value: &str) -> ETagCondition {
        format!("\"{value}\"").parse().unwrap()
    }

    #[test]
    fn reads_are_refused_or_spared_by_what_the_client_knows() {
        let modified = SystemTime::UNIX_EPOCH + Duration::from_millis(10_500);
        let at = |seconds| Timestamp::from(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
        let asking = |ask: &dyn Fn(&mut ReadCondition)| {
            let mut condition = ReadCondition::default();
            ask(&mut condition);
            condition
        };
        for (condition, expected) in [
            (asking(&|_| ()), "ok"),
            (asking(&|it| it.if_match = Some(tag("a"))), "ok"),
            (asking(&|it| it.if_match = Some(tag("b"))), "refused"),
            (asking(&|it| it.if_none_match = Some(tag("a"))), "spared"),
            (asking(&|it| it.if_none_match = Some(tag("b"))), "ok"),
            (asking(&|it| it.if_modified_since = Some(at(10))), "spared"),
            (asking(&|it| it.if_modified_since = Some(at(9))), "ok"),
            (
                asking(&|it| it.if_unmodified_since = Some(at(9))),
                "refused",
            ),
            (asking(&|it| it.if_unmodified_since = Some(at(10))), "ok"),
        ] {
            let found = match condition.check("a", modified) {
                Ok(()) => "ok",
                Err(StorageError::NotModified) => "spared",
                Err(_) => "refused",
            };
            assert_eq!(found, expected, "{condition:?}");
        }
    }

    #[test]
    fn writes_can_ask_for_a_new_key_or_a_known_version() {
        let create = WriteCondition {
            if_none_match: Some(ETagCondition::Any),
            ..WriteCondition::default()
        };
        assert!(create.check(None).is_ok());
        assert!(create.check(Some("a")).is_err());
        let replace = WriteCondition {
            if_match: Some(tag("a")),
            ..WriteCondition::default()
        };
        assert!(replace.check(Some("a")).is_ok());
        assert!(replace.check(Some("b")).is_err());
        assert!(replace.check(None).is_err());
    }
}
