"""Readers for environment variables that refuse bad values.

Each takes the variable's name and returns a checked value, or raises `ImproperlyConfigured` with one line that
names the variable, so that a typing error stops the start instead of surfacing hours later. Not a configuration
library: `chat/settings.py` is the only caller.
"""

import fcntl
import os
import re
import secrets
import stat
from ipaddress import IPv6Address
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from django.core.exceptions import ImproperlyConfigured

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"", "0", "false", "no", "off"}
_NAME = r"[a-z0-9-]+(\.[a-z0-9-]+)*"  # of a host, or its address in IPv4
_STANDARD_PORT = {"http": ":80", "https": ":443"}


def text(name: str, default: str = "") -> str:
    """The variable without surrounding blanks; `default` when unset or blank."""
    return os.environ.get(name, "").strip() or default


def words(name: str) -> list[str]:
    """A comma list; empty when unset."""
    return [word.strip() for word in text(name).split(",") if word.strip()]


def flag(name: str) -> bool:
    value = text(name).lower()
    if value in _TRUE:
        return True
    if value in _FALSE:
        return False
    raise ImproperlyConfigured(f"{name}={value!r} is neither on nor off; use 1 or 0.")


def number(name: str, default: int, low: int, high: int) -> int:
    value = text(name, str(default))
    if not (value.isascii() and value.isdigit() and len(value) < 10 and low <= int(value) <= high):
        raise ImproperlyConfigured(f"{name}={value!r} is not a whole number from {low} to {high}.")
    return int(value)


def host(name: str, default: str) -> str:
    """A name or an address to listen at; IPv6 without brackets."""
    value = text(name, default).strip("[]").lower()
    if not (re.fullmatch(_NAME, value) or _is_ipv6(value)):
        raise ImproperlyConfigured(f"{name}={_redacted(value)!r} is neither a host's name nor its address.")
    return value


def hosts(name: str) -> list[str]:
    """A comma list for Django's ALLOWED_HOSTS: names, `.example.org` for all below it, `[::1]`, or `*`."""
    found = [word.lower() for word in words(name)]
    for value in found:
        if not re.fullmatch(rf"\.?{_NAME}|\[[0-9a-f:.]+\]|\*", value):
            raise ImproperlyConfigured(f"{name}={_redacted(value)!r} is not a host's name; no scheme, port or path.")
    return found


def url(name: str) -> str:
    """An http(s) base address without a trailing slash; empty when unset."""
    value = text(name).rstrip("/")
    if value:
        _check_url(name, value, "https://host/v1")
    return value


def redis(name: str) -> str:
    """The address of a Redis, with a password and the number of a database if there are; empty when unset."""
    value = text(name)
    try:
        parts = urlsplit(value)
        parts.port  # noqa: B018  raises ValueError for a port that is none
    except ValueError:
        parts = SplitResult("", "", "", "", "")
    right = parts.scheme in ("redis", "rediss") and parts.hostname and re.fullmatch(r"(/\d*)?", parts.path)
    if value and (not right or parts.fragment):
        raise ImproperlyConfigured(f"{name} is not an address like redis://host:6379 or redis://:password@host/0.")
    return value


def origins(name: str) -> list[str]:
    """A comma list of origins (`https://chat.example.org`), each scheme, host and perhaps port, nothing more.

    Returned as browsers write them, in lower case and without the scheme's own port, because they are compared so.
    """
    found = [word.rstrip("/").lower() for word in words(name)]
    for value in found:
        if _check_url(name, value, "https://host").path:
            raise ImproperlyConfigured(f"{name}={value!r} has a path; an origin ends with its host or port.")
    return [origin(*value.split("://", 1)) for value in found]


def origin(scheme: str, host_and_port: str) -> str:
    """How a browser writes it in its Origin header: `https://host` for `host:443`."""
    return f"{scheme}://{host_and_port.removesuffix(_STANDARD_PORT[scheme])}"


def file_text(name: str) -> str:
    """The content of the file that the variable names, without surrounding blanks; empty when unset."""
    path = text(name)
    if not path:
        return ""
    try:
        content = Path(path).read_text(encoding="utf-8").strip()
    except UnicodeDecodeError:
        raise ImproperlyConfigured(f"{name}={path!r} is not a text file.") from None  # the error quotes the content
    except OSError as error:
        raise ImproperlyConfigured(f"{name}={path!r} cannot be read: {error.strerror}.") from error
    if not content:
        raise ImproperlyConfigured(f"{name}={path!r} is empty.")
    return content


def directory(name: str, default: Path) -> Path:
    """An existing, writable directory, made when missing, readable by its owner only."""
    value = text(name, str(default))
    try:
        path = Path(value).expanduser().absolute()
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except (OSError, RuntimeError) as error:  # RuntimeError: a ~ of nobody
        reason = error.strerror if isinstance(error, OSError) else "there is no such home directory"
        raise ImproperlyConfigured(f"{name}={value!r} cannot be used: {reason}.") from error
    if not os.access(path, os.W_OK | os.X_OK):
        raise ImproperlyConfigured(f"{name}={str(path)!r} is not writable.")
    return path


def kept_secret(path: Path) -> str:
    """A random secret made on the first call and kept in `path` (0600), the same for every process that asks."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, encoding="ascii") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # of two processes that start at once, one makes it and the other reads it
            if os.fstat(descriptor).st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise ImproperlyConfigured(f"{path} can be read by others; run: chmod 600 {path}")
            secret = file.read().strip()
            if not secret:
                secret = secrets.token_urlsafe(50)
                path.write_text(secret, encoding="ascii")
    except OSError as error:
        raise ImproperlyConfigured(f"{path} cannot be used: {error.strerror}.") from error
    except UnicodeDecodeError:
        secret = ""
    if len(secret) < 32:
        raise ImproperlyConfigured(f"{path} holds no usable secret; delete it and start again.")
    return secret


def _is_ipv6(value: str) -> bool:
    try:
        return bool(IPv6Address(value))
    except ValueError:
        return False


def _check_url(name: str, value: str, example: str) -> SplitResult:
    try:
        parts = urlsplit(value)
        parts.port  # noqa: B018  raises ValueError for a port that is none
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}={_redacted(value)!r} is not an address like {example}.") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or re.search(r"[\s\\]", value):
        raise ImproperlyConfigured(f"{name}={_redacted(value)!r} is not an address like {example}.")
    if parts.query or parts.fragment or parts.username or parts.password:
        raise ImproperlyConfigured(f"{name} must not hold a query, a fragment or a password.")
    return parts


def _redacted(value: str) -> str:
    """An address without what stands before an @ or after a ?, which may be a password or a key."""
    return value.rsplit("@", 1)[-1].split("?", 1)[0]
