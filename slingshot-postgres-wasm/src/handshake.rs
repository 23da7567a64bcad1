//! From an accepted connection to a client that is let in: encryption refused, password checked,
//! user and database compared.

use std::collections::BTreeMap;
use std::io;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};

use crate::scram::{Exchange, Failure, MECHANISM, Verifier};
use crate::settings::startup_parameters;
use crate::wire::{self, Message, Refusal, split_text};

/// The server's own limit (`MAX_STARTUP_PACKET_LENGTH`).
const STARTUP_BYTES: usize = 10_000;

const SSL_REQUEST: u32 = 80_877_103;
const GSS_REQUEST: u32 = 80_877_104;
const CANCEL_REQUEST: u32 = 80_877_102;

/// Who may enter.
#[derive(Clone)]
pub(crate) struct Gate {
    pub(crate) user: String,
    pub(crate) database: String,
    pub(crate) verifier: Verifier,
}

/// How a handshake ended that did not break.
#[derive(Debug)]
pub(crate) enum Handshake {
    /// Let in, and told so up to the parameters; with those that it sent.
    Accepted(BTreeMap<String, String>),
    /// Told no; the connection ends.
    Refused,
    /// Asked to cancel another's statement. The engine has no way to be interrupted, and the protocol
    /// promises no answer.
    Cancel,
}

/// Greets a client.
pub(crate) async fn greet(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    gate: &Gate,
) -> io::Result<Handshake> {
    let (minor, packet) = loop {
        let packet = wire::read_body(stream, STARTUP_BYTES).await?;
        let (code, rest) = packet.split_first_chunk::<4>().ok_or_else(malformed)?;
        match u32::from_be_bytes(*code) {
            SSL_REQUEST | GSS_REQUEST => {
                stream.write_all(b"N").await?;
                stream.flush().await?;
            }
            CANCEL_REQUEST => return Ok(Handshake::Cancel),
            version if version >> 16 == 3 => break (version & 0xffff, rest.to_vec()),
            version => {
                let text = format!("protocol {} is not spoken here, only 3", version >> 16);
                return refuse(stream, &Refusal::new("0A000", text)).await;
            }
        }
    };
    let parameters = startup_parameters(&packet).ok_or_else(malformed)?;
    if let Some(negotiation) = negotiation(minor, &parameters) {
        stream.write_all(&negotiation).await?;
    }
    if let Err(refusal) = authenticate(stream, gate, &parameters).await? {
        return refuse(stream, &refusal).await;
    }
    Ok(Handshake::Accepted(parameters))
}

/// `NegotiateProtocolVersion`, where the client asked for more than 3.0.
fn negotiation(minor: u32, parameters: &BTreeMap<String, String>) -> Option<Vec<u8>> {
    let unknown: Vec<_> = parameters
        .keys()
        .filter(|name| name.starts_with("_pq_."))
        .collect();
    if minor == 0 && unknown.is_empty() {
        return None;
    }
    let count = u32::try_from(unknown.len()).expect("bounded by the startup packet");
    let names = unknown
        .iter()
        .flat_map(|name| [name.as_str(), "\0"])
        .collect::<String>();
    Some(wire::message(
        b'v',
        &[
            &0x0003_0000_u32.to_be_bytes(),
            &count.to_be_bytes(),
            names.as_bytes(),
        ],
    ))
}

async fn authenticate(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    gate: &Gate,
    parameters: &BTreeMap<String, String>,
) -> io::Result<Result<(), Refusal>> {
    let named = |name| {
        parameters
            .get(name)
            .map(String::as_str)
            .filter(|text| !text.is_empty())
    };
    let user = named("user").unwrap_or_default();
    if named("replication").is_some_and(|value| !["false", "off", "no", "0"].contains(&value)) {
        return Ok(Err(Refusal::new(
            "0A000",
            "replication is not available here",
        )));
    }
    let proven = prove_password(stream, &gate.verifier).await?;
    // One answer for both, as the server has it: who guesses learns nothing about names.
    if proven == Err(Failure::WrongPassword) || (proven.is_ok() && user != gate.user) {
        let text = format!("password authentication failed for user \"{user}\"");
        return Ok(Err(Refusal::new("28P01", text)));
    }
    if proven.is_err() {
        return Ok(Err(Refusal::new("08P01", "malformed SCRAM message")));
    }
    let database = named("database").unwrap_or(user);
    if database != gate.database {
        let text = format!("database \"{database}\" does not exist");
        return Ok(Err(Refusal::new("3D000", text)));
    }
    send_authentication(stream, 0, &[]).await?;
    Ok(Ok(()))
}

async fn prove_password(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    verifier: &Verifier,
) -> io::Result<Result<(), Failure>> {
    send_authentication(stream, 10, format!("{MECHANISM}\0\0").as_bytes()).await?;
    let first = read_response(stream).await?;
    let exchange = match initial_response(&first).map(|first| Exchange::begin(verifier, first)) {
        Some(Ok(exchange)) => exchange,
        Some(Err(failure)) => return Ok(Err(failure)),
        None => return Ok(Err(Failure::Malformed)),
    };
    send_authentication(stream, 11, exchange.server_first.as_bytes()).await?;
    let last = read_response(stream).await?;
    let answer = match exchange.finish(verifier, &last) {
        Ok(answer) => answer,
        Err(failure) => return Ok(Err(failure)),
    };
    send_authentication(stream, 12, answer.as_bytes()).await?;
    Ok(Ok(()))
}

/// The SCRAM message in a `SASLInitialResponse`.
fn initial_response(body: &[u8]) -> Option<&[u8]> {
    let (mechanism, rest) = split_text(body)?;
    let (length, message) = rest.split_first_chunk::<4>()?;
    let whole = message.len() == u32::from_be_bytes(*length) as usize;
    (whole && mechanism == MECHANISM.as_bytes()).then_some(message)
}

async fn send_authentication(
    stream: &mut (impl AsyncWrite + Unpin),
    step: u32,
    data: &[u8],
) -> io::Result<()> {
    stream
        .write_all(&wire::message(b'R', &[&step.to_be_bytes(), data]))
        .await?;
    stream.flush().await
}

async fn read_response(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Vec<u8>> {
    match wire::read_message(stream, STARTUP_BYTES).await? {
        Some(Message { kind: b'p', body }) => Ok(body),
        Some(_) => Err(malformed()),
        None => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

async fn refuse(
    stream: &mut (impl AsyncWrite + Unpin),
    refusal: &Refusal,
) -> io::Result<Handshake> {
    stream.write_all(&refusal.as_fatal()).await?;
    stream.flush().await?;
    Ok(Handshake::Refused)
}

fn malformed() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "malformed startup")
}
