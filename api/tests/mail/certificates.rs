//! Certificates for a mail server, from an authority that nobody else trusts.

use std::path::PathBuf;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tempfile::TempDir;

/// An authority and a server's certificate from it, as files.
pub(crate) struct Certificates {
    place: TempDir,
}

impl Certificates {
    /// The server's name is this one, and no other.
    pub(crate) fn of(name: &str) -> Self {
        let place = tempfile::tempdir().expect("a temporary directory");
        let mut authority = CertificateParams::default();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().expect("a key"))
            .expect("a certificate");
        let key = KeyPair::generate().expect("a key");
        let server = CertificateParams::new([name.to_owned()])
            .and_then(|server| server.signed_by(&key, &authority))
            .expect("a certificate");
        std::fs::write(place.path().join("authority.pem"), authority.pem()).expect("a file");
        std::fs::write(place.path().join("server.pem"), server.pem() + &key.serialize_pem()).expect("a file");
        Self { place }
    }

    /// Who vouches for the server.
    pub(crate) fn authority(&self) -> PathBuf {
        self.place.path().join("authority.pem")
    }

    /// The server's certificate and key.
    pub(crate) fn server(&self) -> PathBuf {
        self.place.path().join("server.pem")
    }
}
