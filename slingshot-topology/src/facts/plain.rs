//! Names and cases that are plain words. They are told from the others once, so that not every rule that looks at
//! letters goes through all texts of a large system.

use super::Facts;
use crate::{
    CaseValue,
    code::Cases,
    hashing::HashSet,
    system::{Route, Service},
    wiring::Queue,
};

/// As long as a label of a host's name may be, and no longer than any rule allows.
const LONGEST: usize = 63;

/// The places of what is not plain.
pub(super) struct Peculiar {
    names: Vec<usize>,
    queues: Vec<usize>,
    cases: Vec<usize>,
}

impl Peculiar {
    pub(super) fn of(facts: &Facts<'_>) -> Self {
        let services = || facts.system.services.iter().enumerate();
        let names = services().filter(|(_, service)| !is_plain(&service.name.value));
        let cases = services().filter(|(_, service)| !are_plain(&service.routes));
        let queues = facts.wiring.queues.iter().enumerate();
        let queues = queues.filter(|(_, queue)| !is_plain(queue.name));
        Self {
            names: names.map(|(index, _)| index).collect(),
            queues: queues.map(|(index, _)| index).collect(),
            cases: cases.map(|(index, _)| index).collect(),
        }
    }
}

impl<'s> Facts<'s> {
    fn peculiar(&self) -> &Peculiar {
        self.peculiar.get_or_init(|| Peculiar::of(self))
    }

    /// The services whose names are not in kebab-case, or are too long for it.
    pub(crate) fn peculiar_names(&self) -> impl Iterator<Item = &'s Service> {
        let services = &self.system.services;
        self.peculiar().names.iter().map(|&index| &services[index])
    }

    /// The queues whose names are.
    pub(crate) fn peculiar_queues(&self) -> impl Iterator<Item = &Queue<'s>> {
        let queues = &self.wiring.queues;
        self.peculiar().queues.iter().map(|&index| &queues[index])
    }

    /// The services whose cases are anything but different words of small letters in their order.
    pub(crate) fn peculiar_cases(&self) -> impl Iterator<Item = &'s Service> {
        let services = &self.system.services;
        self.peculiar().cases.iter().map(|&index| &services[index])
    }

    /// Those of them whose cases the code does not settle: what only looks like a mistake in the map of the
    /// others is held against the code instead.
    pub(crate) fn unsettled_cases(&self) -> impl Iterator<Item = &'s Service> {
        let in_code = self.code.into_iter().flat_map(|code| &code.services);
        let closed = in_code.filter(|code| matches!(code.cases, Cases::Closed(_)));
        let settled: HashSet<&str> = closed.map(|code| &*code.name).collect();
        self.peculiar_cases()
            .filter(move |service| !settled.contains(&*service.name.value))
    }
}

/// Kebab-case: small letters and digits, with single hyphens between.
fn is_plain(name: &str) -> bool {
    let is_between = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let mut before = b'-';
    for byte in name.bytes() {
        if !(is_between(byte) || byte == b'-' && before != b'-') {
            return false;
        }
        before = byte;
    }
    before != b'-' && name.len() <= LONGEST
}

/// Words of small letters and `_`, each after the one before it, and none that another type looks like.
fn are_plain(routes: &[Route]) -> bool {
    let mut before = "";
    routes.iter().all(|route| {
        let CaseValue::Text(text) = &route.case.value else {
            return false;
        };
        let is_word = text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        let follows = before < &**text;
        before = text;
        is_word && follows && !matches!(before, "true" | "false")
    })
}

#[cfg(test)]
mod tests {
    use crate::{
        source::SourceFile,
        system::{System, read_json},
    };

    fn system(cases: &str) -> System {
        let cases = cases
            .split(' ')
            .map(|case| format!("{{\"case\": {case}, \"queues\": []}}"));
        let cases: Vec<_> = cases.collect();
        let text = format!(
            "{{\"words\": {{\"in\": \"words\", \"out\": [{}]}}}}",
            cases.join(", ")
        );
        read_json(&SourceFile::new("map.json", text)).0
    }

    #[test]
    fn names_of_kebab_case_are_plain() {
        for name in [
            "words",
            "a",
            "7",
            "queue-7",
            "split-by-page",
            &"a".repeat(63),
        ] {
            assert!(super::is_plain(name), "{name}");
        }
        let long = "a".repeat(64);
        let peculiar = [
            "",
            "-",
            "-a",
            "a-",
            "a--b",
            "a_b",
            "aB",
            "amq.gen",
            "a b",
            "a/b",
            "wörter",
            "w\u{043e}rds",
            "a\u{200b}",
            &long,
        ];
        for name in peculiar {
            assert!(!super::is_plain(name), "{name:?}");
        }
    }

    #[test]
    fn words_in_their_order_are_plain_cases() {
        for cases in ["\"accepted\"", "\"a\" \"b\"", "\"plain_text\" \"rejected\""] {
            assert!(
                super::are_plain(&system(cases).services[0].routes),
                "{cases}"
            );
        }
        let peculiar = [
            "true",
            "1",
            "\"true\"",
            "\"false\"",
            "\"\"",
            "\"1\"",
            "\"A\"",
            "\"a-b\"",
            "\"\\u00e4\"",
            "\"b\" \"a\"",
            "\"a\" \"a\"",
            "\"a\" 1",
        ];
        for cases in peculiar {
            assert!(
                !super::are_plain(&system(cases).services[0].routes),
                "{cases}"
            );
        }
    }
}
