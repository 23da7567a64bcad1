//! SCRAM-SHA-256 without channel binding, the server's side (RFC 5802, RFC 7677), as `PostgreSQL` speaks
//! it: the user name in the exchange is ignored, the startup packet's counts.

use base64::{Engine as _, prelude::BASE64_STANDARD as BASE64};
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

pub(crate) const MECHANISM: &str = "SCRAM-SHA-256";

/// What `PostgreSQL` uses, and clients are prepared to pay.
const ITERATIONS: u32 = 4096;

/// What the server keeps of a password: enough to check it, not to use it.
#[derive(Clone)]
pub(crate) struct Verifier {
    salt: [u8; 16],
    stored_key: [u8; 32],
    server_key: [u8; 32],
}

impl Verifier {
    /// Of a password that needs no `SASLprep` (ours are random ASCII).
    pub(crate) fn new(password: &[u8]) -> Result<Self, getrandom::Error> {
        let mut salt = [0; 16];
        getrandom::fill(&mut salt)?;
        Ok(Self::with_salt(password, salt))
    }

    fn with_salt(password: &[u8], salt: [u8; 16]) -> Self {
        let salted: [u8; 32] = pbkdf2::pbkdf2_hmac_array::<Sha256, 32>(password, &salt, ITERATIONS);
        let client_key = hmac(&salted, b"Client Key");
        let server_key = hmac(&salted, b"Server Key");
        Self {
            salt,
            stored_key: Sha256::digest(client_key).into(),
            server_key,
        }
    }
}

/// Why an exchange ended without a proof.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Not what the protocol allows.
    Malformed,
    /// The proof is of another password.
    WrongPassword,
}

/// An exchange after the client's first message.
#[derive(Debug)]
pub(crate) struct Exchange {
    header: String,
    nonce: String,
    client_first: String,
    /// What the client is to be sent now.
    pub(crate) server_first: String,
}

impl Exchange {
    /// Takes the client's first message (`n,,n=…,r=…`).
    pub(crate) fn begin(verifier: &Verifier, message: &[u8]) -> Result<Self, Failure> {
        let mut random = [0; 18];
        getrandom::fill(&mut random).map_err(|_| Failure::Malformed)?;
        Self::begin_with(verifier, message, &BASE64.encode(random))
    }

    fn begin_with(verifier: &Verifier, message: &[u8], nonce: &str) -> Result<Self, Failure> {
        let text = std::str::from_utf8(message).map_err(|_| Failure::Malformed)?;
        // `y`: the client could bind to a TLS channel, but believes that we cannot; it is right.
        let (header, bare) = ["n,,", "y,,"]
            .iter()
            .find_map(|header| Some((*header, text.strip_prefix(header)?)))
            .ok_or(Failure::Malformed)?;
        let client_nonce = attribute(bare, 'r').ok_or(Failure::Malformed)?;
        let nonce = format!("{client_nonce}{nonce}");
        let salt = BASE64.encode(verifier.salt);
        Ok(Self {
            header: header.to_owned(),
            client_first: bare.to_owned(),
            server_first: format!("r={nonce},s={salt},i={ITERATIONS}"),
            nonce,
        })
    }

    /// Takes the client's last message (`c=…,r=…,p=…`) and returns the server's.
    pub(crate) fn finish(self, verifier: &Verifier, message: &[u8]) -> Result<String, Failure> {
        let text = std::str::from_utf8(message).map_err(|_| Failure::Malformed)?;
        let (without_proof, proof) = text.rsplit_once(",p=").ok_or(Failure::Malformed)?;
        let binding = BASE64.encode(&self.header);
        if attribute(text, 'c') != Some(&binding) || attribute(text, 'r') != Some(&self.nonce) {
            return Err(Failure::Malformed);
        }
        let proof = BASE64.decode(proof).map_err(|_| Failure::Malformed)?;
        let proof: [u8; 32] = proof.try_into().map_err(|_| Failure::Malformed)?;
        let signed = format!(
            "{},{},{without_proof}",
            self.client_first, self.server_first
        );
        let mut client_key = hmac(&verifier.stored_key, signed.as_bytes());
        client_key
            .iter_mut()
            .zip(proof)
            .for_each(|(byte, mask)| *byte ^= mask);
        // Two digests of secrets: what the comparison's timing tells about them leads nowhere.
        if <[u8; 32]>::from(Sha256::digest(client_key)) != verifier.stored_key {
            return Err(Failure::WrongPassword);
        }
        Ok(format!(
            "v={}",
            BASE64.encode(hmac(&verifier.server_key, signed.as_bytes()))
        ))
    }
}

fn attribute(text: &str, name: char) -> Option<&str> {
    text.split(',')
        .find_map(|part| part.strip_prefix(name)?.strip_prefix('='))
}

fn hmac(key: &[u8], data: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(data);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The exchange of RFC 7677, section 3.
    fn begin() -> (Verifier, Exchange) {
        let salt = BASE64
            .decode("W22ZaJ0SNY7soEsUEjb6gQ==")
            .unwrap()
            .try_into()
            .unwrap();
        let verifier = Verifier::with_salt(b"pencil", salt);
        let first = b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
        let server_nonce = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
        let exchange = Exchange::begin_with(&verifier, first, server_nonce).unwrap();
        (verifier, exchange)
    }

    const LAST: &str = "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
         p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";

    #[test]
    fn the_exchange_of_the_rfc_succeeds() {
        let (verifier, exchange) = begin();
        assert_eq!(
            exchange.server_first,
            "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
        );
        let last = exchange.finish(&verifier, LAST.as_bytes());
        assert_eq!(
            last.unwrap(),
            "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="
        );
    }

    #[test]
    fn another_password_fails() {
        let (verifier, exchange) = begin();
        let other = Verifier::with_salt(b"pen", verifier.salt);
        assert_eq!(
            exchange.finish(&other, LAST.as_bytes()),
            Err(Failure::WrongPassword)
        );
    }

    #[test]
    fn what_is_no_exchange_fails() {
        let (verifier, _) = begin();
        for first in ["", "p=tls-unique,,n=,r=a", "n,,n=", "n"] {
            assert!(
                Exchange::begin_with(&verifier, first.as_bytes(), "x").is_err(),
                "{first}"
            );
        }
        let others = LAST.replace("biws", "eSws");
        for last in [
            "",
            "c=biws",
            "c=biws,r=a,p=",
            others.as_str(),
            &LAST.replace("rOpr", "aaaa"),
        ] {
            let failure = begin().1.finish(&verifier, last.as_bytes());
            assert_eq!(failure, Err(Failure::Malformed), "{last}");
        }
    }
}
