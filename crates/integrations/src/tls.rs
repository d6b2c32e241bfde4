//! TLS by rustls with ring and the system's certificates, as the database's connections have it.

use std::sync::Arc;

use reqwest::ClientBuilder;
use rustls::crypto::ring::default_provider;
use rustls::{ClientConfig, RootCertStore};

use crate::http::SetupError;

/// Gives the client its TLS. The library's own choice of ciphers would be another stack.
pub(crate) fn with_tls(builder: ClientBuilder) -> Result<ClientBuilder, SetupError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|_| SetupError)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(builder.tls_backend_preconfigured(config))
}
