//! Names of segments: `<first generation>-<last generation>`, ten digits each.

use std::path::{Path, PathBuf};

const DIGITS: usize = 10;

pub(crate) fn path(dir: &Path, first: u64, last: u64) -> PathBuf {
    dir.join(format!("{first:010}-{last:010}"))
}

/// The generations that a name tells of, if it is a segment's.
pub(crate) fn generations(name: &str) -> Option<(u64, u64)> {
    let (first, last) = name.split_once('-')?;
    let number = |digits: &str| {
        let plain = digits.len() == DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit());
        if plain { digits.parse::<u64>().ok() } else { None }
    };
    Some((number(first)?, number(last)?)).filter(|(first, last)| first <= last)
}
