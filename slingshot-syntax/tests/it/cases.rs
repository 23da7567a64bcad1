//! `#[derive(Case)]`: the cases of an enum, and its mistakes.

use insta::assert_snapshot;
use slingshot_syntax::CaseEnum;

fn read(item: &str) -> String {
    let (cases, mistakes) = CaseEnum::parse(item.parse().expect("tokens")).expect("an item");
    let cases = cases
        .variants
        .iter()
        .map(|variant| format!("{} = {}\n", variant.ident, variant.case));
    let mistakes = mistakes.iter().map(|mistake| {
        let at = mistake.span().source_text().unwrap_or_default();
        format!("{at} <- {mistake}\n")
    });
    cases.chain(mistakes).collect()
}

#[test]
fn names_cases_after_their_variants() {
    assert_snapshot!(read("enum Kind { Text, PlainText, r#Other }"), @r#"
    Text = "text"
    PlainText = "plain-text"
    r#Other = "other"
    "#);
}

#[test]
fn takes_strings_integers_and_booleans() {
    assert_snapshot!(read(r#"enum Kind { #[case("a b")] A, B }"#), @r#"
    A = "a b"
    B = "b"
    "#);
    assert_snapshot!(read("enum Kind { #[case(-1)] A, #[case(18446744073709551615)] B }"), @r"
    A = -1
    B = 18446744073709551615
    ");
    assert_snapshot!(read("#[case(crate = other::slingshot)] enum Kind { #[case(true)] Yes, #[case(false)] No }"), @r"
    Yes = true
    No = false
    ");
}

#[test]
fn reports_what_cannot_have_cases() {
    assert_snapshot!(read("struct Kind;"), @"struct <- `#[derive(Case)]` is for an enum without fields, one variant per case");
    assert_snapshot!(read("union Kind { a: u8 }"), @"union <- `#[derive(Case)]` is for an enum without fields, one variant per case");
    assert_snapshot!(read("enum Kind {}"), @"Kind <- an enum of cases needs at least one variant");
    assert_snapshot!(read("enum Kind<T> { A, B(T), C { text: String } }"), @r#"
    A = "a"
    T <- cases are values known before the service runs: remove the generic parameters
    (T) <- a case is one value: remove the fields of `B`, or give it a variant per value
    { text: String } <- a case is one value: remove the fields of `C`, or give it a variant per value
    "#);
}

#[test]
fn reports_every_case_that_does_not_fit() {
    assert_snapshot!(read(r#"enum Kind { Text, #[case(1)] One, #[case("text")] Again, #[case] Empty, #[case(1.5)] Half, #[case("")] No, #[case(99999999999999999999)] Big, #[case("x")] #[case("y")] Two }"#), @r#"
    Text = "text"
    One = 1
    Again = "text"
    Two = "x"
    case <- expected one value: `#[case("text")]`, `#[case(1)]` or `#[case(true)]`
    1.5 <- a case is a string, an integer or a boolean: `#[case("text")]`, `#[case(1)]` or `#[case(true)]`
    "" <- a case needs a text
    99999999999999999999 <- a case's integer must lie between `i64::MIN` and `u64::MAX`
    case("y") <- `Two` has a case already; keep one
    1 <- `One` is an integer (`1`) but `Text` is a string (`"text"`): give every variant `#[case(..)]` of one kind
    "text" <- the case `"text"` is taken by `Text`; give `Again` its own with `#[case(..)]`
    "#);
    assert_snapshot!(read(r#"#[case("x")] enum Kind { Text }"#), @r#"
    Text = "text"
    case("x") <- expected `#[case(crate = path)]` here; `#[case("text")]`, `#[case(1)]` or `#[case(true)]` belongs on a variant
    "#);
}
