//! A client that sends exactly the messages it is told to.

use bytes::BytesMut;
use postgres_protocol::authentication::sasl::{ChannelBinding, ScramSha256};
use postgres_protocol::message::{backend::Message, frontend};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::Database;

pub(crate) struct Raw(TcpStream);

impl Raw {
    pub(crate) async fn connect(database: &Database) -> Self {
        let mut raw = Self(TcpStream::connect(database.address).await.unwrap());
        let mut packet = BytesMut::new();
        frontend::startup_message([("user", "ada"), ("database", "engine")], &mut packet).unwrap();
        raw.0.write_all(&packet).await.unwrap();
        let mut scram = ScramSha256::new(b"difference", ChannelBinding::unsupported());
        raw.read().await;
        packet.clear();
        frontend::sasl_initial_response("SCRAM-SHA-256", scram.message(), &mut packet).unwrap();
        raw.0.write_all(&packet).await.unwrap();
        let Message::AuthenticationSaslContinue(body) = raw.read().await.1 else {
            panic!()
        };
        scram.update(body.data()).unwrap();
        packet.clear();
        frontend::sasl_response(scram.message(), &mut packet).unwrap();
        raw.0.write_all(&packet).await.unwrap();
        while raw.read().await.0 != b'Z' {}
        raw
    }

    /// Runs a simple query and returns the kinds of the messages that answer it.
    pub(crate) async fn query(&mut self, text: &str) -> String {
        self.send(&[(b'Q', format!("{text}\0").as_bytes())], b'Z')
            .await
    }

    /// Sends messages and returns the kinds of the answers up to the first of kind `last`.
    pub(crate) async fn send(&mut self, messages: &[(u8, &[u8])], last: u8) -> String {
        for (kind, body) in messages {
            let length = u32::try_from(body.len() + 4).unwrap().to_be_bytes();
            self.0
                .write_all(&[&[*kind], &length[..], body].concat())
                .await
                .unwrap();
        }
        let mut kinds = String::new();
        while !kinds.ends_with(last as char) {
            kinds.push(self.read().await.0 as char);
        }
        kinds
    }

    async fn read(&mut self) -> (u8, Message) {
        let mut head = [0; 5];
        self.0.read_exact(&mut head).await.unwrap();
        let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]);
        let mut body = vec![0; length as usize - 4];
        self.0.read_exact(&mut body).await.unwrap();
        let mut whole = BytesMut::from([&head[..], &body].concat().as_slice());
        (head[0], Message::parse(&mut whole).unwrap().unwrap())
    }
}
