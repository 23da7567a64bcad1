//! The fields that could stand where one is being written in a `slingshot.toml`, by its JSON Schema.

mod place;

use std::sync::LazyLock;

use serde_json::Value;

use self::place::Place;
use super::complete::Completion;
use crate::schema::SCHEMAS;

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
    let schema = place
        .path
        .iter()
        .try_fold(&*SCHEMA, |at, key| below(at, key));
    let fields = schema
        .map(resolved)
        .and_then(|it| it["properties"].as_object());
    let fields = fields.into_iter().flatten();
    let fields = fields.filter(|(name, _)| !place.taken.contains(name));
    fields
        .map(|(name, schema)| Completion {
            text: name.clone(),
            detail: description(schema).to_owned(),
            range: place.range.clone(),
        })
        .collect()
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
    let target = schema["$ref"]
        .as_str()
        .and_then(|it| it.strip_prefix("#/$defs/"));
    if let Some(target) = target {
        return resolved(&SCHEMA["$defs"][target]);
    }
    match schema.get("items") {
        Some(items) => resolved(items),
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
    use super::fields;

    /// What is offered where `|` stands, and what it takes the place of.
    fn offered(text: &str) -> String {
        let byte = text.find('|').expect("a cursor");
        let text = text.replacen('|', "", 1);
        let found = fields(&text, byte);
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
        ];
        let said: Vec<_> = all
            .iter()
            .map(|text| format!("{text:?}: {}", offered(text)))
            .collect();
        insta::assert_snapshot!(said.join("\n"));
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
