use super::*;

/// Operations that writing these parts takes, each followed by nothing.
fn operations(parts: &[usize]) -> u32 {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file");
    let bytes: Vec<u8> = (0..=250).cycle().take(parts.iter().sum()).collect();
    let write = || {
        let mut file = NewFile::create(&path)?;
        let mut rest = &bytes[..];
        for part in parts {
            let (now, later) = rest.split_at(*part);
            file.append(now)?;
            rest = later;
        }
        file.keep()
    };
    let needed = (0..100).find(|operations| crash::after(*operations, write).is_ok()).unwrap();
    assert_eq!(fs::read(&path).unwrap(), bytes);
    needed
}

#[test]
fn a_long_file_is_synced_while_it_is_written() {
    let short = operations(&[1]);
    assert_eq!(operations(&[SYNC_BYTES - 1]), short);
    assert_eq!(operations(&[SYNC_BYTES]), short + 1);
    assert_eq!(operations(&[2 * SYNC_BYTES + 1]), short + 2, "one piece that is long");
    assert_eq!(operations(&[SYNC_BYTES / 2; 3]), short + 2 + 1, "three pieces");
}
