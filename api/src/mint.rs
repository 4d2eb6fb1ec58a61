//! How an access token is written: whoever holds the secret, the box office or a load test, writes it the same way.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::errors::Error;
use jsonwebtoken::{Algorithm, EncodingKey};

/// The issuer and the audience of every token.
pub const BOXOFFICE: &str = "boxoffice";

/// Writes access tokens with one secret.
#[derive(Debug)]
pub struct Mint {
    signing: EncodingKey,
    kid: String,
    /// The header of every token, encoded.
    header: String,
}

impl Mint {
    /// Tokens of this secret.
    pub fn new(secret: &[u8]) -> Self {
        let kid = kid_of(secret);
        let header = serde_json::json!({ "typ": "JWT", "alg": "HS256", "kid": kid }).to_string();
        Self { signing: EncodingKey::from_secret(secret), header: URL_SAFE_NO_PAD.encode(header), kid }
    }

    /// The name of the secret in the tokens' headers.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The encoded header of every token.
    pub fn header(&self) -> &str {
        &self.header
    }

    /// A token for `subject`, whose `role` is a word of the contract. The times are seconds since the Unix epoch.
    ///
    /// # Errors
    /// When the crypto library refuses to sign.
    pub fn token(&self, subject: &str, role: &str, issued_at: i64, expires_at: i64) -> Result<String, Error> {
        let claims = serde_json::json!({
            "sub": subject, "role": role, "iss": BOXOFFICE, "aud": BOXOFFICE,
            "iat": issued_at, "exp": expires_at, "jti": uuid::Uuid::new_v4().simple().to_string(),
        });
        let message = format!("{}.{}", self.header, URL_SAFE_NO_PAD.encode(claims.to_string()));
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &self.signing, Algorithm::HS256)?;
        Ok(format!("{message}.{signature}"))
    }
}

/// The name of a secret: says which one it is, and nothing about it.
fn kid_of(secret: &[u8]) -> String {
    const KID_BYTES: usize = 8;
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &[b"boxoffice kid", secret].concat());
    URL_SAFE_NO_PAD.encode(&hash.as_ref()[..KID_BYTES])
}
