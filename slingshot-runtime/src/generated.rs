//! What generated code names. Not for people: it changes with the macros, in step.

/// Under a name of its own: `Box` is in scope everywhere, and a path to it is a finding of lints.
pub use std::boxed::Box as BoxedFuture;

pub use inventory::submit;
pub use slingshot_settings::Retry;
pub use slingshot_topology::CaseValue;

pub use crate::{
    argument::{Argument, AsyncArgument, Needs, Parts, take_async},
    case::Case,
    error::AnyError,
    files::download_outcome,
    function::{Startup, startup},
    handler::{
        CallFailure, CallParts, HandlerArgument, HandlerCall, HandlerKind, HandlerOutcome,
        HandlerRegistration, HandlerReturns, HandlerSettings, ReplyFuture,
    },
    registration::{Call, OutcomeFuture, Registration, Settings, SourceLocation, Unrouted},
    returns::{Iterate, Outcome, Outputs, Returns, cases_of, cases_of_async},
};

#[cfg(test)]
mod tests {
    //! What the macro writes, written by hand: a change here is a change there.

    use super::*;
    use crate::{Delivery, ObjectReader, ReadFileFn, WriteFileFn};

    fn borrowing<'a>(
        connection: &'a mut diesel::PgConnection,
        request: u64,
        _read_file: &'a ReadFileFn,
    ) -> Result<impl Iterator<Item = (u64, bool)> + 'a, AnyError> {
        diesel::connection::SimpleConnection::batch_execute(connection, "SELECT 1")?;
        Ok(std::iter::once((request, true)))
    }

    async fn waiting(delivery: &Delivery, write_file: &WriteFileFn) -> Option<(u64, String)> {
        std::future::ready(delivery.message_id()).await?;
        write_file("out", 1).ok().map(|_| (1, "text".to_owned()))
    }

    static SYNC: Registration = Registration {
        name: "borrowing",
        sys_map: None,
        settings: Settings {
            replicas: Some(4),
            ..Settings::NONE
        },
        source: SourceLocation {
            file: file!(),
            line: line!(),
            column: column!(),
        },
        reads: &["in"],
        writes: &[],
        needs: Needs::NONE
            .and(<&'static mut diesel::PgConnection as Argument<'static>>::NEEDS)
            .and(<u64 as Argument<'static>>::NEEDS)
            .and(<&'static ReadFileFn as Argument<'static>>::NEEDS),
        cases: || {
            cases_of(|parts| {
                borrowing(
                    Argument::take(parts),
                    Argument::take(parts),
                    Argument::take(parts),
                )
                .map(Iterate)
            })
        },
        call: Call::Sync(|mut parts| {
            let parts = &mut parts;
            Returns::outcome(
                borrowing(
                    Argument::take(parts),
                    Argument::take(parts),
                    Argument::take(parts),
                )
                .map(Iterate),
            )
        }),
        startup: Some(|| startup(|_: &ReadFileFn| ())),
    };

    static ASYNC: Registration = Registration {
        name: "waiting",
        cases: || cases_of_async(|parts| waiting(take_async(parts), take_async(parts))),
        call: Call::Async(|mut parts| {
            Box::pin(async move {
                let parts = &mut parts;
                Returns::outcome(waiting(take_async(parts), take_async(parts)).await)
            })
        }),
        startup: None,
        ..SYNC
    };

    #[test]
    fn a_registration_is_a_constant_and_knows_its_cases() {
        assert_eq!(
            (SYNC.cases)(),
            Some([CaseValue::Bool(false), CaseValue::Bool(true)].as_slice())
        );
        assert_eq!((ASYNC.cases)(), None);
        assert!(SYNC.needs.database && SYNC.needs.objects && SYNC.needs.message);
    }

    #[test]
    fn an_async_function_runs() {
        let Call::Async(call) = ASYNC.call else {
            panic!("an async function");
        };
        let read_file = |_: &str, _: u64| -> Result<ObjectReader, AnyError> { Err("none".into()) };
        let write_file = |_: &str, _: u64| Err("none".into());
        let delivery = Delivery::default();
        let outcome = futures_util::FutureExt::now_or_never(call(Parts {
            request: 7,
            read_file: Some(&read_file),
            write_file: Some(&write_file),
            files: None,
            connection: None,
            delivery: &delivery,
            bus: None,
        }));
        assert!(
            outcome
                .expect("nothing waits")
                .expect("no error")
                .is_empty()
        );
    }
}
