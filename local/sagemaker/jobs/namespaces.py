"""Makes `/opt/ml` real for one process, and cuts one off from the network (Linux alone).

A process with a mount namespace of its own sees its job's folder as `/opt/ml`; everything else of
the machine stays as it is, and so does the machine: the namespace ends with the process
(mount_namespaces(7), network_namespaces(7)). Root may do so, others keep to the variables that tell
where the folder is. Needs the standard library alone.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import socket
import struct
import subprocess
import sys
from functools import cache
from pathlib import Path

_MS_BIND, _MS_REC, _MS_PRIVATE, _MNT_DETACH = 0x1000, 0x4000, 0x40000, 2
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 1
_LIBC = ctypes.CDLL(None, use_errno=True)
_OPT = Path("/opt")
_HOSTS = Path("/etc/hosts")


def show_opt_ml(base: str, hosts: list[str]) -> bool:
    """Let this process, and what it starts, see a folder as `/opt/ml`.

    Args:
        base: The folder.
        hosts: Names that shall be this machine's.

    Returns:
        Whether it worked. Where the system does not allow it, nothing has changed.
    """
    if not _OPT.is_dir() or Path(base).is_relative_to(_OPT / "ml"):
        return False
    try:
        os.unshare(os.CLONE_NEWNS)
        _mount("none", "/", "", _MS_REC | _MS_PRIVATE)
    except OSError:
        return False
    try:
        _cover_opt(base)
    except OSError:
        _LIBC.umount2(str(_OPT).encode(), _MNT_DETACH)
        return False
    with contextlib.suppress(OSError):  # an image without the file has no names either
        if hosts:
            _name_hosts(hosts)
    return True


def leave_network() -> None:
    """Leave this process a loopback of its own and nothing else; raises `OSError`."""
    os.unshare(os.CLONE_NEWNET)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sH14x", b"lo", 0)
        flags = struct.unpack("16sH14x", fcntl.ioctl(control, _SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(control, _SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", flags | _IFF_UP))


@cache
def can_leave_network() -> bool:
    """Tell whether processes of this machine's user may be cut off from the network."""
    command = [sys.executable, "-m", __name__]
    root = str(Path(__file__).resolve().parents[3])
    tried = subprocess.run(command, check=False, cwd=root, capture_output=True)
    return tried.returncode == 0


def _cover_opt(base: str) -> None:
    """Lay a folder of this process over `/opt`, with all that was there, and `ml`."""
    entries = sorted(path for path in _OPT.iterdir() if path.name != "ml")
    opened = {path: os.open(path, os.O_PATH | os.O_NOFOLLOW) for path in entries}
    links = {path: path.readlink() for path in entries if path.is_symlink()}
    folders = {path for path in entries if path.is_dir()}
    home = os.open(base, os.O_PATH)
    try:
        _mount("opt", str(_OPT), "tmpfs", 0)
        for path, descriptor in opened.items():
            if path in links:
                path.symlink_to(links[path])
                continue
            path.mkdir() if path in folders else path.touch()
            _mount(f"/proc/self/fd/{descriptor}", str(path), "", _MS_BIND | _MS_REC)
        (_OPT / "ml").mkdir()
        _mount(f"/proc/self/fd/{home}", str(_OPT / "ml"), "", _MS_BIND | _MS_REC)
    finally:
        for descriptor in (*opened.values(), home):
            os.close(descriptor)


def _name_hosts(hosts: list[str]) -> None:
    lines = [_HOSTS.read_text().rstrip("\n"), *(f"127.0.0.1 {name}" for name in hosts)]
    own = _OPT / ".hosts"
    own.write_text("\n".join(lines) + "\n")
    _mount(str(own), str(_HOSTS), "", _MS_BIND)


def _mount(source: str, target: str, kind: str, flags: int) -> None:
    done = _LIBC.mount(source.encode(), target.encode(), kind.encode() or None, flags, None)
    if done != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), target)


if __name__ == "__main__":
    leave_network()
