//! What the environment says of the HTTP server and the bus. It wins over what the code says.

use std::{net::SocketAddr, path::PathBuf, str::FromStr, time::Duration};

use slingshot_settings::duration;
use slingshot_topology::SecretReference;

use super::EnvironmentError;
use crate::http::{HttpSettings, TlsSettings};

/// The variables, read.
#[derive(Clone, Debug, Default)]
pub(crate) struct HttpVariables {
    /// `SLINGSHOT_HTTP`: `off`, or an address.
    off: bool,
    listen: Option<SocketAddr>,
    key_references: Vec<SecretReference>,
    tls: Option<TlsSettings>,
    max_requests: Option<u32>,
    keep_alive: Option<Duration>,
    body_limit: Option<u64>,
    upload_limit: Option<u64>,
    /// The command line's `--insecure`.
    insecure: bool,
}

impl HttpVariables {
    pub(super) fn read(
        variable: impl Fn(&str) -> Option<String>,
        insecure: bool,
    ) -> Result<Self, EnvironmentError> {
        let address = variable("SLINGSHOT_HTTP");
        let off = address.as_deref() == Some("off");
        let listen = address.filter(|_| !off);
        let listen = listen.map(|value| {
            value.parse().map_err(|_| EnvironmentError {
                variable: "SLINGSHOT_HTTP",
                value,
                expected: "an address like 127.0.0.1:8080, or off",
            })
        });
        let number = |name, expected| parsed(&variable, name, expected);
        let (keys, tls) = (keys(&variable)?, tls(&variable)?);
        Ok(Self {
            off,
            listen: listen.transpose()?,
            key_references: keys,
            tls,
            max_requests: number("SLINGSHOT_HTTP_MAX_REQUESTS", "a number")?
                .map(|most: u64| u32::try_from(most).unwrap_or(u32::MAX)),
            keep_alive: variable("SLINGSHOT_HTTP_KEEP_ALIVE")
                .map(|value| {
                    duration::parse(&value).map_err(|_| EnvironmentError {
                        variable: "SLINGSHOT_HTTP_KEEP_ALIVE",
                        value,
                        expected: "a duration like 30s",
                    })
                })
                .transpose()?,
            body_limit: number("SLINGSHOT_HTTP_BODY_LIMIT", "a number of bytes")?,
            upload_limit: number("SLINGSHOT_HTTP_UPLOAD_LIMIT", "a number of bytes")?,
            insecure,
        })
    }

    /// The settings of the code with what the environment says; none where there is to be no server.
    pub(crate) fn over(self, settings: HttpSettings) -> Option<HttpSettings> {
        if self.off {
            return None;
        }
        let mut settings = settings;
        settings.listen = self.listen.unwrap_or(settings.listen);
        settings.key_references.extend(self.key_references);
        settings.tls = self.tls.or(settings.tls);
        settings.max_requests = self.max_requests.unwrap_or(settings.max_requests);
        settings.keep_alive = self.keep_alive.unwrap_or(settings.keep_alive);
        settings.body_limit = self.body_limit.unwrap_or(settings.body_limit);
        settings.upload_limit = self.upload_limit.unwrap_or(settings.upload_limit);
        settings.insecure |= self.insecure;
        Some(settings)
    }
}

fn parsed<T: FromStr>(
    variable: impl Fn(&str) -> Option<String>,
    name: &'static str,
    expected: &'static str,
) -> Result<Option<T>, EnvironmentError> {
    let wrong = |value| EnvironmentError {
        variable: name,
        value,
        expected,
    };
    let value = variable(name);
    value
        .map(|value| value.parse().map_err(|_| wrong(value)))
        .transpose()
}

