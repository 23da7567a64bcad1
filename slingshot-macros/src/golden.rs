//! The generated code, so that a change of it is read by a person.

use insta::assert_snapshot;
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::quote;
use slingshot_syntax::{CaseEnum, Handler, HandlerKind, Microservice};

use crate::{case, handler, microservice};

fn pretty(tokens: TokenStream) -> String {
    prettyplease::unparse(&syn::parse2(calling(tokens)).expect("generated code is Rust"))
}

/// `submit! { .. }` as `submit(..);`: the printer leaves what is inside a macro as it is.
fn calling(tokens: TokenStream) -> TokenStream {
    let mut called = TokenStream::new();
    let mut after_bang = false;
    for token in tokens {
        match token {
            TokenTree::Punct(bang) if bang.as_char() == '!' => after_bang = true,
            TokenTree::Group(group) if after_bang => {
                let arguments = calling(group.stream());
                called.extend(quote!((#arguments)));
                if group.delimiter() == Delimiter::Brace {
                    called.extend(quote!(;));
                }
                after_bang = false;
            }
            TokenTree::Group(group) => {
                called.extend([TokenTree::from(Group::new(
                    group.delimiter(),
                    calling(group.stream()),
                ))]);
            }
            other => called.extend([other]),
        }
    }
    called
}

fn service(words: TokenStream, item: TokenStream) -> String {
    let service = Microservice::parse(words, item).expect("no mistakes");
    pretty(microservice::registration(
        &service,
        &quote!(::slingshot::__private),
    ))
}

fn handled(kind: HandlerKind, words: TokenStream, item: TokenStream) -> String {
    let handler = Handler::parse(kind, words, item).expect("no mistakes");
    pretty(handler::registration(
        &handler,
        &quote!(::slingshot::__private),
    ))
}

#[test]
fn a_service_with_every_word() {
    assert_snapshot!(service(
        quote!(
            name = "sniff", sys_map = "sys-map.example.com", replicas = 4, prefetch = 8,
            timeout = "25m", startup = crate::first, transaction = false, reads("in"),
            writes("out"), unrouted = "drop", retry(max_delay = "1h", max = 9)
        ),
        quote!(
            pub fn process<'a>(
                request: u64,
                read_file: &'a ReadFileFn,
                connection: &mut PgConnection,
            ) -> Result<Vec<(u64, Kind)>, AnyError> {}
        ),
    ), @r#"
    const _: () = {
        use ::slingshot::__private as __slingshot;
        __slingshot::submit(__slingshot::Registration {
            name: "sniff",
            sys_map: ::core::option::Option::Some("sys-map.example.com"),
            settings: {
                let mut settings = __slingshot::Settings::NONE;
                settings.replicas = ::core::option::Option::Some(4u32);
                settings.prefetch = ::core::option::Option::Some(8u16);
                settings.timeout = ::core::option::Option::Some(
                    ::core::time::Duration::new(1500u64, 0u32),
                );
                settings.transaction = false;
                settings.unrouted = __slingshot::Unrouted::Drop;
                settings.retry = ::core::option::Option::Some(__slingshot::Retry {
                    max: 9u32,
                    initial: ::core::time::Duration::new(1u64, 0u32),
                    factor: 2u32,
                    max_delay: ::core::time::Duration::new(3600u64, 0u32),
                });
                settings
            },
            source: __slingshot::SourceLocation {
                file: ::core::file(),
                line: ::core::line(),
                column: ::core::column(),
            },
            reads: &["in"],
            writes: &["out"],
            needs: __slingshot::Needs::NONE
                .and(<u64 as __slingshot::Argument<'static>>::NEEDS)
                .and(<&'_ ReadFileFn as __slingshot::Argument<'static>>::NEEDS)
                .and(<&mut PgConnection as __slingshot::Argument<'static>>::NEEDS),
            call: __slingshot::Call::Sync(|mut parts| {
                let parts = &mut parts;
                let result = process(
                    __slingshot::Argument::take(parts),
                    __slingshot::Argument::take(parts),
                    __slingshot::Argument::take(parts),
                );
                __slingshot::Returns::outcome(result)
            }),
            cases: || __slingshot::cases_of(|parts| process(
                __slingshot::Argument::take(parts),
                __slingshot::Argument::take(parts),
                __slingshot::Argument::take(parts),
            )),
            startup: ::core::option::Option::Some(|| __slingshot::startup(crate::first)),
        });
    };
    "#);
}

#[test]
fn an_async_service_that_returns_an_iterator() {
    assert_snapshot!(service(
        quote!(),
        quote!(
            async fn count_words(delivery: &Delivery) -> Result<impl Iterator<Item = (u64, bool)>, AnyError> {}
        ),
    ), @r#"
    const _: () = {
        use ::slingshot::__private as __slingshot;
        __slingshot::submit(__slingshot::Registration {
            name: "count-words",
            sys_map: ::core::option::Option::None,
            settings: __slingshot::Settings::NONE,
            source: __slingshot::SourceLocation {
                file: ::core::file(),
                line: ::core::line(),
                column: ::core::column(),
            },
            reads: &[],
            writes: &[],
            needs: __slingshot::Needs::NONE
                .and(<&Delivery as __slingshot::Argument<'static>>::NEEDS),
            call: __slingshot::Call::Async(|mut parts| __slingshot::BoxedFuture::pin(async move {
                let parts = &mut parts;
                let result = ::core::result::Result::map(
                    count_words(__slingshot::take_async(parts)).await,
                    __slingshot::Iterate,
                );
                __slingshot::Returns::outcome(result)
            })),
            cases: || __slingshot::cases_of_async(|parts| {
                let future = count_words(__slingshot::take_async(parts));
                async move {
                    ::core::result::Result::map(future.await, __slingshot::Iterate)
                }
            }),
            startup: ::core::option::Option::None,
        });
    };
    "#);
}

#[test]
fn a_service_that_remembers_its_requests() {
    assert_snapshot!(service(
        quote!(deduplicate(keep = "30d")),
        quote!(
            async fn invoice(request: u64, connection: &mut AsyncPgConnection) {}
        ),
    ), @r#"
    const _: () = {
        use ::slingshot::__private as __slingshot;
        __slingshot::submit(__slingshot::Registration {
            name: "invoice",
            sys_map: ::core::option::Option::None,
            settings: {
                let mut settings = __slingshot::Settings::NONE;
                settings.deduplicate = ::core::option::Option::Some(
                    ::core::time::Duration::new(2592000u64, 0u32),
                );
                settings
            },
            source: __slingshot::SourceLocation {
                file: ::core::file(),
                line: ::core::line(),
                column: ::core::column(),
            },
            reads: &[],
            writes: &[],
            needs: __slingshot::Needs::NONE
                .and(<u64 as __slingshot::Argument<'static>>::NEEDS)
                .and(<&mut AsyncPgConnection as __slingshot::Argument<'static>>::NEEDS),
            call: __slingshot::Call::Async(|mut parts| __slingshot::BoxedFuture::pin(async move {
                let parts = &mut parts;
                let result = invoice(
                        __slingshot::take_async(parts),
                        __slingshot::take_async(parts),
                    )
                    .await;
                __slingshot::Returns::outcome(result)
            })),
            cases: || __slingshot::cases_of_async(|parts| invoice(
                __slingshot::take_async(parts),
                __slingshot::take_async(parts),
            )),
            startup: ::core::option::Option::None,
        });
    };
    "#);
}

#[test]
fn a_derived_case() {
    let (cases, _) = CaseEnum::parse(quote!(
        enum Level {
            Text,
            #[case("other")]
            Rest,
        }
    ))
    .expect("an enum");
    assert_snapshot!(pretty(case::implementation(&cases, &quote!(::slingshot::__private))), @r#"
    #[automatically_derived]
    impl ::slingshot::__private::Case for Level {
        const CASES: ::core::option::Option<&'static [::slingshot::__private::CaseValue]> = {
            const ALL: &[::slingshot::__private::CaseValue] = &[
                ::slingshot::__private::CaseValue::text("text"),
                ::slingshot::__private::CaseValue::text("other"),
            ];
            ::core::option::Option::Some(ALL)
        };
        fn into_value(self) -> ::slingshot::__private::CaseValue {
            match self {
                Self::Text => ::slingshot::__private::CaseValue::text("text"),
                Self::Rest => ::slingshot::__private::CaseValue::text("other"),
            }
        }
    }
    "#);
}

#[test]
fn a_handler_with_every_word() {
    assert_snapshot!(handled(
        HandlerKind::Request,
        quote!(name = "hello", replicas = 5, timeout = "30s", queue = 0),
        quote!(
            pub async fn greet(name: String, bus: &Bus, state: &SharedState) -> Result<String, AnyError> {}
        ),
    ), @r#"
    const _: () = {
        use ::slingshot::__private as __slingshot;
        __slingshot::submit(__slingshot::HandlerRegistration {
            name: "hello",
            kind: __slingshot::HandlerKind::Request,
            settings: {
                let mut settings = __slingshot::HandlerSettings::NONE;
                settings.replicas = ::core::option::Option::Some(5u32);
                settings.queue = ::core::option::Option::Some(0u32);
                settings.timeout = ::core::option::Option::Some(
                    ::core::time::Duration::new(30u64, 0u32),
                );
                settings
            },
            source: __slingshot::SourceLocation {
                file: ::core::file(),
                line: ::core::line(),
                column: ::core::column(),
            },
            call: __slingshot::HandlerCall::Async(|mut parts| __slingshot::BoxedFuture::pin(async move {
                let parts = &mut parts;
                let result = greet(
                        __slingshot::HandlerArgument::take(parts)?,
                        __slingshot::HandlerArgument::take(parts)?,
                        __slingshot::HandlerArgument::take(parts)?,
                    )
                    .await;
                __slingshot::HandlerReturns::outcome(result)
            })),
        });
    };
    "#);
}

#[test]
fn a_handler_on_a_thread() {
    assert_snapshot!(handled(
        HandlerKind::Request,
        quote!(),
        quote!(
            fn my_handler<'a>(Json(order): Json<Order>, head: &'a RequestHead) -> Json<Order> {}
        ),
    ), @r#"
    const _: () = {
        use ::slingshot::__private as __slingshot;
        __slingshot::submit(__slingshot::HandlerRegistration {
            name: "my_handler",
            kind: __slingshot::HandlerKind::Request,
            settings: __slingshot::HandlerSettings::NONE,
            source: __slingshot::SourceLocation {
                file: ::core::file(),
                line: ::core::line(),
                column: ::core::column(),
            },
            call: __slingshot::HandlerCall::Sync(|mut parts| {
                let parts = &mut parts;
                let result = my_handler(
                    __slingshot::HandlerArgument::take(parts)?,
                    __slingshot::HandlerArgument::take(parts)?,
                );
                __slingshot::HandlerReturns::outcome(result)
            }),
        });
    };
    "#);
}

#[test]
fn a_handler_of_nothing() {
    assert_snapshot!(handled(HandlerKind::Request, quote!(), quote!(fn ping() {})), @r#"
    const _: () = {
        use ::slingshot::__private as __slingshot;
        __slingshot::submit(__slingshot::HandlerRegistration {
            name: "ping",
            kind: __slingshot::HandlerKind::Request,
            settings: __slingshot::HandlerSettings::NONE,
            source: __slingshot::SourceLocation {
                file: ::core::file(),
                line: ::core::line(),
                column: ::core::column(),
            },
            call: __slingshot::HandlerCall::Sync(|mut parts| {
                let _parts = &mut parts;
                let result = ping();
                __slingshot::HandlerReturns::outcome(result)
            }),
        });
    };
    "#);
    assert_snapshot!(handled(HandlerKind::Request, quote!(), quote!(async fn ping() {})), @r#"
    const _: () = {
        use ::slingshot::__private as __slingshot;
        __slingshot::submit(__slingshot::HandlerRegistration {
            name: "ping",
            kind: __slingshot::HandlerKind::Request,
            settings: __slingshot::HandlerSettings::NONE,
            source: __slingshot::SourceLocation {
                file: ::core::file(),
                line: ::core::line(),
                column: ::core::column(),
            },
            call: __slingshot::HandlerCall::Async(|mut parts| __slingshot::BoxedFuture::pin(async move {
                let _parts = &mut parts;
                let result = ping().await;
                __slingshot::HandlerReturns::outcome(result)
            })),
        });
    };
    "#);
}

#[test]
fn a_function_of_uploads() {
    assert_snapshot!(handled(
        HandlerKind::Upload,
        quote!(replicas = 2),
        quote!(
            async fn keep(upload: Upload, source: Source) -> Result<String, AnyError> {}
        ),
    ), @r#"
    const _: () = {
        use ::slingshot::__private as __slingshot;
        __slingshot::submit(__slingshot::HandlerRegistration {
            name: "keep",
            kind: __slingshot::HandlerKind::Upload,
            settings: {
                let mut settings = __slingshot::HandlerSettings::NONE;
                settings.replicas = ::core::option::Option::Some(2u32);
                settings
            },
            source: __slingshot::SourceLocation {
                file: ::core::file(),
                line: ::core::line(),
                column: ::core::column(),
            },
            call: __slingshot::HandlerCall::Async(|mut parts| __slingshot::BoxedFuture::pin(async move {
                let parts = &mut parts;
                let result = keep(
                        __slingshot::HandlerArgument::take(parts)?,
                        __slingshot::HandlerArgument::take(parts)?,
                    )
                    .await;
                __slingshot::HandlerReturns::outcome(result)
            })),
        });
    };
    "#);
}

#[test]
fn a_function_of_downloads() {
    assert_snapshot!(handled(
        HandlerKind::Download,
        quote!(),
        quote!(
            async fn give(id: FileId) -> Result<Download, AnyError> {}
        ),
    ), @r#"
    const _: () = {
        use ::slingshot::__private as __slingshot;
        __slingshot::submit(__slingshot::HandlerRegistration {
            name: "give",
            kind: __slingshot::HandlerKind::Download,
            settings: __slingshot::HandlerSettings::NONE,
            source: __slingshot::SourceLocation {
                file: ::core::file(),
                line: ::core::line(),
                column: ::core::column(),
            },
            call: __slingshot::HandlerCall::Async(|mut parts| __slingshot::BoxedFuture::pin(async move {
                let parts = &mut parts;
                let result = give(__slingshot::HandlerArgument::take(parts)?).await;
                __slingshot::download_outcome(result)
            })),
        });
    };
    "#);
}

#[test]
fn a_function_of_metadata() {
    assert_snapshot!(handled(
        HandlerKind::Metadata,
        quote!(),
        quote!(
            async fn tell(id: FileId) -> Json<Facts> {}
        ),
    ), @r#"
    const _: () = {
        use ::slingshot::__private as __slingshot;
        __slingshot::submit(__slingshot::HandlerRegistration {
            name: "tell",
            kind: __slingshot::HandlerKind::Metadata,
            settings: __slingshot::HandlerSettings::NONE,
            source: __slingshot::SourceLocation {
                file: ::core::file(),
                line: ::core::line(),
                column: ::core::column(),
            },
            call: __slingshot::HandlerCall::Async(|mut parts| __slingshot::BoxedFuture::pin(async move {
                let parts = &mut parts;
                let result = tell(__slingshot::HandlerArgument::take(parts)?).await;
                __slingshot::HandlerReturns::outcome(result)
            })),
        });
    };
    "#);
}
