//! Bytes in the form in which golden files hold them.

/// The digits of some bytes.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

/// Holds bytes against the text of a golden file.
pub(crate) fn check(bytes: &[u8], golden: &str) {
    assert_eq!(
        hex(bytes),
        golden.trim_end(),
        "these bytes lie in stores: a change needs a new version, and this one must stay readable"
    );
}
