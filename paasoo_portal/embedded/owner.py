"""The system account the services run as when we are root (PostgreSQL refuses to run as root).

No folder is ever opened up for it: what it cannot reach (a checkout or a venv below a private home) is kept, or
copied, under /var/lib/paasoo-portal, with a link from the state folder.
"""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from paasoo_portal.embedded import processes
from paasoo_portal.embedded.errors import EmbeddedError
from paasoo_portal.embedded.paths import Paths, key_of

ACCOUNT = "paasoo-embedded"
PRIVATE = Path("/var/lib/paasoo-portal")


@dataclass(frozen=True)
class Owner:
    """A system account; None instead of an Owner means "whoever we are"."""

    name: str
    uid: int
    gid: int


def owner_of(paths: Paths) -> Owner | None:
    """Who runs the services of these paths: the owner of data that is there, else the system account."""
    if os.geteuid() != 0:
        return None
    for folder in (paths.postgres_data, paths.valkey_data):
        if folder.exists() and folder.stat().st_uid != 0:
            return _entry(folder.stat().st_uid, folder)
    return _system_account()


def _entry(uid: int, folder: Path) -> Owner:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        raise EmbeddedError(
            f"{folder} belongs to user id {uid}, which has no account here. Run as that user, or set PAASOO_VAR."
        ) from None
    return Owner(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _system_account() -> Owner:
    try:
        entry = pwd.getpwnam(ACCOUNT)
    except KeyError:
        _make_account()
        entry = pwd.getpwnam(ACCOUNT)
    return Owner(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _make_account() -> None:
    shell = ["-s", "/bin/false"]
    makers = [
        ["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent", *shell],
        ["adduser", "-S", "-D", "-H", "-h", "/nonexistent", *shell],
    ]
    for maker in makers:
        program = shutil.which(maker[0], path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
        if program:
            done = subprocess.run([program, *maker[1:], ACCOUNT], capture_output=True, text=True, check=False)
            if done.returncode == 0 or _exists():
                return
    raise EmbeddedError(
        f"PostgreSQL does not run as root, and the system account {ACCOUNT} could not be made. "
        "Make it by hand, or run as an ordinary user."
    )


def _exists() -> bool:
    try:
        pwd.getpwnam(ACCOUNT)
    except KeyError:
        return False
    return True


def may(owner: Owner, path: Path, wanted: int = 1) -> bool:
    """Whether the account may use `path` (1 enter or execute, 4 read), judged by the mode bits alone."""
    found = path.stat()
    if found.st_uid == owner.uid:
        return bool(found.st_mode >> 6 & wanted == wanted)
    if found.st_gid == owner.gid:
        return bool(found.st_mode >> 3 & wanted == wanted)
    return bool(found.st_mode & wanted == wanted)


def reaches(owner: Owner | None, folder: Path) -> bool:
    """Whether the account may enter every folder on the way to `folder`, itself included when it exists."""
    if owner is None:
        return True
    real = folder.resolve()
    return all(may(owner, step) for step in [real, *real.parents] if step.exists())


def make_state(paths: Paths) -> None:
    """The state folder: closed to others; as root it may be passed through, since its contents are closed."""
    paths.var.mkdir(parents=True, exist_ok=True, mode=0o711 if os.geteuid() == 0 else 0o700)


def make_private(paths: Paths, folder: Path, owner: Owner | None) -> Path:
    """Make `folder` (0700, the owner's) or, if the owner cannot reach it, a private one with a link to it.

    Returns the real folder.
    """
    kept_apart = PRIVATE / key_of(paths.var) / folder.name
    if folder.is_symlink():
        if folder.readlink() != kept_apart:
            raise EmbeddedError(
                f"{folder} is a link to another checkout's data. Remove the link and start again."
            )
    elif not folder.exists() and not reaches(owner, folder.parent):
        _forget(kept_apart)
        folder.symlink_to(kept_apart)
    if folder.is_symlink():
        _make_apart(kept_apart.parent)
        folder = kept_apart
    folder.mkdir(mode=0o700, exist_ok=True)
    _own(folder, owner)
    return folder


def remove_private(paths: Paths) -> None:
    """Delete what is kept apart for a state folder; its services must have stopped."""
    if os.geteuid() == 0:
        for folder in (paths.postgres_data, paths.valkey_data, paths.socket_dir):
            _forget(PRIVATE / key_of(paths.var) / folder.name)
        shutil.rmtree(PRIVATE / key_of(paths.var), ignore_errors=True)


def _forget(kept_apart: Path) -> None:
    """Whoever deleted the link deleted the data: a new state folder begins empty."""
    for name in ("postmaster.pid", "valkey.pid"):
        try:
            pid = int((kept_apart / name).read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            continue
        if processes.works_in(pid, kept_apart):
            raise EmbeddedError(
                f"A server (pid {pid}) still works on the deleted {kept_apart}. Stop it: kill {pid}"
            )
    shutil.rmtree(kept_apart, ignore_errors=True)


def _make_apart(folder: Path) -> None:
    PRIVATE.mkdir(parents=True, exist_ok=True)
    PRIVATE.chmod(0o711)
    folder.mkdir(exist_ok=True)
    folder.chmod(0o711)


def _own(folder: Path, owner: Owner | None) -> None:
    found = folder.lstat()
    wanted = os.geteuid() if owner is None else owner.uid
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {wanted, os.geteuid()}:
        raise EmbeddedError(
            f"{folder} is not ours: it belongs to user id {found.st_uid}. Remove it, or set PAASOO_VAR."
        )
    if owner is not None and found.st_uid != owner.uid:
        for path in [folder, *folder.rglob("*")]:
            os.chown(path, owner.uid, owner.gid, follow_symlinks=False)
    if stat.S_IMODE(found.st_mode) != 0o700:
        folder.chmod(0o700)


def usable_programs(owner: Owner | None, root: Path, parts: list[str], label: str, probe: str) -> Path:
    """The folder that holds `parts` of `root` such that the owner may run `probe` in it; a copy if need be."""
    program = root / probe
    if owner is None or (reaches(owner, program.parent) and may(owner, program, 5)):
        return root
    copy = PRIVATE / "programs" / label
    if not copy.exists():
        _make_apart(copy.parent)
        fresh = Path(tempfile.mkdtemp(dir=copy.parent, prefix=f"{label}."))
        for part in parts:
            shutil.copytree(root / part, fresh / part, symlinks=True)
        for path in [fresh, *fresh.rglob("*")]:
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        try:
            fresh.rename(copy)
        except OSError:
            shutil.rmtree(fresh)
    return copy
