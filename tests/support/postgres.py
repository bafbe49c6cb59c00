"""A real PostgreSQL of the tests' own: made in a temporary directory, on a free port, gone at the end.

Its programs come from Debian's package `postgresql`. They refuse to run as root, so root lends them its `postgres`.
"""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any

import psycopg
from psycopg import sql

from tests.support.server import clean_environment, free_port

SECONDS = 60
PASSWORD = "sesame"


def programs() -> Path:
    """Where initdb and pg_ctl are."""
    in_path = shutil.which("initdb")
    found = [Path(in_path).resolve().parent] if in_path else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    assert found, "PostgreSQL is not installed: tools/system-packages postgresql"
    return found[-1]


class Postgres:
    """Starts on entering. `stop` and `start` as often as you like: address and data stay the same."""

    def __init__(self) -> None:
        self.port = free_port()
        self._programs = programs()
        self._root = Path(tempfile.mkdtemp(prefix="brook-postgres-"))
        self._data = self._root / "data"
        self._run_as: dict[str, Any] = {}
        if os.geteuid() == 0:
            shutil.chown(self._root, "postgres", "postgres")
            self._run_as = {"user": "postgres", "group": "postgres", "extra_groups": []}

    def url(self, database: str) -> str:
        return f"postgres://brook:{PASSWORD}@127.0.0.1:{self.port}/{database}"

    def create(self, database: str) -> str:
        """A new, empty database; its DATABASE_URL."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
        return self.url(database)

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self._root} -c fsync=off"
        self._pg_ctl("start", "-o", options, "-l", str(self._root / "log"))

    def stop(self) -> None:
        """As when its machine fails: clients are cut off, not asked."""
        self._pg_ctl("stop", "-m", "immediate")

    def __enter__(self) -> "Postgres":
        try:
            password = self._root / "password"
            password.write_text(PASSWORD)
            password.chmod(0o644)
            self._run("initdb", "-U", "brook", "-A", "scram-sha-256", f"--pwfile={password}", "-E", "UTF8", "--no-sync")
            self.start()
        except BaseException:
            shutil.rmtree(self._root)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        shutil.rmtree(self._root)

    def _pg_ctl(self, *arguments: str) -> None:
        self._run("pg_ctl", "-w", "-t", str(SECONDS), *arguments)

    def _run(self, program: str, *arguments: str) -> None:
        log = self._root / "programs"
        with log.open("a") as output:  # not a pipe: the server would hold it open
            run = subprocess.run(
                [self._programs / program, "-D", self._data, *arguments],
                env=clean_environment(LC_ALL="C.UTF-8"),
                cwd=self._root,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=SECONDS + 10,
                **self._run_as,
            )
        assert run.returncode == 0, f"{program} {arguments}:\n{log.read_text()}"
