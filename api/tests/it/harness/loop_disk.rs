//! A disk of the tests' own, that can be full or lose its power: ext4 on a loop device. It takes root.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// `EXT4_IOC_SHUTDOWN` with `EXT4_GOING_FLAGS_NOLOGFLUSH`: from now on nothing reaches the disk, and the log is not flushed
/// before, as when the power fails.
const SHUT_DOWN: &str = "
import fcntl, os, struct, sys
directory = os.open(sys.argv[1], os.O_RDONLY)
print(flush=True)
sys.stdin.readline()
fcntl.ioctl(directory, 0x8004587d, struct.pack('I', 2))
";

/// A hand on the switch of a disk's power.
pub(crate) struct PowerSwitch(Child);

impl PowerSwitch {
    /// The power fails.
    #[track_caller]
    pub(crate) fn cut(mut self) {
        let mut hand = self.0.stdin.take().expect("stdin is piped");
        hand.write_all(b"\n").expect("the hand is there");
        assert!(self.0.wait().expect("it ends").success(), "the file system can be shut down");
    }
}

/// A mounted ext4 image; unmounted and deleted with its owner.
pub(crate) struct LoopDisk {
    place: TempDir,
}

impl LoopDisk {
    /// A new disk; none where loop devices cannot be mounted, which one line says. `BOXOFFICE_REQUIRE_LOOP=1` forbids that.
    #[track_caller]
    pub(crate) fn new(test: &str, megabytes: u64) -> Option<Self> {
        match Self::mounted(megabytes) {
            Ok(disk) => Some(disk),
            Err(reason) => {
                let is_required = std::env::var("BOXOFFICE_REQUIRE_LOOP").is_ok_and(|value| value == "1");
                assert!(!is_required, "{test} must not be skipped here: {reason}");
                // Past the capture of the test runner: a test that did not run must not look as if it had.
                let _ =
                    writeln!(std::io::stderr(), "skipped: {test}, no loop device can be mounted: {reason}");
                None
            }
        }
    }

    fn mounted(megabytes: u64) -> Result<Self, String> {
        let place = tempfile::tempdir().map_err(|error| error.to_string())?;
        let disk = Self { place };
        std::fs::create_dir(disk.root()).map_err(|error| error.to_string())?;
        let image = std::fs::File::create(disk.image()).map_err(|error| error.to_string())?;
        image.set_len(megabytes << 20).map_err(|error| error.to_string())?;
        // No blocks are kept back for root: full is full.
        run(Command::new("mkfs.ext4").args(["-q", "-F", "-m", "0"]).arg(disk.image()))?;
        run(Command::new("python3").args(["-c", "import fcntl"]))?;
        disk.mount()?;
        Ok(disk)
    }

    /// Where the disk is mounted.
    pub(crate) fn root(&self) -> PathBuf {
        self.place.path().join("mounted")
    }

    fn image(&self) -> PathBuf {
        self.place.path().join("image")
    }

    fn mount(&self) -> Result<(), String> {
        run(Command::new("mount").args(["-o", "loop"]).arg(self.image()).arg(self.root()))
    }

    /// Puts a hand on the switch, so that the power fails at once when it is time.
    #[track_caller]
    pub(crate) fn switch(&self) -> PowerSwitch {
        let mut python = Command::new("python3");
        python.args(["-c", SHUT_DOWN]).arg(self.root()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut hand = python.spawn().expect("python3 is there, the mount has shown it");
        let mut ready = String::new();
        BufReader::new(hand.stdout.take().expect("stdout is piped"))
            .read_line(&mut ready)
            .expect("it says that it is ready");
        PowerSwitch(hand)
    }

    /// The power fails.
    #[track_caller]
    pub(crate) fn loses_power(&self) {
        self.switch().cut();
    }

    /// The power is back: the disk as the log left it. Nothing may use it any more.
    #[track_caller]
    pub(crate) fn comes_back(&self) {
        run(Command::new("umount").arg(self.root())).expect("nothing uses the disk");
        self.mount().expect("the disk can be mounted again");
    }

    /// Writes a file until the disk has no room left, and says where it is.
    #[track_caller]
    pub(crate) fn fills(&self) -> PathBuf {
        let filler = self.root().join("filler");
        let mut file = std::fs::File::create(&filler).expect("a filler can be made");
        for size in [1 << 20, 4096] {
            let block = vec![0xAA; size];
            while file.write_all(&block).is_ok() {}
        }
        filler
    }
}

impl Drop for LoopDisk {
    fn drop(&mut self) {
        let root = self.root();
        if is_mount_point(&root) && run(Command::new("umount").arg(&root)).is_err() {
            // A process that is being killed may still hold it: it goes with the last one.
            let _ = run(Command::new("umount").arg("-l").arg(&root));
        }
    }
}

fn is_mount_point(path: &Path) -> bool {
    let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    mounts.lines().any(|line| line.split(' ').nth(1) == path.to_str())
}

/// Runs a command; an error is what it said.
fn run(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("{command:?}: {}", said.trim().replace('\n', " ")))
}
