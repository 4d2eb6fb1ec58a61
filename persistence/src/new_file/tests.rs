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

#[test]
fn a_file_whose_directory_is_moved_while_it_is_written_gets_no_name_where_that_was() {
    for other_has_one_as_well in [false, true] {
        let home = tempfile::tempdir().unwrap();
        let [dir, aside] = ["dir", "aside"].map(|name| home.path().join(name));
        fs::create_dir(&dir).unwrap();
        let mut file = NewFile::create(&dir.join("file")).unwrap();
        file.append(b"content").unwrap();
        fs::rename(&dir, &aside).unwrap();
        fs::create_dir(&dir).unwrap();
        if other_has_one_as_well {
            fs::write(dir.join("file.new"), b"of others").unwrap();
        }
        let refused = file.keep().unwrap_err().to_string();
        assert!(refused.contains("cannot find"), "{refused}");
        assert!(!dir.join("file").exists() && !aside.join("file").exists());
    }
}
