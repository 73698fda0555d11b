"""Runs a command that ends when its parent ends, even if the parent is killed outright.

`python lifeline.py <pid of the parent> <command> …` asks Linux for SIGTERM at the parent's death
and then becomes the command: the request survives `exec` (prctl(2), PR_SET_PDEATHSIG), so that the
command itself needs to know nothing.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Tie this process to its parent and become the command."""
    parent, command = int(sys.argv[1]), sys.argv[2:]
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    if os.getppid() != parent:  # it died before the request was made
        sys.exit(1)
    os.execv(command[0], command)  # noqa: S606 -- becoming the given command is the purpose


if __name__ == "__main__":
    main()
