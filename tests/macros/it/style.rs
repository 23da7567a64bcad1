//! Annotations in a crate with strict lints.

#![forbid(unsafe_code)]
#![deny(warnings, missing_docs, unreachable_pub, clippy::all, clippy::pedantic)]

use slingshot_microservice as catapult;

/// The way out.
#[derive(Clone, Copy, catapult::Case)]
pub(crate) enum Way {
    /// Left.
    Left,
    /// Right, in other words.
    #[case("starboard")]
    Right,
}

/// Goes a way.
#[catapult::microservice(name = "ways", crate = catapult)]
pub(crate) fn go_a_way(request: u64) -> (u64, Way) {
    let way = if request.is_multiple_of(2) {
        Way::Left
    } else {
        Way::Right
    };
    (request, way)
}

/// Greets.
#[catapult::handler(replicas = 2, crate = catapult)]
pub(crate) async fn greet(name: String, bus: &catapult::Bus) -> Result<String, catapult::AnyError> {
    Ok(bus.publish("titles", name).await?.into())
}

/// Answers.
#[catapult::handler(crate = catapult)]
pub(crate) fn ping() {}

#[test]
fn a_service_is_an_ordinary_function() {
    assert!(matches!(go_a_way(7), (7, Way::Right)));
    assert!(matches!(go_a_way(8), (8, Way::Left)));
}

#[test]
fn a_handler_is_an_ordinary_function() {
    ping();
    let _ = greet;
}
