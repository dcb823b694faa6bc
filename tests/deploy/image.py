"""The container image without an engine: the program as deploy/container/Containerfile builds it, run with
what the image has and nothing else: a root that cannot be written, user 65532, and what an engine mounts.

python3 tests/deploy/image.py [BINARY]: builds in a clean copy, which takes a release build, or takes a binary
that was built so. Needs root for the mounts. Not a part of tests/run.
"""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

CONTAINERFILE = "deploy/container/Containerfile"
USER = 65532
# The devices that every engine gives a container (OCI runtime specification). A static program has its random
# numbers from one of them.
DEVICES = ["null", "zero", "full", "random", "urandom", "tty"]
CONFIG = """
listen = "127.0.0.1:0"
[[clients]]
name = "hospital-ehr"
jwt = { issuer = "https://ehr.invalid", jwks-url = "https://ehr.invalid/jwks.json" }
"""


def build(folder):
    """As the first stage does, from what is committed."""
    text = pathlib.Path(CONTAINERFILE).read_text()
    flags = re.search(r'^ENV RUSTFLAGS="(.*)"$', text, re.M).group(1)
    command = re.search(r"^RUN (cargo build .*?) *\\$", text, re.M).group(1)
    target = re.search(r"--target (\S+)", command).group(1)
    source = folder / "source"
    subprocess.run(["git", "clone", "--quiet", ".", source], check=True)
    print(f"RUSTFLAGS={flags!r} {command}", flush=True)
    environment = os.environ | {"RUSTFLAGS": flags}
    subprocess.run(command.split(), cwd=source, env=environment, check=True)
    return source / "target" / target / "release" / "sid-cds"


def image(folder, binary):
    """What the last stage copies, and what an engine mounts."""
    root = folder / "root"
    for path in ["etc/ssl/certs", "etc/sid-cds", "var/lib/sid-cds", "proc", "dev"]:
        (root / path).mkdir(parents=True)
    shutil.copy(binary, root / "sid-cds")
    shutil.copy("/etc/ssl/certs/ca-certificates.crt", root / "etc/ssl/certs")
    for name in ["hosts", "resolv.conf"]:
        shutil.copy(f"/etc/{name}", root / "etc")
    (root / "etc/sid-cds/config.toml").write_text(CONFIG)
    for name in DEVICES:
        (root / "dev" / name).touch()
    os.chown(root / "var/lib/sid-cds", USER, USER)
    return root


def enter(root, arguments):
    """In mounts of its own: becomes the program in the image."""

    def mount(*what):
        subprocess.run(["mount", *what], check=True)

    mount("--make-rprivate", "/")
    mount("--bind", root, root)
    mount("--options", "remount,bind,ro", root)
    owner = f"uid={USER},gid={USER},mode=700"
    mount("--types", "tmpfs", "--options", owner, "none", f"{root}/var/lib/sid-cds")
    for name in DEVICES:
        mount("--bind", f"/dev/{name}", f"{root}/dev/{name}")
    os.chroot(root)
    os.chdir("/var/lib/sid-cds")
    os.setgroups([])
    os.setgid(USER)
    os.setuid(USER)
    os.execve("/sid-cds", ["/sid-cds", *arguments], {})


def inside(root, *arguments):
    command = ["unshare", "--mount", sys.executable, __file__, "--enter", root, *arguments]
    return subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def address(program):
    """Where it says that it listens."""
    said = []
    for line in program.stderr:
        said.append(line)
        found = re.search(r"listening address=(\S+)", line)
        if found:
            return found.group(1)
    raise SystemExit("it stopped: " + "".join(said))


def status(url):
    try:
        with urllib.request.urlopen(url) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, None


def main():
    if sys.argv[1:2] == ["--enter"]:
        enter(sys.argv[2], sys.argv[3:])
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        binary = pathlib.Path(sys.argv[1]) if sys.argv[1:] else build(folder)
        loaded = subprocess.run(["ldd", binary], capture_output=True, text=True)
        linking = (loaded.stderr or loaded.stdout).strip()
        # The second where it can be loaded at any address.
        assert linking in ["not a dynamic executable", "statically linked"], linking
        print(f"{binary.stat().st_size / 2**20:.1f} MiB, {linking}")
        root = image(folder, binary)

        # The entry point of the image, with its default arguments.
        service = inside(root, "serve", "--config", "/etc/sid-cds/config.toml")
        try:
            base = f"http://{address(service)}"
            ready, body = status(f"{base}/health/ready")
            assert (ready, body["store"]) == (200, "up"), (ready, body)
            assert status(f"{base}/cds-services")[0] == 401
            maps = pathlib.Path(f"/proc/{service.pid}/maps").read_text()
            assert ".so" not in maps, maps
            memory = pathlib.Path(f"/proc/{service.pid}/status").read_text()
            print("resident", re.search(r"VmRSS:\s+(.*)", memory).group(1))
        finally:
            service.send_signal(signal.SIGTERM)
            _, log = service.communicate()
        assert service.returncode == 0, (service.returncode, log)
        # The name that nobody has was looked up, by the name servers that are mounted.
        assert "could not be renewed" in log, log

        # A name is found by the file that an engine mounts; the doctor calls every hook.
        demo = inside(root, "demo", "--port", "0")
        try:
            port = address(demo).rsplit(":", 1)[1]
            doctor = inside(root, "doctor", "--base", f"http://localhost:{port}")
            report, wrong = doctor.communicate()
            assert doctor.returncode == 0, report + wrong
        finally:
            demo.send_signal(signal.SIGTERM)
            demo.communicate()
        assert demo.returncode == 0
    print("image: it runs with what the image has")


if __name__ == "__main__":
    main()
