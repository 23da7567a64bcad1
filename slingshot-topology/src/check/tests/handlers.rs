//! What the rules say of handlers and their calls.

use insta::assert_snapshot;

use super::shown;
use crate::{BusCall, Code, CodeHandler, Process, SourceFile, Spanned, read_toml, render};

/// Handlers, each on a line of its own: its name, `>` before whom it awaits, `:` before whom it tells.
fn handlers(text: &str) -> Code {
    let file = SourceFile::new("src/main.rs", text);
    let offset = |part: &str| part.as_ptr().addr() - file.text.as_ptr().addr();
    let span = |part: &str| file.span(offset(part)..offset(part) + part.len());
    let mut code = Code {
        is_complete: true,
        ..Code::default()
    };
    for line in file.text.lines() {
        let mut words = line.split(' ');
        let name = words.next().unwrap_or_default();
        let call = |word| {
            let (sign, name) = str::split_at(word, 1);
            BusCall {
                handler: Spanned::new(name.to_owned(), span(name)),
                awaits: sign == ">",
            }
        };
        code.handlers.push(CodeHandler {
            name: name.trim_start_matches('?').to_owned(),
            at: span(name),
            is_on_bus: true,
            is_conditional: name.starts_with('?'),
            processes: vec![Process::Binary(1)],
            calls: words.map(call).collect(),
            sends: Vec::new(),
        });
    }
    code
}

fn of_handlers(toml: &str, code: &Code) -> String {
    let (system, read) = read_toml(&SourceFile::new("slingshot.toml", toml));
    render::text(&shown(&system, Some(code), read), false)
}

