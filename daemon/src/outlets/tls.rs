//! TLS to an operator's address: whose certificates are believed, and in an operator's words why
//! one is not.
//!
//! It refuses to know what is said over it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::Resumption;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::{CertificateError, ClientConfig, Error, RootCertStore};

/// Largest file of certificates that is read, bytes: ten times what systems ship.
const LARGEST: u64 = 4 << 20;

/// Reads the certificates that are believed: a file's, or the system's.
///
/// # Errors
/// There are none, or they cannot be read; in an operator's words.
pub async fn connector(ca: Option<PathBuf>) -> Result<TlsConnector, String> {
    let reading = tokio::task::spawn_blocking(move || believing(roots(ca.as_deref())?));
    reading.await.unwrap_or_else(|_| Err("reading certificates failed unexpectedly".to_owned()))
}

fn believing(roots: RootCertStore) -> Result<TlsConnector, String> {
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    // A POST now and then: each shakes hands anew, and nothing is kept for the next.
    config.resumption = Resumption::disabled();
    Ok(TlsConnector::from(Arc::new(config)))
}

fn roots(ca: Option<&Path>) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    match ca {
        Some(path) => {
            let unusable = |why: &dyn std::fmt::Display| format!("{}: {why}", path.display());
            let file = std::fs::metadata(path).map_err(|error| unusable(&error))?;
            if !file.is_file() || file.len() > LARGEST {
                return Err(unusable(&"is no file of certificates"));
            }
            let found = CertificateDer::pem_file_iter(path).map_err(|error| unusable(&error))?;
            for one in found {
                let one = one.map_err(|error| unusable(&error))?;
                roots.add(one).map_err(|error| unusable(&error))?;
            }
            if roots.is_empty() {
                return Err(unusable(&"has no certificate in it (PEM)"));
            }
        }
        None => {
            let found = rustls_native_certs::load_native_certs();
            // Systems ship one or another that nobody can use; the others count.
            roots.add_parsable_certificates(found.certs);
            if roots.is_empty() {
                let why = "this system has no certificates to believe";
                return Err(format!("{why}: install ca-certificates, or name a file as `ca`"));
            }
        }
    }
    Ok(roots)
}

/// Why a handshake failed, if TLS was the reason; nothing where the connection was.
#[must_use]
pub fn refused(error: &std::io::Error) -> Option<String> {
    let error = error.get_ref()?.downcast_ref::<Error>()?;
    Some(match error {
        Error::InvalidCertificate(why) => format!("its certificate {}", disbelief(why)),
        Error::InvalidMessage(_) => "it speaks no TLS".to_owned(),
        other => format!("TLS: {other}"),
    })
}

fn disbelief(why: &CertificateError) -> String {
    match why {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "has expired".to_owned()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "is not valid yet".to_owned()
        }
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "is signed by nobody who is believed here (`ca` names a file of those who are)"
                .to_owned()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "is for another name".to_owned()
        }
        other => format!("is not believed: {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_holds_no_certificates_is_told_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.pem");
        let fault = || roots(Some(&path)).unwrap_err();
        assert!(fault().contains("ca.pem: No such file"), "{}", fault());
        std::fs::write(&path, "rubbish").unwrap();
        assert!(fault().contains("has no certificate in it"), "{}", fault());
        let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        std::fs::write(&path, broken).unwrap();
        assert!(fault().contains("ca.pem: "), "{}", fault());
        assert!(roots(Some(folder.path())).unwrap_err().contains("is no file of certificates"));
    }
}
