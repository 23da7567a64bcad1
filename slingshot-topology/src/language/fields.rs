//! The fields that could stand where one is being written in a `slingshot.toml`, by its JSON Schema.

mod place;
mod words;

use std::sync::LazyLock;

use serde_json::Value;

use self::place::{Place, Written};
use super::complete::Completion;
use crate::{RULES, schema::SCHEMAS};

static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
    let mut schemas = SCHEMAS.iter();
    let schema = schemas.find(|schema| schema.name == "slingshot-toml");
    let read = schema.map(|schema| serde_json::from_str(schema.text));
    read.and_then(Result::ok).unwrap_or_default()
});

/// The fields that could stand at a byte of a text, each with what it is for; none where no field is written.
pub fn fields(text: &str, byte: usize) -> Vec<Completion> {
    let Some(place) = Place::of(text, byte) else {
        return Vec::new();
    };
    if place.written == Written::Key && place.path == ["rules"] {
        let rules = RULES.iter().map(|rule| (rule.name, rule.what));
        return offered(&place, rules);
    }
    let schema = schema_at(&place.path);
    let fields = schema
        .map(resolved)
        .and_then(|it| it["properties"].as_object());
    let fields = fields.into_iter().flatten();
    let fields = fields.filter(|(_, schema)| match place.written {
        Written::Key => true,
        Written::Table => target(schema)["type"] == "object",
        Written::TableOfList => {
            target(schema)["type"] == "array" && resolved(schema)["type"] == "object"
        }
        Written::Bare | Written::Text => false,
    });
    offered(
        &place,
        fields.map(|(name, schema)| (&**name, description(schema))),
    )
}

/// The values that could stand at a byte of a text, where they are a closed set.
pub fn values(text: &str, byte: usize) -> Vec<Completion> {
    let Some(place) = Place::of(text, byte) else {
        return Vec::new();
    };
    let schema = schema_at(&place.path).map(target);
    let schema = schema.filter(|_| matches!(place.written, Written::Bare | Written::Text));
    let Some(schema) = schema else {
        return Vec::new();
    };
    let is_bare = place.written == Written::Bare;
    let mut words: Vec<String> = Vec::new();
    if schema["type"] == "boolean" && is_bare {
        words.extend(["true", "false"].map(str::to_owned));
    }
    let listed = schema["enum"].as_array().into_iter().flatten();
    let listed = listed.filter_map(Value::as_str);
    words.extend(listed.map(|word| {
        if is_bare {
            format!("\"{word}\"")
        } else {
            word.to_owned()
        }
    }));
    // A table of many alike is described as a whole.
    let table = place.path.split_last().map(|(_, table)| schema_at(table));
    let of_table = table.flatten().map(description).unwrap_or_default();
    let detail = match description(schema) {
        "" => of_table,
        own => own,
    };
    offered(&place, words.iter().map(|word| (&**word, detail)))
}

fn offered<'w>(place: &Place, words: impl Iterator<Item = (&'w str, &'w str)>) -> Vec<Completion> {
    let free = words.filter(|(word, _)| place.taken.iter().all(|taken| taken != word));
    free.map(|(word, detail)| Completion {
        text: word.to_owned(),
        detail: detail.to_owned(),
        range: place.range.clone(),
    })
    .collect()
}

fn schema_at(path: &[String]) -> Option<&'static Value> {
    path.iter().try_fold(&*SCHEMA, |at, key| below(at, key))
}

fn below<'s>(schema: &'s Value, key: &str) -> Option<&'s Value> {
    let schema = resolved(schema);
    let own = schema["properties"].get(key);
    own.or_else(|| {
        schema
            .get("additionalProperties")
            .filter(|it| it.is_object())
    })
}

/// What a reference means, and of a list its items.
fn resolved(schema: &Value) -> &Value {
    let schema = target(schema);
    match schema.get("items") {
        Some(items) => resolved(items),
        None => schema,
    }
}

/// What a reference means.
fn target(schema: &Value) -> &Value {
    let named = schema["$ref"].as_str();
    match named.and_then(|it| it.strip_prefix("#/$defs/")) {
        Some(name) => target(&SCHEMA["$defs"][name]),
        None => schema,
    }
}

fn description(schema: &Value) -> &str {
    let own = schema["description"].as_str();
    own.or_else(|| resolved(schema)["description"].as_str())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{RULES, fields, values};

    /// What is offered where `|` stands, and what it takes the place of.
    fn offered(text: &str) -> String {
        let byte = text.find('|').expect("a cursor");
        let text = text.replacen('|', "", 1);
        let found = [fields(&text, byte), values(&text, byte)].concat();
        let names: Vec<_> = found.iter().map(|found| &*found.text).collect();
        let written = found
            .first()
            .and_then(|found| text.get(found.range.clone()));
        format!("{} for {:?}", names.join(" "), written.unwrap_or_default())
    }

    #[test]
    fn the_fields_of_a_table_are_offered_in_it() {
        let all = [
            "|",
            "[system]\n|",
            "[topology]\nsources = []\n  si|",
            "[ser|",
            "[services.a]\nretry = { m|",
            "[services.a]\nin = \"a\"\nout = [\n  { case = 1, | },\n]",
            "[services.a.retry]\nmax = 3\n|\n",
            "[[ignore]]\n|",
            "[[topology.deny]]\nfrom = 'x = {'\n|",
            "[services.a]\nbuckets = { | }",
            "[services]\n|",
            "[services.a]\nin = \"|\"",
            "[services.a]\n# |",
            "[services.a]\nout = [ | ]",
            "[system]\nname = 'a'\n[s|",
            "[[t|",
            "[topology]\nsources = []\n[[topology.|]]\n",
            "[services.a.|",
            "[http]\nli|sten = \"127.0.0.1:1\"\nbus = \"amqp\"\n[system]\nname = 'a'\n",
            "[services.a]\nretry = { | max = 3 }\nreplicas = 3",
            "[services.a]\nretry = { max = 3, f|\n[services.b]\nfactor = 3",
            "[services.a]\nqueue-type = \"|\"",
            "[services.a]\nqueue-type = \"q|uor",
            "[services.a]\nqueue-type = |",
            "[services.a]\nqueue-type = \"quorum\" |",
            "[services.a]\nordered = t|",
            "[services.a]\nordered = \"|\"",
            "[services]\na = { ordered = | }",
            "[services.a]\nout = [{ case = | }]",
            "[rules]\nself-loop = \"|\"",
            "[system]\nname = |",
            "[services.a]\nreplicas = 3 # queue-type = |",
            "[services.a]\nin = \"a\" |",
            "é = 'ü'\n[services.a]\nor|",
        ];
        let said: Vec<_> = all
            .iter()
            .map(|text| format!("{text:?}: {}", offered(text)))
            .collect();
        insta::assert_snapshot!(said.join("\n"));
    }

    #[test]
    fn the_rules_are_offered_where_their_levels_are() {
        let found = fields("[rules]\nself-loop = 'off'\nself", 30);
        assert_eq!(found.len(), RULES.len() - 1);
        assert!(found.iter().all(|found| found.range == (26..30)));
    }

    #[test]
    fn each_says_what_it_is_for() {
        let found = fields("[services.a]\n", 13);
        let silent: Vec<_> = found
            .iter()
            .filter(|found| found.detail.is_empty())
            .collect();
        assert!(!found.is_empty() && silent.is_empty(), "{silent:?}");
    }
}