#[test]
fn a_system_of_handlers_needs_no_service() {
    assert_snapshot!(of_handlers("", &handlers("greet >titles :greet\ntitles")), @"no findings");
    assert_snapshot!(of_handlers("[http]", &Code::default()), @"no findings");
    assert_snapshot!(of_handlers("", &Code::default()), @r"
    error[no-services]: the file declares no service
     --> slingshot.toml:1:1
      |
    1 |
      | ^ no service in this file
      |
      = help: add a section such as `[services.sniff]` with `in` and `out`, or `[http]` for handlers

    1 error
    ");
}

#[test]
fn each_circle_of_waiting_handlers_is_reported_by_its_shortest_way() {
    assert_snapshot!(of_handlers("", &handlers("a >b\nb >c >d\nc >a\nd >e :a\ne >c\nx >y\ny >x >z\nz >z")), @r"
    warning[bus-call-cycle]: handlers wait for each other in a circle: a → b → c → a
     --> src/main.rs:1:4
      |
    1 | a >b
      |    ^ step 1, where `a` waits for `b`
    2 | b >c >d
      |    - step 2, where `b` waits for `c`
    3 | c >a
      |    - step 3, where `c` waits for `a`
      |
      = help: tell one of them with `dispatch`, which waits for no reply

    warning[bus-call-cycle]: handlers wait for each other in a circle: x → y → x
     --> src/main.rs:6:4
      |
    6 | x >y
      |    ^ step 1, where `x` waits for `y`
    7 | y >x >z
      |    - step 2, where `y` waits for `x`
      |
      = help: tell one of them with `dispatch`, which waits for no reply

    warning[bus-call-cycle]: handlers wait for each other in a circle: z → z
     --> src/main.rs:8:4
      |
    8 | z >z
      |    ^ step 1, where `z` waits for `z`
      |
      = help: tell one of them with `dispatch`, which waits for no reply

    3 warnings
    ");
}

#[test]
fn what_is_told_closes_no_circle() {
    assert_snapshot!(of_handlers("", &handlers("a >b\nb :a :b")), @"no findings");
}

#[test]
fn a_call_is_a_mistake_only_where_everything_that_could_answer_is_seen() {
    let mut code = handlers("greet >title :elsewhere\ntitles");
    assert_snapshot!(of_handlers("", &code), @r#"
    error[bus-handler-unknown]: `greet` calls the handler `title`, which is not there
     --> src/main.rs:1:8
      |
    1 | greet >title :elsewhere
      |        ^^^^^ no handler has this name
      |
      = help: did you mean `titles`?

    error[bus-handler-unknown]: `greet` calls the handler `elsewhere`, which is not there
     --> src/main.rs:1:15
      |
    1 | greet >title :elsewhere
      |               ^^^^^^^^^ no handler has this name
      |
      = help: write a function with `#[handler(name = "elsewhere")]`

    2 errors
    "#);
    assert_snapshot!(of_handlers("[http]\nbus = \"amqp\"", &code), @r#"
    warning[bus-handler-unknown]: `greet` calls the handler `title`, which is not there
     --> src/main.rs:1:8
      |
    1 | greet >title :elsewhere
      |        ^^^^^ it may be in another process, as `bus = "amqp"` allows
      |
      = help: did you mean `titles`?

    warning[bus-handler-unknown]: `greet` calls the handler `elsewhere`, which is not there
     --> src/main.rs:1:15
      |
    1 | greet >title :elsewhere
      |               ^^^^^^^^^ it may be in another process, as `bus = "amqp"` allows
      |
      = help: write a function with `#[handler(name = "elsewhere")]`

    2 warnings
    "#);
    code.is_complete = false;
    code.handlers[1].is_on_bus = false;
    assert_snapshot!(of_handlers("", &code), @r#"
    warning[bus-handler-unknown]: `greet` calls the handler `title`, which is not there
     --> src/main.rs:1:8
      |
    1 | greet >title :elsewhere
      |        ^^^^^ it may be where the source could not be read
      |
      = help: write a function with `#[handler(name = "title")]`

    warning[bus-handler-unknown]: `greet` calls the handler `elsewhere`, which is not there
     --> src/main.rs:1:15
      |
    1 | greet >title :elsewhere
      |               ^^^^^^^^^ it may be where the source could not be read
      |
      = help: write a function with `#[handler(name = "elsewhere")]`

    2 warnings
    "#);
}

#[test]
fn a_helpers_call_is_reported_once() {
    let mut code = handlers("greet >nobody\nother");
    code.handlers[1].calls = code.handlers[0].calls.clone();
    assert_snapshot!(of_handlers("", &code), @r#"
    error[bus-handler-unknown]: `greet` calls the handler `nobody`, which is not there
     --> src/main.rs:1:8
      |
    1 | greet >nobody
      |        ^^^^^^ no handler has this name
      |
      = help: write a function with `#[handler(name = "nobody")]`

    1 error
    "#);
}

#[test]
fn handlers_of_one_name_are_told_from_alternatives() {
    assert_snapshot!(of_handlers("", &handlers("greet\ngreet\n?titles\n?titles\ntitles\ngreet")), @r#"
    error[handler-duplicate]: there are two handlers called `greet`
     --> src/main.rs:2:1
      |
    1 | greet
      | ----- the first one
    2 | greet
      | ^^^^^ has the name of another
      |
      = help: give one of them another name: `#[handler(name = "..")]`

    error[handler-duplicate]: there are two handlers called `greet`
     --> src/main.rs:6:1
      |
    1 | greet
      | ----- the first one
    ...
    6 | greet
      | ^^^^^ has the name of another
      |
      = help: give one of them another name: `#[handler(name = "..")]`

    2 errors
    "#);
}

#[test]
fn binaries_have_their_own_handlers_and_services() {
    let mut code = handlers("greet >titles\ngreet\ntitles");
    code.handlers[1].processes = vec![Process::Binary(2)];
    code.handlers[2].processes = vec![Process::Binary(2)];
    assert_snapshot!(of_handlers("[http]", &code), @r#"
    error[bus-handler-unknown]: `greet` calls the handler `titles`, which is in another process
     --> src/main.rs:1:8
      |
    1 | greet >titles
      |        ^^^^^^ no handler of this binary
    2 | greet
    3 | titles
      | ------ the other binary's
      |
      = help: write `bus = "amqp"` under `[http]`: that bus leads to every process

    1 error
    "#);
    // A file without `[http]` does not say which bus it is.
    assert_snapshot!(of_handlers("", &code), @"no findings");
    assert_snapshot!(of_handlers("[http]\nbus = \"amqp\"", &code), @"no findings");
    code.handlers[1].processes.push(Process::Binary(1));
    code.handlers[2].processes.push(Process::Binary(1));
    let shown = of_handlers("[http]", &code);
    assert!(
        shown.starts_with("error[handler-duplicate]") && shown.ends_with("1 error\n"),
        "{shown}"
    );
}
