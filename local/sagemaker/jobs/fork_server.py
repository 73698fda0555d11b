"""A process that has the heavy libraries loaded and forks a copy of itself for each job.

Run by the jobs environment's interpreter: `-m local.sagemaker.jobs.fork_server <fd> <module> …`.
It imports nothing of this project that would need another library.

`<fd>` is a socket. Each message on it is one byte with file descriptors: a socket for this child
alone, the child's output, a file with its order as JSON, and, if it is to converse, a socket whose
number it finds in `WORKER_CHANNEL`. Over the child's socket the
server answers `{"pid": …}` and, when it ends, `{"exit": …}`. When the other end of the child's
socket closes, the child is killed; when `<fd>` closes, all are, and the server ends: nothing is
ever left behind.

No thread may run and no OpenMP region may have started before a fork: a forked OpenMP pool hangs.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import gc
import importlib
import json
import os
import runpy
import selectors
import signal
import socket
import sys
import threading
import traceback
import warnings
from pathlib import Path
from typing import Any, NoReturn

from local.sagemaker.jobs import namespaces

CHANNEL = "WORKER_CHANNEL"
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)


class ForkServer:
    """Forks children on request and tells how they ended."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._children: dict[int, socket.socket] = {}
        self._selector = selectors.DefaultSelector()
        self._wake_read, self._wake_write = socket.socketpair()

    def run(self) -> None:
        """Serve until the control socket closes."""
        for end in (self._wake_read, self._wake_write):
            end.setblocking(False)
        signal.set_wakeup_fd(self._wake_write.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(
            signal.SIGINT, signal.SIG_IGN
        )  # the terminal's Ctrl-C is the parent's to handle
        self._selector.register(self._control, selectors.EVENT_READ, None)
        self._selector.register(self._wake_read, selectors.EVENT_READ, None)
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is self._control:
                    if not self._fork_one():
                        self._kill_all()
                        return
                elif key.fileobj is self._wake_read:
                    self._wake_read.recv(4096)
                    self._reap()
                elif key.data in self._children:
                    self._abandoned(key.data)

    def _fork_one(self) -> bool:
        message, descriptors, _, _ = socket.recv_fds(self._control, 1, 4)
        if not message:
            return False
        own = socket.socket(fileno=descriptors[0])
        server = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._become(own, descriptors[1:], server)
        for descriptor in descriptors[1:]:
            os.close(descriptor)
        self._children[pid] = own
        self._selector.register(own, selectors.EVENT_READ, pid)
        _tell(own, {"pid": pid})
        return True

    def _become(self, own: socket.socket, descriptors: list[int], server: int) -> NoReturn:
        """Turn this fresh copy into the child; never returns."""
        code = 70  # EX_SOFTWARE: the child could not even start
        try:
            _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != server:
                os._exit(code)
            os.setsid()
            signal.set_wakeup_fd(-1)
            for number in (signal.SIGCHLD, signal.SIGTERM):
                signal.signal(number, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            for other in (own, self._control, self._wake_read, self._wake_write):
                other.close()
            for other in self._children.values():
                other.close()
            self._selector.close()
            with os.fdopen(descriptors[1], "rb") as file:
                request = json.loads(file.read())
            if len(descriptors) > 2:
                request["environment"][CHANNEL] = str(descriptors[2])
            _redirect(descriptors[0])
            code = perform(request)
        except BaseException:  # noqa: BLE001 -- a child must never fall back into the server's loop
            traceback.print_exc()
        finally:
            _leave(code)

    def _reap(self) -> None:
        while True:
            try:
                found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if found is None:
                return
            pid = found.si_pid
            _kill_group(pid)  # whatever the job left behind ends with it, as in a container
            _, status = os.waitpid(pid, 0)
            own = self._children.pop(pid, None)
            if own is not None:
                self._selector.unregister(own)
                _tell(own, {"exit": os.waitstatus_to_exitcode(status)})
                own.close()

    def _abandoned(self, pid: int) -> None:
        own = self._children.pop(pid)
        self._selector.unregister(own)
        own.close()
        _kill_group(pid)

    def _kill_all(self) -> None:
        for pid in self._children:
            _kill_group(pid)


def perform(request: dict[str, Any]) -> int:
    """Carry out an order in this process and return its exit code.

    Args:
        request: `environment`, `folder`, and one of `call` ("module:function"), `script` (a .py
            file or a zipapp), `module` (as `python -m`), `command` (any program); `arguments`;
            `opt_ml`, `hosts`, `isolated` (see `workers.Order`).
    """
    if request.get("isolated"):
        namespaces.leave_network()
    if request.get("opt_ml"):
        namespaces.show_opt_ml(request["opt_ml"], request.get("hosts", []))
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    arguments = list(request.get("arguments", []))
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed()  # or every job would draw the numbers of its siblings
    _limit_threads(os.environ.get("OMP_NUM_THREADS", ""))
    _find_own_packages(os.environ.get("SAGEMAKER_BASE_DIR", ""))
    if "command" in request:
        os.execvpe(request["command"], [request["command"], *arguments], os.environ)  # noqa: S606
    if "call" in request:
        module, _, name = request["call"].partition(":")
        return int(getattr(importlib.import_module(module), name)(arguments) or 0)
    return _run_python(request, arguments)


def _limit_threads(count: str) -> None:
    """Heed OMP_NUM_THREADS: the libraries read theirs before this job existed."""
    control = sys.modules.get("threadpoolctl")
    if control is not None and count.isdigit():
        control.threadpool_limits(int(count))


def _find_own_packages(base: str) -> None:
    """Let a job import what it installs by pip while it runs (see `programs.tools`)."""
    tool = Path(base, "bin", "python")
    if not base or not tool.is_file():
        return
    sys.executable = str(tool)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    packages = Path(base, "environment", "lib", version, "site-packages")
    packages.mkdir(parents=True, exist_ok=True)  # one that is missing now would never be looked at
    sys.path.append(str(packages))


def _run_python(request: dict[str, Any], arguments: list[str]) -> int:
    sys.path[:] = [path for path in sys.path if path not in ("", str(Path(__file__).parents[3]))]
    sys.path.extend(
        path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path not in sys.path
    )
    try:
        if "module" in request:
            sys.argv[:] = [request["module"], *arguments]
            sys.path.insert(0, str(Path.cwd()))
            runpy.run_module(request["module"], run_name="__main__", alter_sys=True)
        else:
            script = request["script"]
            sys.argv[:] = [script, *arguments]
            if script.endswith(".py"):
                sys.path.insert(0, str(Path(script).resolve().parent))
            runpy.run_path(script, run_name="__main__")
    except SystemExit as ending:
        if ending.code is None or isinstance(ending.code, int):
            return ending.code or 0
        print(ending.code, file=sys.stderr)
        return 1
    except BaseException:  # noqa: BLE001 -- what the interpreter itself does with a script
        traceback.print_exc()
        return 1
    return 0


def _redirect(output: int) -> None:
    os.dup2(output, 1)
    os.dup2(output, 2)
    if output > 2:
        os.close(output)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    sys.stdout = open(1, "w", buffering=1, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", buffering=1, encoding="utf-8", closefd=False)  # noqa: SIM115


def _leave(code: int) -> NoReturn:
    """End as an interpreter does, without the time it takes to tear down the loaded libraries."""
    with contextlib.suppress(BaseException):
        for thread in threading.enumerate():
            if thread is not threading.main_thread() and not thread.daemon:
                thread.join()
        atexit._run_exitfuncs()  # noqa: SLF001 -- os._exit below would skip them
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code if 0 <= code <= 255 else 1)


def _tell(own: socket.socket, message: dict[str, int]) -> None:
    with contextlib.suppress(OSError):
        own.sendall(json.dumps(message).encode() + b"\n")


def _kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def main() -> None:
    """Load the libraries, then serve."""
    control = socket.socket(fileno=int(sys.argv[1]))
    for module in sys.argv[2:]:
        importlib.import_module(module)
    # NumPy's and Arrow's idle threads are not missed: both start theirs anew after a fork.
    warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
    gc.collect()
    gc.freeze()  # keeps the collector from touching, and so copying, the shared pages
    ForkServer(control).run()


if __name__ == "__main__":
    main()
