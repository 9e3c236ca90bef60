//! A certificate authority of a test's own.
//!
//! It refuses to know who believes it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// An authority, with its certificate in a file.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    file: PathBuf,
}

impl Authority {
    /// A new one, whose certificate lies in `folder`.
    ///
    /// # Errors
    /// The disk's.
    pub fn new(folder: &Path) -> anyhow::Result<Self> {
        let (mut is, key) = (CertificateParams::default(), KeyPair::generate()?);
        is.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let file = folder.join("ca.pem");
        std::fs::write(&file, is.self_signed(&key)?.pem())?;
        Ok(Self { issuer: Issuer::new(is, key), file })
    }

    /// Its certificate.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// What a server with a good certificate of this name shakes hands with.
    ///
    /// # Errors
    /// The name is none.
    pub fn acceptor(&self, name: &str) -> anyhow::Result<TlsAcceptor> {
        let key = KeyPair::generate()?;
        let certificate =
            CertificateParams::new([name.to_owned()])?.signed_by(&key, &self.issuer)?;
        let key = PrivateKeyDer::try_from(key.serialize_der()).map_err(anyhow::Error::msg)?;
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)?;
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}
