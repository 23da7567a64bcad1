//! Where servers listen, and what they are told.

use insta::assert_snapshot;
use slingshot_topology::{SourceFile, read_toml};

use super::*;

fn host(name: &str) -> Host {
    let handler = |kind: &str| {
        let json = format!(
            r#"{{"name":"greet","kind":"{kind}","source":{{"file":"","line":1,"column":1}}}}"#
        );
        serde_json::from_str(&json).unwrap()
    };
    Host {
        name: name.to_owned(),
        program: crate::program::Program::binary(name, name),
        handlers: vec![handler("request"), handler("upload")],
        services: Vec::new(),
    }
}

fn http(text: &str) -> Http {
    let text = format!("[http]\n{text}");
    let (system, found) = read_toml(&SourceFile::new("slingshot.toml", text));
    assert!(found.is_empty(), "{found:?}");
    system.http.unwrap()
}

#[test]
fn the_table_reaches_the_process() {
    let http = http(
        r#"
listen = "127.0.0.1:0"
api-keys = ["pass:http/key", "env:KEY"]
tls = { certificate = "c.pem", key = "k.pem", client-ca = "ca.pem", client-names = ["billing", "web"] }
max-requests = 500
keep-alive = "1m30s"
body-limit = "2MiB"
upload-limit = 1000
bus = "amqp"
files = "uploads"
"#,
    );
    let servers = Servers::place(&[host("web")], Some(&http)).unwrap();
    let mut environment = servers.environment(0);
    let address = environment.remove("SLINGSHOT_HTTP").unwrap();
    let address: SocketAddr = address.to_string_lossy().parse().unwrap();
    assert!(address.ip().is_loopback() && address.port() > 0);
    assert_eq!(servers.servers[0].url, format!("https://{address}"));
    let lines = environment
        .iter()
        .map(|(name, value)| format!("{name}={}\n", value.display()));
    assert_snapshot!(lines.collect::<String>(), @r"
    SLINGSHOT_BUS=amqp
    SLINGSHOT_FILES=uploads
    SLINGSHOT_HTTP_BODY_LIMIT=2097152
    SLINGSHOT_HTTP_CERTIFICATE=c.pem
    SLINGSHOT_HTTP_CLIENT_CA=ca.pem
    SLINGSHOT_HTTP_CLIENT_NAMES=billing,web
    SLINGSHOT_HTTP_KEEP_ALIVE=90s
    SLINGSHOT_HTTP_KEYS=pass:http/key,env:KEY
    SLINGSHOT_HTTP_MAX_REQUESTS=500
    SLINGSHOT_HTTP_PRIVATE_KEY=k.pem
    SLINGSHOT_HTTP_UPLOAD_LIMIT=1000
    ");
    assert_snapshot!(servers.servers[0].handlers, @"/greet, /stream/upload, /stream/download, /stream/metadata");
}

#[test]
fn what_the_file_does_not_say_is_the_runtimes_to_decide() {
    let servers = Servers::place(&[host("web"), host("other")], None).unwrap();
    let addresses = [0, 1].map(|host| servers.environment(host)["SLINGSHOT_HTTP"].clone());
    assert_ne!(addresses[0], addresses[1]);
    assert_eq!(servers.environment(0).len(), 1);
    assert_eq!(servers.not_up().collect::<Vec<_>>(), ["web", "other"]);
}

#[test]
fn an_address_that_cannot_be_had_is_a_mistake_before_anything_starts() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let http = http(&format!("listen = \"{}\"", taken.local_addr().unwrap()));
    let failure = Servers::place(&[host("web")], Some(&http)).unwrap_err();
    assert!(failure.to_string().contains("cannot be listened on"));
    let failure = Servers::place(&[host("web"), host("other")], Some(&http)).unwrap_err();
    assert!(failure.to_string().starts_with("other has handlers too"));
    assert!(Servers::place(&[], Some(&http)).is_ok());
}

#[test]
fn a_server_on_all_addresses_is_reached_by_loopback() {
    for (listens, is_reached) in [
        ("0.0.0.0:80", "127.0.0.1:80"),
        ("[::]:80", "[::1]:80"),
        ("192.0.2.7:80", "192.0.2.7:80"),
    ] {
        assert_eq!(reached(listens.parse().unwrap()).to_string(), is_reached);
    }
}
