"""Brings the served static files up to date when the server starts, unless nothing has changed since the last time:
naming them by their content and packing them takes seconds.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import django
import servestatic
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command


def collect() -> None:
    """Fills STATIC_ROOT. Not for two processes at once: `serve` holds a lock."""
    mark = Path(settings.DATA_DIR / "static.collected")
    fingerprint = hashlib.sha256("\n".join(_facts()).encode()).hexdigest()
    if settings.STATIC_ROOT.is_dir() and mark.is_file() and mark.read_text() == fingerprint:
        return
    mark.unlink(missing_ok=True)
    call_command("collectstatic", interactive=False, verbosity=0)
    mark.write_text(fingerprint)


def _facts() -> Iterator[str]:
    """What the result depends on: every file by name, time and size, and who works on them."""
    how = Path(__file__).with_name("static.py").read_text()
    yield f"{django.VERSION} {servestatic.__version__} {settings.STORAGES['staticfiles']['BACKEND']} {how}"
    for finder in get_finders():
        for name, storage in finder.list([]):
            facts = Path(storage.path(name)).stat()
            yield f"{name} {facts.st_mtime_ns} {facts.st_size}"
