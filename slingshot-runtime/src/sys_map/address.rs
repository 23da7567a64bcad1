//! Where the sys-map is.

use reqwest::Url;

/// The address below which the names are: a host without a scheme means `https://`.
pub(super) fn base(host: &str) -> Option<Url> {
    let url = match host {
        _ if host.contains("://") => Url::parse(host),
        _ => Url::parse(&format!("https://{host}")),
    };
    let url = url.ok()?;
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(url)
}

/// The address of a name below it. Names are encoded: a `/`, `?` or `#` in one asks for no other path.
pub(super) fn below(base: &Url, names: &[&str]) -> Url {
    let mut url = base.clone();
    url.path_segments_mut()
        .expect("a base with a host has a path")
        .pop_if_empty()
        .extend(names);
    url
}

/// The URL as it may be read by anybody: the address may hold a password.
pub(super) fn shown(url: &Url) -> String {
    let mut url = url.clone();
    let hidden = url
        .set_password(None)
        .and_then(|()| url.set_username(""))
        .is_ok();
    if hidden { url.into() } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(host: &str, names: &[&str]) -> Option<String> {
        base(host).map(|base| shown(&below(&base, names)))
    }

    #[test]
    fn a_host_without_a_scheme_means_https() {
        let check = |host: &str, expected: &str| {
            assert_eq!(url(host, &["sniff"]).as_deref(), Some(expected));
        };
        check("sys-map.example.com", "https://sys-map.example.com/sniff");
        check(
            "sys-map.example.com:8443",
            "https://sys-map.example.com:8443/sniff",
        );
        check("http://127.0.0.1:8080/", "http://127.0.0.1:8080/sniff");
        check("http://proxy/sys-map", "http://proxy/sys-map/sniff");
        check("http://me:hunter2@proxy", "http://proxy/sniff");
    }

    #[test]
    fn what_is_no_host_is_refused() {
        for host in [
            "",
            "http://",
            "ftp://host",
            "http://me:hunter2@[",
            "two words",
        ] {
            assert_eq!(url(host, &["sniff"]), None, "{host}");
        }
    }

    #[test]
    fn names_do_not_become_paths() {
        assert_eq!(
            url("http://map", &["a/b", "in?x#y z"]).as_deref(),
            Some("http://map/a%2Fb/in%3Fx%23y%20z")
        );
    }
}
