"""A real nginx with the configuration that docs/operations.md prints: only its ports and paths are others.

    with Nginx({"127.0.0.1:8001": one.port, "127.0.0.1:8002": two.port}) as nginx:
        httpx.get(nginx.url)

Its program comes from Debian's package `nginx`. It is no service: its files are in a temporary directory, and it ends
with the block.
"""

import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from tests.support.polling import wait_until
from tests.support.server import ROOT, clean_environment, free_port

MANUAL = ROOT / "docs" / "operations.md"
SECONDS = 10.0

AROUND = """
worker_processes 1;
pid {root}/pid;
error_log stderr;
events {{ worker_connections 512; }}
http {{
    access_log off;
    proxy_ignore_headers X-Accel-Buffering;
    client_body_temp_path {root}/body;
    proxy_temp_path {root}/proxy 1 2;
    fastcgi_temp_path {root}/fastcgi;
    uwsgi_temp_path {root}/uwsgi;
    scgi_temp_path {root}/scgi;
    include {root}/brook.conf;
}}
"""
"""What a distribution's own nginx.conf has around the printed one. Only that is to say what is not held back."""


def printed(language: str, mentioning: str) -> str:
    """The block of the manual that is in this language and mentions this."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```$", MANUAL.read_text(), re.DOTALL | re.MULTILINE)
    (found,) = (block for block in blocks if mentioning in block)
    return str(found)


def printed_environment() -> dict[str, str]:
    """The variables that the manual gives to all processes."""
    lines = printed("sh", "REDIS_URL").splitlines()
    return dict(line.split("=", 1) for line in lines)


class Nginx:
    """Starts on entering. `servers` are the printed addresses of processes, each with the port that it really has."""

    def __init__(self, servers: Mapping[str, int], *, tls: bool = False, **timeouts: str) -> None:
        """`tls` uncomments the lines for it; `timeouts` are directives with other values than the printed ones."""
        self.port = free_port()
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        self._root = Path(tempfile.mkdtemp(prefix="brook-nginx-"))
        self._root.chmod(0o755)  # its workers give up root's rights
        self._replaced = {address: f"127.0.0.1:{port}" for address, port in servers.items()}
        self._replaced["listen 80;"] = f"listen 127.0.0.1:{free_port() if tls else self.port};"
        if tls:
            self._replaced["# listen 443 ssl;"] = f"listen 127.0.0.1:{self.port} ssl;"
            for name in ("ssl_certificate ", "ssl_certificate_key "):
                self._replaced[f"# {name}"] = name
            self._replaced["/etc/ssl/brook"] = str(self._root)
        self._timeouts = timeouts
        self._tls = tls
        self._process: subprocess.Popen[bytes]

    @property
    def piled_up(self) -> bool:
        """Whether it has ever put aside what a client did not take: the file is gone then, and its directory stays."""
        return any((self._root / "proxy").iterdir())

    def trusting(self) -> ssl.SSLContext:
        """For clients: trusts its certificate and nobody else's."""
        return ssl.create_default_context(cafile=str(self._root / "certificate.pem"))

    def __enter__(self) -> "Nginx":
        try:
            self._configure()
            self._process = subprocess.Popen(
                [_program(), "-p", self._root, "-c", self._root / "nginx.conf", "-e", "stderr", "-g", "daemon off;"],
                env=clean_environment(),
                stdin=subprocess.DEVNULL,
            )
            wait_until(self._listens, SECONDS, "nginx does not listen")
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if hasattr(self, "_process"):
                self._process.send_signal(signal.SIGTERM)  # the quick end of nginx, with its workers
                self._process.wait(SECONDS)
        finally:
            shutil.rmtree(self._root)

    def _configure(self) -> None:
        configuration = printed("nginx", "upstream brook")
        for before, after in self._replaced.items():
            assert configuration.count(before) == 1 or "ssl" in before, f"{before!r} is not what the manual prints"
            configuration = configuration.replace(before, after)
        for directive, value in self._timeouts.items():
            configuration, count = re.subn(rf"\b{directive} \w+;", f"{directive} {value};", configuration)
            assert count == 1, f"the manual prints no {directive}"
        (self._root / "brook.conf").write_text(configuration)
        (self._root / "nginx.conf").write_text(AROUND.format(root=self._root))
        if self._tls:
            self._certify("chat.example.org")

    def _certify(self, name: str) -> None:
        """A certificate of its own for this name."""
        key, certificate = self._root / "key.pem", self._root / "certificate.pem"
        options = f"-newkey rsa:2048 -nodes -days 1 -subj /CN={name} -addext subjectAltName=DNS:{name}".split()
        subprocess.run(
            ["openssl", "req", "-x509", *options, "-keyout", key, "-out", certificate],
            env=clean_environment(),
            capture_output=True,
            check=True,
            timeout=SECONDS,
        )

    def _listens(self) -> bool:
        assert self._process.poll() is None, "nginx has ended: see what it wrote"
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except ConnectionRefusedError:
            return False
        return True


def _program() -> str:
    found = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    assert found, "nginx is not installed: tools/system-packages nginx"
    return found
