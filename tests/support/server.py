"""Brook as people run it: `manage.py serve` in a process of its own, on a free port, with its own DATA_DIR.

    with ServedBrook(tmp_path, UPSTREAM_URL=upstream.url) as brook:     # has started, and ends with SIGTERM
        cookie = brook.make_account("alice")                            # the first account, an administrator
        with brook.open_socket(cookie) as socket:
            welcome = json.loads(socket.recv(timeout=5))
        brook.kill()                                                    # SIGKILL
        brook.start()                                                   # again, at the same address

Nothing of the developer's own environment reaches it, and every wait is bounded.
"""

import contextlib
import itertools
import os
import re
import secrets
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO

import httpx
from websockets.sync.client import ClientConnection, connect

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "correct horse battery"
STARTING = 30.0  # seconds for migrations and static files on a slow machine
STOPPING = 10.0  # seconds that docs/operations.md promises

FIRST_PORT = int(os.environ.get("TEST_PORTS_FROM", 15_000))
PORTS = 5_000
_drawn = itertools.count(secrets.randbelow(PORTS))

collected: Path | None = None
"""A DATA_DIR whose static files are ready: a server that starts with a copy of them starts seconds earlier."""


def clean_environment(**variables: str) -> dict[str, str]:
    """What a fresh login has, and these variables; the developer's own configuration stays outside."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return {**kept, **variables}


def manage(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """`manage.py` with these arguments, in a clean environment with these variables, run to its end."""
    return subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *arguments],
        env=clean_environment(**variables),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=STARTING,
    )


def free_port() -> int:
    """A port below those that the system gives to outgoing connections, so that none of them takes it meanwhile.

    Nor does another run of tests that was given ports of its own, nor this one again for long.
    """
    while True:
        port = FIRST_PORT + next(_drawn) % PORTS
        with socket.socket() as tried, contextlib.suppress(OSError):
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tried.bind(("127.0.0.1", port))
            return port


class Output:
    """What a process has written so far, stdout and stderr in one; a thread reads along."""

    def __init__(self) -> None:
        self.text = ""
        self._ended = True
        self._grown = threading.Condition()

    def read(self, pipe: IO[str]) -> None:
        self._ended = False
        threading.Thread(target=self._read, args=[pipe], daemon=True).start()

    def until(self, pattern: str, within: float) -> re.Match[str]:
        """The first match of the regular expression; waits until it is written."""
        with self._grown:
            self._grown.wait_for(lambda: self._ended or re.search(pattern, self.text), within)
            match = re.search(pattern, self.text)
        assert match, f"no {pattern!r} within {within} s in:\n{self.text}"
        return match

    def until_end(self, within: float = 5.0) -> None:
        with self._grown:
            assert self._grown.wait_for(lambda: self._ended, within), "its output stays open"

    def _read(self, pipe: IO[str]) -> None:
        with pipe:
            for line in pipe:
                self._add(line)
        self._add("", ended=True)

    def _add(self, line: str, *, ended: bool = False) -> None:
        with self._grown:
            self.text += line
            self._ended = ended
            self._grown.notify_all()


class ServedBrook:
    """One server. `start`, `stop`, `kill` as often as you like: address and data stay the same."""

    def __init__(self, data_dir: Path, program: list[str] | None = None, **variables: str) -> None:
        """`variables` are environment variables; `program` is what runs manage.py, if not this Python."""
        self.data_dir = data_dir
        self.port = int(variables.pop("PORT", 0)) or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = clean_environment(DATA_DIR=str(data_dir), PORT=str(self.port), **variables)
        self.output = Output()
        self._command = [*(program or [sys.executable, str(ROOT / "manage.py")]), "serve"]
        self._process: subprocess.Popen[str] | None = None

    # Its life

    def launch(self) -> None:
        """Starts the process and waits for nothing: for starts that are meant to fail."""
        self.output = Output()
        self._take_static_files()
        self._process = subprocess.Popen(
            self._command, env=self.environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        assert self._process.stdout
        self.output.read(self._process.stdout)

    def _take_static_files(self) -> None:
        if collected and not (self.data_dir / "static").exists():
            self.data_dir.mkdir(parents=True, exist_ok=True)
            shutil.copytree(collected / "static", self.data_dir / "static")
            shutil.copy(collected / "static.collected", self.data_dir)

    def start(self, within: float = STARTING) -> None:
        self.launch()
        try:
            self.output.until("Brook is at http", within)
            assert self.get("/healthz").text == "ok\n"
        except BaseException:
            self.kill()
            raise

    def send_signal(self, number: int) -> None:
        self.process.send_signal(number)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Asks it to end and waits, at most as long as is promised; its exit status."""
        self.send_signal(number)
        return self.wait()

    def wait(self, within: float = STOPPING) -> int:
        """Waits for its end; the exit status."""
        status = self.process.wait(within)
        self.output.until_end()
        return status

    def kill(self) -> None:
        """What a power cut or the kernel's memory killer do."""
        self.process.kill()
        self.process.wait(5)

    @property
    def process(self) -> "subprocess.Popen[str]":
        assert self._process, "it was never started"
        return self._process

    def __enter__(self) -> "ServedBrook":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error:
            error.add_note(f"The server wrote:\n{self.output.text}")
        if self._process and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(STOPPING)
            except subprocess.TimeoutExpired:
                self.kill()
                raise

    # What a person does with it

    def get(self, path: str, cookie: str = "") -> httpx.Response:
        with self._client({"cookie": cookie} if cookie else {}) as client:
            return client.get(path)

    def answers(self) -> list[tuple[str, str]]:
        """Status and text of every answer in its SQLite file, the oldest first."""
        query = (
            "SELECT generation.status, message.content FROM chat_generation generation"
            " JOIN chat_message message ON message.id = generation.message_id ORDER BY generation.started_at"
        )
        with contextlib.closing(sqlite3.connect(self.data_dir / "brook.sqlite3")) as database:
            return database.execute(query).fetchall()

    def make_account(self, username: str = "alice", password: str = PASSWORD) -> str:
        """Fills in /accounts/setup/; the session, as a Cookie header."""
        return self._submit("/accounts/setup/", {"username": username, "password1": password, "password2": password})

    def log_in(self, username: str = "alice", password: str = PASSWORD) -> str:
        """Fills in /accounts/login/; the session, as a Cookie header."""
        return self._submit("/accounts/login/", {"username": username, "password": password})

    def open_socket(self, cookie: str, **options: object) -> ClientConnection:
        """A tab's WebSocket, with an Origin as a browser sends it."""
        return connect(
            f"ws://127.0.0.1:{self.port}/ws/",
            origin=self.url,  # type: ignore[arg-type]  # a string of its own type
            additional_headers={"Cookie": cookie},
            proxy=None,
            **options,  # type: ignore[arg-type]  # handed on as they are
        )

    def _submit(self, path: str, fields: Mapping[str, str]) -> str:
        with self._client({}) as client:
            form = client.get(path)
            token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form.text)
            assert token, f"{path} shows no form: {form.status_code}"
            answer = client.post(path, data={**fields, "csrfmiddlewaretoken": token[1]}, headers={"Origin": self.url})
            assert answer.status_code == 302, answer.text
            return f"sessionid={client.cookies['sessionid']}"

    def _client(self, headers: Mapping[str, str]) -> httpx.Client:
        return httpx.Client(base_url=self.url, headers=headers, trust_env=False, timeout=15)
