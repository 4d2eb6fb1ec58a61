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

/// The bytes that a golden file holds.
pub(crate) fn bytes(golden: &str) -> Vec<u8> {
    let byte =
        |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).expect("digits"), 16).expect("digits");
    golden.trim_end().as_bytes().chunks(2).map(byte).collect()
}
