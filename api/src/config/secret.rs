//! Secrets: read from files, made once, never shown.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::auth::tokens::SECRET_BYTES_MIN;

/// Where a generated secret is kept, in the data directory.
pub const JWT_SECRET_FILE_NAME: &str = "jwt-secret";

/// A text that is not for anybody's eyes; `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Hides a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Reads a secret from a file; a line's end after it is no part of it.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn from_file(path: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
        Ok(Self(text.trim_end_matches(['\n', '\r']).to_owned()))
    }

    /// The text itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// Checks that a secret for tokens is long enough.
pub(super) fn check_length(secret: &Secret, place: &str) -> Result<(), String> {
    let bytes = secret.0.len();
    if bytes >= SECRET_BYTES_MIN {
        return Ok(());
    }
    Err(format!(
        "{place} must have at least {SECRET_BYTES_MIN} bytes, has {bytes} (hint: openssl rand -base64 32)"
    ))
}

/// The secret that is kept in the data directory; it is made, readable for its owner only, when there is none.
pub(super) fn kept(data_dir: &Path) -> Result<Secret, String> {
    let path = data_dir.join(JWT_SECRET_FILE_NAME);
    let told = |error: io::Error| format!("{} cannot be kept: {error}", path.display());
    if !path.try_exists().map_err(told)? {
        std::fs::create_dir_all(data_dir).map_err(told)?;
        make(&path).map_err(told)?;
    }
    read(&path)
}

/// The secret that is kept in the data directory, if there is one.
pub(super) fn kept_if_any(data_dir: &Path) -> Result<Option<Secret>, String> {
    let path = data_dir.join(JWT_SECRET_FILE_NAME);
    let there = path.try_exists().map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
    there.then(|| read(&path)).transpose()
}

fn read(path: &Path) -> Result<Secret, String> {
    let secret = Secret::from_file(path)?;
    check_length(&secret, &path.display().to_string())?;
    Ok(secret)
}

/// Writes it under a temporary name first: a kill in the middle must not leave half a secret.
fn make(path: &Path) -> io::Result<()> {
    let mut bytes = [0; SECRET_BYTES_MIN];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| io::Error::other("the system has no randomness"))?;
    let unfinished = path.with_extension("new");
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
    file.write_all(URL_SAFE_NO_PAD.encode(bytes).as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&unfinished, path)?;
    // The new name is durable only once its directory is.
    match path.parent() {
        Some(directory) => File::open(directory)?.sync_all(),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn secret_is_made_once_and_for_its_owner_only() {
        let directory = tempfile::tempdir().unwrap();
        let data_dir = directory.path().join("data");
        assert_eq!(kept_if_any(&data_dir).unwrap(), None);
        let first = kept(&data_dir).unwrap();
        assert_eq!(kept_if_any(&data_dir).unwrap().as_ref(), Some(&first));
        assert!(first.reveal().len() >= SECRET_BYTES_MIN);
        assert_eq!(kept(&data_dir).unwrap(), first);
        let metadata = std::fs::metadata(data_dir.join(JWT_SECRET_FILE_NAME)).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
        assert_ne!(kept(&directory.path().join("other")).unwrap(), first);
        assert_eq!(format!("{first:?}"), "(secret)");
    }

    #[test]
    fn damaged_secret_is_refused_not_replaced() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join(JWT_SECRET_FILE_NAME), "short\n").unwrap();
        let refusal = kept(directory.path()).unwrap_err();
        assert!(refusal.contains("must have at least 32 bytes, has 5"), "{refusal}");
    }
}
