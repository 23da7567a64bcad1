//! The values that route results, as Rust types.

use std::borrow::Cow;

use slingshot_topology::CaseValue;

/// A type whose values are cases.
///
/// Derive it for an enum whose variants are the cases: their set is then closed, and
/// `slingshot topology check` proves it against the sys-map.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a case",
    label = "not something that a result can be routed by",
    note = "a case is a `bool`, an integer of up to 64 bits, a `String`, a `&'static str`, or an enum with `#[derive(Case)]`"
)]
pub trait Case {
    /// Every value there is, where the type says so; `None` where it does not.
    const CASES: Option<&'static [CaseValue]>;

    /// The value that the sys-map's routes are compared with.
    fn into_value(self) -> CaseValue;
}

/// The case of a function that returns nothing: there is none.
#[derive(Debug)]
pub enum NoCase {}

#[diagnostic::do_not_recommend]
impl Case for NoCase {
    const CASES: Option<&'static [CaseValue]> = Some(&[]);

    fn into_value(self) -> CaseValue {
        match self {}
    }
}

#[diagnostic::do_not_recommend]
impl Case for bool {
    const CASES: Option<&'static [CaseValue]> = {
        const BOTH: &[CaseValue] = &[CaseValue::Bool(false), CaseValue::Bool(true)];
        Some(BOTH)
    };

    fn into_value(self) -> CaseValue {
        CaseValue::Bool(self)
    }
}

macro_rules! open_set {
    ($($type:ty => |$value:ident| $case:expr;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl Case for $type {
            const CASES: Option<&'static [CaseValue]> = None;

            fn into_value(self) -> CaseValue {
                let $value = self;
                $case
            }
        }
    )*};
}

open_set! {
    i8 => |value| CaseValue::Integer(value.into());
    i16 => |value| CaseValue::Integer(value.into());
    i32 => |value| CaseValue::Integer(value.into());
    i64 => |value| CaseValue::Integer(value.into());
    u8 => |value| CaseValue::Integer(value.into());
    u16 => |value| CaseValue::Integer(value.into());
    u32 => |value| CaseValue::Integer(value.into());
    u64 => |value| CaseValue::Integer(value.into());
    isize => |value| CaseValue::Integer(value as i128);
    usize => |value| CaseValue::Integer(value as i128);
    String => |value| CaseValue::Text(value.into());
    &'static str => |value| CaseValue::text(value);
    Cow<'static, str> => |value| CaseValue::Text(value.into());
}
