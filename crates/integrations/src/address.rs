//! Where an outside system is: a base address that personal data may be sent to.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use reqwest::Url;

/// A base address: `https`, or `http` on this machine, since what is said to the systems names people.
/// Without user, password, query or fragment; paths are appended to it.
#[derive(Clone, PartialEq, Eq)]
pub struct Address(Url);

/// Why an address is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// No web address.
    #[error("write an address such as https://register.example.go.id/api")]
    Shape,
    /// Carries a user, a password, a query or a fragment.
    #[error(
        "write the address alone, without user, password, `?` and `#`; a token belongs in a file"
    )]
    Extra,
    /// Unencrypted, to another machine.
    #[error(
        "use https: an unencrypted address is allowed on this machine only, such as http://127.0.0.1:8090"
    )]
    Unencrypted,
    /// This build has no TLS.
    #[error("this build has no TLS; build it with the feature `tls`, which is on by default")]
    NoTls,
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let url = Url::parse(text).map_err(|_| AddressError::Shape)?;
        let host = url.host_str().ok_or(AddressError::Shape)?;
        let has_extra = !url.username().is_empty()
            || url.password().is_some()
            || url.query().is_some()
            || url.fragment().is_some();
        if has_extra {
            return Err(AddressError::Extra);
        }
        match url.scheme() {
            "https" if cfg!(feature = "tls") => Ok(Self(url)),
            "https" => Err(AddressError::NoTls),
            "http" if is_here(host) => Ok(Self(url)),
            "http" => Err(AddressError::Unencrypted),
            _ => Err(AddressError::Shape),
        }
    }
}

/// True for this machine.
pub(crate) fn is_here(host: &str) -> bool {
    let number = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || number.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

impl Address {
    /// The address of a path below this one, written without a leading slash.
    pub(crate) fn join(&self, path: &str) -> Url {
        let mut url = self.0.clone();
        let base = url.path().trim_end_matches('/');
        let whole = format!("{base}/{path}");
        url.set_path(&whole);
        url
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Addresses that are taken and refused, each with its reason.
    #[test]
    fn addresses() {
        for text in ["http://127.0.0.1:8090", "http://localhost/api/", "http://[::1]:1/a"] {
            assert!(text.parse::<Address>().is_ok(), "{text}");
        }
        let https = if cfg!(feature = "tls") { None } else { Some(AddressError::NoTls) };
        for (text, refusal) in [
            ("https://register.example.go.id/api", https),
            ("register.example.go.id", Some(AddressError::Shape)),
            ("ftp://127.0.0.1/", Some(AddressError::Shape)),
            ("http://register.example.go.id", Some(AddressError::Unencrypted)),
            ("http://127.0.0.1.example.id", Some(AddressError::Unencrypted)),
            ("http://siti@127.0.0.1", Some(AddressError::Extra)),
            ("http://127.0.0.1/?token=1", Some(AddressError::Extra)),
        ] {
            assert_eq!(text.parse::<Address>().err(), refusal, "{text}");
        }
    }

    /// Paths are appended, whether or not the base ends in a slash.
    #[test]
    fn paths() {
        for base in ["http://127.0.0.1:9/api", "http://127.0.0.1:9/api/"] {
            let address: Address = base.parse().expect("an address");
            assert_eq!(
                address.join("population/check").as_str(),
                "http://127.0.0.1:9/api/population/check"
            );
        }
    }
}
