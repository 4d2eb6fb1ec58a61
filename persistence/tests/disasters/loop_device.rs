//! A small disk of our own, to be filled or cut off from its power: ext4 in a file, on a loop device. Only root can have one.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// The switch of a disk's power.
pub(crate) struct PowerSwitch(Child);

impl PowerSwitch {
    /// Cuts the power: what the disk does not have by now, not even in its log, is lost.
    pub(crate) fn cut(mut self) {
        self.0.stdin.take().unwrap().write_all(b"\n").unwrap();
        assert!(self.0.wait().unwrap().success());
    }
}

/// A mounted disk; unmounted when it is dropped.
pub(crate) struct LoopDevice {
    temp: tempfile::TempDir,
}

impl LoopDevice {
    /// A new, empty disk of so many MiB. `None`, with a line that says so, where there can be none; with
    /// `BOXOFFICE_REQUIRE_LOOP=1` that is a failure.
    pub(crate) fn new(mebibytes: u64) -> Option<Self> {
        let required = std::env::var("BOXOFFICE_REQUIRE_LOOP").is_ok_and(|value| value == "1");
        match Self::try_new(mebibytes) {
            Ok(device) => Some(device),
            Err(why) if required => {
                panic!("BOXOFFICE_REQUIRE_LOOP is set, but there is no loop device: {why}")
            }
            Err(why) => {
                println!("skipped: there is no loop device here: {why}");
                None
            }
        }
    }

    fn try_new(mebibytes: u64) -> Result<Self, String> {
        if std::fs::metadata("/proc/self").map_err(|error| error.to_string())?.uid() != 0 {
            return Err("this is not root".to_owned());
        }
        let temp = tempfile::tempdir().map_err(|error| error.to_string())?;
        let device = Self { temp };
        let image = std::fs::File::create(device.image()).map_err(|error| error.to_string())?;
        image.set_len(mebibytes * 1024 * 1024).map_err(|error| error.to_string())?;
        run("mkfs.ext4", &["-q", "-F", "-m", "0"], &[&device.image()])?;
        std::fs::create_dir(device.path()).map_err(|error| error.to_string())?;
        device.mount()?;
        Ok(device)
    }

    fn image(&self) -> PathBuf {
        self.temp.path().join("image")
    }

    /// Where the disk is mounted.
    pub(crate) fn path(&self) -> PathBuf {
        self.temp.path().join("disk")
    }

    fn mount(&self) -> Result<(), String> {
        run("mount", &["-o", "loop"], &[&self.image(), &self.path()])
    }

    /// From now on nothing can be written there.
    pub(crate) fn make_read_only(&self) {
        run("mount", &["-o", "remount,ro"], &[&self.path()]).unwrap();
    }

    /// Puts a hand on the switch, so that the cut comes at once when it is time.
    pub(crate) fn switch(&self) -> PowerSwitch {
        // EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH; from here it would take unsafe code.
        let program = "import fcntl, os, struct, sys\n\
            disk = os.open(sys.argv[1], os.O_RDONLY)\n\
            print(flush=True)\n\
            sys.stdin.readline()\n\
            fcntl.ioctl(disk, 0x8004587d, struct.pack('I', 2))";
        let mut python = Command::new("python3");
        python.args(["-c", program]).arg(self.path()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut hand = python.spawn().unwrap();
        let mut ready = String::new();
        BufReader::new(hand.stdout.take().unwrap()).read_line(&mut ready).unwrap();
        PowerSwitch(hand)
    }

    /// Gives the power back.
    pub(crate) fn restart(&self) {
        run("umount", &[], &[&self.path()]).unwrap();
        self.mount().unwrap();
    }
}

impl Drop for LoopDevice {
    fn drop(&mut self) {
        // If that fails there is nothing more to be done; a disk that was never mounted is no failure.
        let _ = run("umount", &["-l"], &[&self.path()]);
    }
}

fn run(program: &str, options: &[&str], paths: &[&Path]) -> Result<(), String> {
    let output = Command::new(program)
        .args(options)
        .args(paths)
        .output()
        .map_err(|error| format!("{program}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{program}: {}", String::from_utf8_lossy(&output.stderr).trim()))
}
