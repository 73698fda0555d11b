"""Real PostgreSQL and MariaDB servers from Debian's packages, on loopback, with Chinook in them.

Both refuse to run as root, so root starts them as the user that their package made. Their data is
in a folder of their own and goes with them; they are ended by process id.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

CHINOOK = Path(__file__).resolve().parents[2] / "shared" / "data" / "chinook"
PATIENCE_SECONDS = 60
USER, PASSWORD = "reader", "pa'ss\"w;rd&=1"  # pragma: allowlist secret


@dataclass
class Server:
    """A server under way.

    Attributes:
        kind: ``postgresql`` or ``mysql``, as in a JDBC address.
        port: on 127.0.0.1.
        database: the one that holds Chinook.
        user: of the connection, who may read.
        password: and write nothing.
    """

    kind: str
    port: int
    database: str
    client: list
    environment: dict
    user: str = USER
    password: str = PASSWORD

    @property
    def url(self):
        return f"jdbc:{self.kind}://127.0.0.1:{self.port}/{self.database}"

    def run(self, sql):
        """Run statements as the server's owner."""
        subprocess.run(
            self.client, input=sql.encode(), check=True, capture_output=True, env=self.environment
        )


def _program(name, *folders):
    """A server's program, where Debian puts it."""
    found = shutil.which(name, path=os.pathsep.join(map(str, (*folders, "/usr/sbin", "/usr/bin"))))
    return found or pytest.skip(f"{name} is missing: `make setup` installs it on Debian as root")


def _script(name):
    path = CHINOOK / name
    return path.read_text("utf-8") if path.exists() else pytest.skip(f"{path} is missing")


def _as(user):
    """The start of a command that runs as a user who is not root."""
    if os.getuid():
        return []
    return ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", "--"]


def _free_port():
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return door.getsockname()[1]


@contextlib.contextmanager
def _folder(user):
    """A folder that the server's user owns; pytest's own are closed to others."""
    folder = Path(tempfile.mkdtemp(prefix="baton-database-", dir="/tmp"))
    try:
        if not os.getuid():
            shutil.chown(folder, user, user)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _running(command, folder, port):
    """A server that answers on its port, ended with the block."""
    with (folder.parent / f"{folder.name}.log").open("wb") as log:
        child = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
    try:
        deadline, pause = time.monotonic() + PATIENCE_SECONDS, threading.Event()
        while not _answers(port):
            said = Path(log.name).read_text(errors="replace")[-2000:]
            assert child.poll() is None, said
            assert time.monotonic() < deadline, said
            pause.wait(0.05)
        yield child
    finally:
        child.send_signal(signal.SIGTERM)
        child.wait(PATIENCE_SECONDS)
        Path(log.name).unlink()


def _answers(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def _quietly(command):
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd="/tmp")
    assert done.returncode == 0, done.stdout + done.stderr


@contextlib.contextmanager
def running_postgres():
    """PostgreSQL, Chinook in the database ``chinook``."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    initdb, postgres, psql = (_program(each, *folders) for each in ("initdb", "postgres", "psql"))
    script, run_as, port = _script("Chinook_PostgreSql.sql"), _as("postgres"), _free_port()
    with _folder("postgres") as folder:
        secret = folder / "secret"
        secret.write_text("owner")
        secret.chmod(0o644)
        data = folder / "data"
        settle = [f"--pgdata={data}", "--username=owner", "--auth=scram-sha-256", "--no-sync"]
        _quietly([*run_as, initdb, *settle, f"--pwfile={secret}", "--encoding=UTF8"])
        options = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "fsync": "off",
        }
        words = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        command = [*run_as, postgres, "-D", str(data), "-p", str(port), *words]
        client = [psql, "-qX", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", str(port)]
        environment = {**os.environ, "PGPASSWORD": "owner", "PGUSER": "owner"}
        with _running(command, folder, port):
            server = Server("postgresql", port, "chinook", [*client, "-d", "postgres"], environment)
            _retried(server, script)
            server.client = [*client, "-d", "chinook"]
            quoted = PASSWORD.replace("'", "''")
            server.run(
                f"CREATE ROLE {USER} LOGIN PASSWORD '{quoted}';"
                f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {USER};"
                f"ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO {USER};"
            )
            yield server


def _retried(server, script):
    """A server that listens may still be starting up for a moment."""
    deadline, pause = time.monotonic() + PATIENCE_SECONDS, threading.Event()
    while True:
        try:
            server.run("SELECT 1;")
        except subprocess.CalledProcessError:
            if time.monotonic() > deadline:
                raise
            pause.wait(0.1)
        else:
            server.run(script)
            return


@contextlib.contextmanager
def running_mariadb():
    """MariaDB, Chinook in the database ``Chinook``."""
    names = ("mariadb-install-db", "mariadbd", "mariadb")
    install, mariadbd, client = (_program(each) for each in names)
    script, run_as, port = _script("Chinook_MySql.sql"), _as("mysql"), _free_port()
    with _folder("mysql") as folder:
        data, door = folder / "data", folder / "socket"
        settle = ["--no-defaults", f"--datadir={data}"]
        plain = ["--auth-root-authentication-method=normal", "--skip-test-db"]
        _quietly([*run_as, install, *settle, *plain, "--skip-name-resolve"])
        command = [*run_as, mariadbd, *settle, f"--port={port}", f"--socket={door}"]
        command += [
            "--bind-address=127.0.0.1",
            "--skip-name-resolve",
            "--character-set-server=utf8mb4",
        ]
        command += [f"--pid-file={folder / 'pid'}", "--innodb-flush-log-at-trx-commit=0"]
        with _running(command, folder, port):
            ask = [client, "--no-defaults", f"--socket={door}", "--user=root"]
            server = Server("mysql", port, "Chinook", ask, dict(os.environ))
            _retried(server, script)
            server.client = [*ask, "Chinook"]
            quoted = PASSWORD.replace("'", "''")
            server.run(
                f"CREATE USER {USER}@'127.0.0.1' IDENTIFIED BY '{quoted}';"
                f"GRANT SELECT ON Chinook.* TO {USER}@'127.0.0.1';"
            )
            yield server


@pytest.fixture(scope="session")
def postgres():
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def mariadb():
    with running_mariadb() as server:
        yield server
