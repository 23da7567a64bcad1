//! The language server as an editor starts it.

use std::{fs, process::Stdio, time::Duration};

use insta::assert_snapshot;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    process::{ChildStdin, ChildStdout},
    time::timeout,
};

use crate::transcript::slingshot;

async fn say(server: &mut ChildStdin, message: &str) {
    let message = format!("Content-Length: {}\r\n\r\n{message}", message.len());
    server.write_all(message.as_bytes()).await.unwrap();
}

/// The next message's body.
async fn hear(server: &mut BufReader<ChildStdout>) -> String {
    let mut length = 0;
    loop {
        let mut line = String::new();
        server.read_line(&mut line).await.unwrap();
        match line.trim_end().split_once(": ") {
            Some(("Content-Length", number)) => length = number.parse().unwrap(),
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    server.read_exact(&mut body).await.unwrap();
    String::from_utf8(body).unwrap()
}

#[tokio::test]
async fn an_editor_is_served_over_stdin_and_stdout() {
    let directory = tempfile::tempdir().unwrap();
    let map = "[services.a]\nin = \"requests\"\nout = [{ case = 1, queues = [\"reqests\"] }]\n";
    fs::write(directory.path().join("slingshot.toml"), map).unwrap();
    let mut command = slingshot(directory.path());
    command.args(["lsp", "--stdio"]);
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut server = command.spawn().unwrap();
    let mut input = server.stdin.take().unwrap();
    let mut output = BufReader::new(server.stdout.take().unwrap());
    let root = format!("file://{}", directory.path().display());
    let said = async {
        let greeting = format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"initialize","params":{{"capabilities":{{}},"rootUri":"{root}"}}}}"#
        );
        say(&mut input, &greeting).await;
        let mut said = vec![hear(&mut output).await];
        say(
            &mut input,
            r#"{"jsonrpc":"2.0","method":"initialized","params":{}}"#,
        )
        .await;
        said.push(hear(&mut output).await);
        say(
            &mut input,
            r#"{"jsonrpc":"2.0","id":2,"method":"shutdown"}"#,
        )
        .await;
        said.push(hear(&mut output).await);
        say(&mut input, r#"{"jsonrpc":"2.0","method":"exit"}"#).await;
        said
    };
    let said = timeout(Duration::from_mins(1), said).await.unwrap();
    assert!(
        said[0].contains(r#""positionEncoding":"utf-16""#),
        "{}",
        said[0]
    );
    assert_snapshot!(said[1..].join("\n").replace(&root, "[DIR]"));
    let ended = timeout(Duration::from_mins(1), server.wait()).await;
    assert_eq!(ended.unwrap().unwrap().code(), Some(0));
}
