//! What the example registers, asked over HTTP.

use std::net::{SocketAddr, TcpListener};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::*;

/// The README's other way to write the same.
#[test]
fn options_are_taken_too() {
    let mut manager = Manager::new_default();
    let certificate = Some("path/to/cert.pem");
    manager.with_tls(certificate, Some("path/to/key.pem"), Some("path/to/ca.pem"));
}

/// What `MyHandler` asks and tells.
struct Louder;

#[async_trait]
impl Base for Louder {
    async fn run(
        &self,
        src: String,
        data: String,
        _: Arc<MultiBus>,
        shared_state: Arc<SharedState>,
    ) -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
        match shared_state.get("counter").await {
            StateType::Int(counter) => Ok(format!("{data} from {src}, {counter}")),
            _ => Ok(format!("{data} from {src}")),
        }
    }

    fn new() -> Self {
        Louder
    }
}

async fn asked(address: SocketAddr, path: &str, body: &str) -> String {
    let mut connection = loop {
        // Until it listens.
        match TcpStream::connect(address).await {
            Ok(connection) => break connection,
            Err(_) => tokio::task::yield_now().await,
        }
    };
    let length = body.len();
    let request = format!(
        "POST /{path} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer my-secret-api-key\r\n\
         connection: close\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    body.to_owned()
}

#[tokio::test]
async fn handlers_answer_call_each_other_and_share_a_state() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let mut manager = Manager::new_default();
    manager.with_api_key("my-secret-api-key");
    manager.with_listen(address);
    manager.add_handler::<MyHandler>("my_handler", 5);
    manager.add_handler::<Louder>("other_handler", 2);
    manager.add_handler::<Louder>("notification_handler", 1);
    let asking = async {
        let envelope = r#"{"type":"request","src":"client","data":"hello world"}"#;
        let first = asked(address, "my_handler", envelope).await;
        let again = asked(address, "other_handler", envelope).await;
        let end = asked(address, "shutdown", "").await;
        [first, again, end]
    };
    let (answers, ()) = tokio::join!(asking, manager.start());
    let said = |message: &str| format!(r#"{{"status":"ok","message":"{message}"}}"#);
    let first = "Processed data with response: hello world from my_handler";
    assert_eq!(
        answers,
        [
            said(first),
            said("hello world from client, 42"),
            said("shutting down"),
        ]
    );
}
