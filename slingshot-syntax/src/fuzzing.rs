//! What must hold for every text from outside. Property tests and fuzz targets call it; nothing else is
//! built with it.

use proc_macro2::TokenStream;

use crate::{
    CaseEnum, Handler, HandlerKind, Microservice,
    scan::{Features, resolve, scan_file},
};

/// A file of Rust, or what is taken for one: every place in it that the scan names is there.
pub fn source_file(text: &str) {
    let scan = scan_file(text, &Features::default());
    for remark in scan
        .mistakes
        .iter()
        .chain(&scan.unseen)
        .chain(&scan.left_out)
    {
        let at = remark.at.bytes.clone();
        assert!(text.get(at.clone()).is_some(), "{at:?}: {}", remark.message);
    }
    resolve(&[scan]);
}

/// The words of an annotation, and the item below it: read, or refused with a reason.
pub fn annotation(words: &str, item: &str) {
    let (Ok(words), Ok(item)) = (words.parse::<TokenStream>(), item.parse::<TokenStream>()) else {
        return;
    };
    if let Err(mistakes) = Microservice::parse(words.clone(), item.clone()) {
        assert!(!mistakes.is_empty());
    }
    for kind in HandlerKind::ALL {
        if let Err(mistakes) = Handler::parse(kind, words.clone(), item.clone()) {
            assert!(!mistakes.is_empty());
        }
    }
    if let Err(mistakes) = CaseEnum::parse(item) {
        assert!(!mistakes.is_empty());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Words of an annotation, right and wrong, in any order.
    fn words() -> impl Strategy<Value = String> {
        const PIECES: [&str; 29] = [
            "name = \"sniff\"",
            "sys_map = \"h\"",
            "replicas = 4",
            "prefetch",
            "timeout = \"25m\"",
            "startup = first",
            "transaction = false",
            "reads(\"in\")",
            "writes()",
            "unrouted = 5",
            "queue = 0",
            "retry",
            "retry(max = 5, initial = \"1d\")",
            "retry(max = 0)",
            "deduplicate",
            "deduplicate(keep = \"30d\")",
            "max-delay",
            "\"x\"",
            "4",
            "=",
            "(",
            ")",
            "[",
            "]",
            "{",
            "}",
            "'a",
            "r#name",
            "crate = ::x",
        ];
        let piece = prop_oneof![
            9 => proptest::sample::select(&PIECES).prop_map(str::to_owned),
            1 => "\\PC{0,9}",
        ];
        let separator = proptest::sample::select(&[", ", " ", ",,"][..]);
        proptest::collection::vec((piece, separator), 0..7).prop_map(|pieces| {
            pieces
                .into_iter()
                .flat_map(|(piece, after)| [piece, after.to_owned()])
                .collect()
        })
    }

    fn item() -> impl Strategy<Value = String> {
        const PIECES: [&str; 24] = [
            "fn f",
            "async fn g",
            "(",
            ")",
            "request: u64",
            "bus: &Bus",
            "Json(order): Json<Order>",
            ", ",
            "c: &mut PgConnection",
            "&self",
            "{}",
            " -> Result<Vec<(u64, Kind)>, E>",
            "-> ",
            "enum K",
            "{ A, B }",
            "#[case(1)]",
            "struct S;",
            "pub(crate) ",
            "unsafe ",
            "<'a, T>",
            "mod m",
            "#[derive(Case)]",
            "type X = ",
            ";",
        ];
        proptest::collection::vec(proptest::sample::select(&PIECES), 0..12)
            .prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn an_annotation_is_read_or_refused(words in words(), item in item()) {
            annotation(&words, &item);
        }

        #[test]
        fn what_the_scan_names_is_in_the_file(words in words(), item in item(), rest in "\\PC{0,20}") {
            source_file(&format!("#[microservice({words})] {item}"));
            source_file(&format!("#[handler({words})] {item} {{ bus.publish({rest}) }}"));
            source_file(&format!("#[derive(Case)] {item} {rest}"));
            source_file(&rest);
        }
    }
}
