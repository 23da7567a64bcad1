//! What is asked of a sys-map, and what its answers must be.

use slingshot_topology::sys_map::{Database, ObjectStorage, RabbitMq, ServiceAnswer};

use super::error::Malformed;

/// The longest bucket name of any store: S3 had 255 before it had rules.
const LONGEST_BUCKET: usize = 255;

/// An answer, and the text of it. Only what we read of an answer is written, so that nothing else that a
/// sys-map may say is kept.
pub(crate) trait Answer: Sized {
    fn read(text: &str) -> Result<Self, Malformed>;
    fn write(&self) -> String;
}

impl Answer for ServiceAnswer {
    fn read(text: &str) -> Result<Self, Malformed> {
        Ok(Self::from_json(text)?)
    }

    fn write(&self) -> String {
        serde_json::to_string(self).expect("an answer is JSON")
    }
}

/// The answers about engines are alike.
macro_rules! engines {
    ($($engine:ty),*) => {$(
        impl Answer for $engine {
            fn read(text: &str) -> Result<Self, Malformed> {
                Ok(Self::from_json(text)?)
            }

            fn write(&self) -> String {
                self.to_json().to_string()
            }
        }
    )*};
}

engines!(RabbitMq, Database, ObjectStorage);

/// A bucket's real name. Space around it is let pass, as the predecessor's services do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bucket(pub(crate) String);

impl Answer for Bucket {
    fn read(text: &str) -> Result<Self, Malformed> {
        let name = text.trim();
        let of_a_bucket = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:/".contains(&byte);
        if name.is_empty() || name.len() > LONGEST_BUCKET || !name.bytes().all(of_a_bucket) {
            return Err(Malformed::NotABucket);
        }
        Ok(Self(name.to_owned()))
    }

    fn write(&self) -> String {
        self.0.clone()
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use super::*;

    #[test]
    fn a_web_page_is_not_a_bucket() {
        let check =
            |name: &str, expected| assert_eq!(Bucket::read(name).is_ok(), expected, "{name}");
        check("raw", true);
        check(" Raw_files.2026\n", true);
        check("", false);
        check("<html></html>", false);
        check("\"raw\"", false);
        check("two words", false);
        check(&"x".repeat(256), false);
    }

    #[test]
    fn what_is_written_is_read_and_holds_no_more_than_that() {
        fn check<A: Answer + PartialEq + Debug>(text: &str) {
            let answer = A::read(text).unwrap();
            let written = answer.write();
            assert_eq!(A::read(&written).unwrap(), answer);
            assert!(!written.contains("hunter2"), "{written}");
        }
        check::<ServiceAnswer>(
            r#"{"in": "q", "out": [{"case": -3, "queues": ["a"]}], "replicas": 4, "note": "hunter2"}"#,
        );
        check::<RabbitMq>(
            r#"{"host": ["h"], "port": [1], "username": ["u"], "pass": ["entry"], "vhost": ["/v"],
                "password": ["hunter2"]}"#,
        );
        check::<Database>(
            r#"{"host": ["h"], "port": [1], "username": ["u"], "secret": ["env:P"],
                "database": ["d"], "password": ["hunter2"]}"#,
        );
        check::<ObjectStorage>(
            r#"{"host": ["h"], "pass:access-key": ["a"], "secret:secret-key": ["file:/s"],
                "secret-key": "hunter2"}"#,
        );
        check::<Bucket>("raw");
    }
}