fn keys(
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Vec<SecretReference>, EnvironmentError> {
    let list = variable("SLINGSHOT_HTTP_KEYS").unwrap_or_default();
    let references = list.split(',').map(str::trim).filter(|it| !it.is_empty());
    let parsed = references.map(|reference| {
        reference.parse().map_err(|_| EnvironmentError {
            variable: "SLINGSHOT_HTTP_KEYS",
            // It may be the key itself.
            value: "…".to_owned(),
            expected: "references to the keys, with commas between them: `env:NAME`, `file:PATH` or `pass:ENTRY`",
        })
    });
    parsed.collect()
}

fn tls(variable: impl Fn(&str) -> Option<String>) -> Result<Option<TlsSettings>, EnvironmentError> {
    let path = |name| variable(name).map(PathBuf::from);
    let certificate = path("SLINGSHOT_HTTP_CERTIFICATE");
    let private_key = path("SLINGSHOT_HTTP_PRIVATE_KEY");
    let client_ca = path("SLINGSHOT_HTTP_CLIENT_CA");
    let names = variable("SLINGSHOT_HTTP_CLIENT_NAMES").unwrap_or_default();
    let names = names.split(',').map(str::trim).filter(|it| !it.is_empty());
    let client_names: Vec<_> = names.map(str::to_owned).collect();
    let missing = |variable, expected| EnvironmentError {
        variable,
        value: String::new(),
        expected,
    };
    if !client_names.is_empty() && client_ca.is_none() {
        let expected = "the file of the authority that signs the clients' certificates, whose names are limited";
        return Err(missing("SLINGSHOT_HTTP_CLIENT_CA", expected));
    }
    match (certificate, private_key) {
        (Some(certificate), Some(private_key)) => Ok(Some(TlsSettings {
            certificate,
            private_key,
            client_ca,
            client_names,
        })),
        (None, None) if client_ca.is_some() => Err(missing(
            "SLINGSHOT_HTTP_CERTIFICATE",
            "the file of the server's certificate: clients show theirs over TLS",
        )),
        (None, None) => Ok(None),
        (Some(_), None) => Err(missing(
            "SLINGSHOT_HTTP_PRIVATE_KEY",
            "the file of the certificate's private key",
        )),
        (None, Some(_)) => Err(missing(
            "SLINGSHOT_HTTP_CERTIFICATE",
            "the file of the private key's certificate",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Option<HttpSettings>, String> {
        let variable = |name: &str| {
            let found = variables.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let read = HttpVariables::read(variable, false).map_err(|error| error.to_string())?;
        Ok(read.over(HttpSettings::default()))
    }

    #[test]
    fn the_environment_wins_over_the_code() {
        let settings = read(&[
            ("SLINGSHOT_HTTP", "[::1]:90"),
            ("SLINGSHOT_HTTP_KEYS", "env:ONE, file:/two"),
            ("SLINGSHOT_HTTP_KEEP_ALIVE", "2m"),
            ("SLINGSHOT_HTTP_BODY_LIMIT", "10"),
        ]);
        let settings = settings.expect("valid").expect("a server");
        assert_eq!(settings.listen, "[::1]:90".parse().expect("an address"));
        assert_eq!(settings.key_references.len(), 2);
        assert_eq!(settings.keep_alive, Duration::from_mins(2));
        assert_eq!(settings.body_limit, 10);
        assert_eq!(settings.max_requests, HttpSettings::default().max_requests);
        assert!(read(&[("SLINGSHOT_HTTP", "off")]).expect("valid").is_none());
    }

    #[test]
    fn what_cannot_be_is_an_error_that_says_what_can() {
        let check = |variables: &[(&str, &str)], expected: &str| {
            let error = read(variables).expect_err("an error");
            assert!(error.starts_with(expected), "{error}");
        };
        check(
            &[("SLINGSHOT_HTTP", "8080")],
            "SLINGSHOT_HTTP is `8080`: write an address like 127.0.0.1:8080, or off",
        );
        check(
            &[("SLINGSHOT_HTTP_KEYS", "hunter2")],
            "SLINGSHOT_HTTP_KEYS is `…`: write references to the keys",
        );
        check(
            &[("SLINGSHOT_HTTP_CERTIFICATE", "c.pem")],
            "SLINGSHOT_HTTP_PRIVATE_KEY is ``: write the file of the certificate's private key",
        );
        check(
            &[("SLINGSHOT_HTTP_CLIENT_NAMES", "billing")],
            "SLINGSHOT_HTTP_CLIENT_CA is ``: write the file of the authority",
        );
    }
}
