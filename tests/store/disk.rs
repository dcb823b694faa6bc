//! A small file system that really gets full, mounted where only the processes that use it see it.

use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use super::folder::Folder;

/// How it can be mounted on this machine.
#[derive(Debug, Clone, Copy)]
enum Way {
    /// By root, in a mount namespace.
    Root,
    /// By anyone, in a user namespace.
    Anyone,
}

/// A command that runs what is added to it where `at` is a file system of its own of so many bytes, as
/// this user and group where that is to be another than the test's.
///
/// # Panics
///
/// Where nothing can be mounted: a full disk is then not tested, which must not go unseen.
pub fn small_disk(at: &Path, bytes: u32, user: Option<(u32, u32)>) -> Command {
    static WAY: OnceLock<Way> = OnceLock::new();
    fs::create_dir_all(at).unwrap();
    command(*WAY.get_or_init(way), at, bytes, user)
}

fn way() -> Way {
    let mut failures = String::new();
    for way in [Way::Root, Way::Anyone] {
        let folder = Folder::new();
        let tried = command(way, folder.path(), 1_000_000, None)
            .arg("true")
            .output()
            .unwrap();
        if tried.status.success() {
            return way;
        }
        failures += &String::from_utf8_lossy(&tried.stderr);
    }
    panic!(
        "No small file system can be mounted here, so that a full disk cannot be tested. It takes root \
         with the right to mount, or a kernel that gives every user a namespace of their own \
         (user.max_user_namespaces above 0, and in a container a seccomp profile that lets `unshare` \
         through):\n{failures}"
    );
}

fn command(way: Way, at: &Path, bytes: u32, user: Option<(u32, u32)>) -> Command {
    let me = fs::metadata("/proc/self").unwrap();
    let (uid, gid) = user.unwrap_or((me.uid(), me.gid()));
    let numbers = |how: [&str; 2]| [format!("{}{uid}", how[0]), format!("{}{gid}", how[1])];
    let switch = |command: &mut Command| {
        command
            .arg("setpriv")
            .args(numbers(["--reuid=", "--regid="]))
            .arg("--clear-groups");
    };
    let mount = "mount -t tmpfs -o \"$1\" small \"$0\" || exit; shift; exec \"$@\"";
    let mut command = Command::new("env");
    match way {
        Way::Root => {
            command
                .args(["unshare", "--mount", "sh", "-c", mount])
                .arg(at);
            command.arg(format!("size={bytes},mode=0755,uid={uid},gid={gid}"));
            if user.is_some() {
                switch(&mut command);
            }
        }
        Way::Anyone => {
            if user.is_some() {
                switch(&mut command);
            }
            command
                .args([
                    "unshare",
                    "--user",
                    "--map-root-user",
                    "--mount",
                    "sh",
                    "-c",
                    mount,
                ])
                .arg(at)
                .arg(format!("size={bytes},mode=0755"));
            // Who mounts is root there; what runs is itself again.
            if uid != 0 {
                command
                    .args(["unshare", "--user"])
                    .args(numbers(["--map-user=", "--map-group="]));
            }
        }
    }
    command
}

/// Where a file of the small file system is seen from outside, while this process runs in it.
pub fn seen_from_outside(process: u32, file: &Path) -> PathBuf {
    Path::new(&format!("/proc/{process}/root")).join(file.strip_prefix("/").unwrap())
}
