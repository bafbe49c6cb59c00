"""`manage.py serve`: prepares the database and the static files, then runs Brook until it is told to stop."""

import asyncio
import contextlib
import fcntl
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from daphne.endpoints import build_endpoint_description_strings
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import BaseCommand, CommandError, call_command
from django.db import Error as DatabaseError
from django.db import connection

from chat.collecting import collect
from chat.languages import compile_catalogues
from chat.localmodel.supervisor import why_unavailable
from chat.models import Generation
from chat.relay import provider, spool
from chat.relay.switchboard import Switchboard
from chat.server import DrainingServer, end_within
from chat.static import libraries_are_missing

logger = logging.getLogger(__name__)

STORING = 5.0
"""Seconds that running generations have to be stored when the server stops."""

LEAVING = 0.5
"""Seconds for Python's own end, which waits for threads that may wait for a database. All is stored or kept by then."""

GOODBYE = 1.0
"""Seconds that tabs have to answer the close of their sockets."""

MIGRATION_LOCK = 0x62726F6F6B  # "brook", for PostgreSQL's advisory lock


class Command(BaseCommand):
    help = "Runs Brook on HOST:PORT. Ctrl-C or SIGTERM stops it without losing anything."

    def handle(self, *args: Any, **options: Any) -> None:
        if provider.is_embedded() and (reason := why_unavailable()):
            raise CommandError(reason)
        if libraries_are_missing():
            raise CommandError("The page's libraries are not installed. Please run `make setup` and try again.")
        try:
            with _alone(settings.DATA_DIR / "prepare.lock"):
                _prepare()
                spool.replay()
        except DatabaseError as error:
            reason = " ".join(str(error).split())
            raise CommandError(f"Brook cannot use its database (DATABASE_URL): {reason}") from error
        with _only_process() as alone:
            if alone:  # whatever is still streaming has lost its process; else the sweep finds out
                Generation.objects.interrupt()
            self._serve()

    def _serve(self) -> None:
        from chat.asgi import application  # only now: the static files must be there

        server = DrainingServer(
            application,
            endpoints=build_endpoint_description_strings(host=settings.HOST, port=settings.PORT),
            drain=_drain,
            ready_callable=self._ready,
            server_name="brook",
            websocket_max_message_size=4 * settings.COMMAND_BYTES,  # the consumer refuses with words long before
            websocket_max_frame_size=4 * settings.COMMAND_BYTES,
        )
        server.run()
        if server.listen_failure:
            raise CommandError(f"Brook cannot listen on {settings.HOST}:{settings.PORT}: {server.listen_failure}")
        end_within(LEAVING, 0)

    def _ready(self) -> None:
        from chat.relay.this_process import switchboard

        self._background = asyncio.get_event_loop().create_task(_begin(switchboard))
        # Said when the loop runs: only then a signal stops it in order.
        asyncio.get_event_loop().call_soon(self._say, f"Brook is at {_address()} (Ctrl-C stops it).")

    def _say(self, words: str) -> None:
        self.stdout.write(words)
        self.stdout.flush()  # into a pipe or a journal it would otherwise come when the server ends


def _prepare() -> None:
    with _migration_lock():
        call_command("migrate", interactive=False, verbosity=0)
    collect()
    compile_catalogues()


async def _begin(switchboard: Switchboard) -> None:
    switchboard.attend()
    await switchboard.warm_up()


async def _drain() -> None:
    from chat.live.tab import close_tabs, open_tabs
    from chat.relay.this_process import switchboard

    await switchboard.drain(STORING)
    await close_tabs()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(GOODBYE):
            while open_tabs:  # noqa: ASYNC110  at the very end, and for a second at most
                await asyncio.sleep(0.02)
    await provider.embedded_model.stop()


def _address() -> str:
    host = "127.0.0.1" if settings.HOST in ("0.0.0.0", "::") else settings.HOST  # noqa: S104  only compared
    base = f"http://[{host}]:{settings.PORT}/" if ":" in host else f"http://{host}:{settings.PORT}/"
    return base if get_user_model().objects.exists() else f"{base} - open it to make the first account"


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Waits for other processes on this machine that hold the same lock file."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def _only_process() -> Iterator[bool]:
    """Whether no other process serves this database; certain only for SQLite, by a lock file held to the end."""
    if connection.vendor != "sqlite":
        yield False
        return
    # Beside the database, not in DATA_DIR: two servers may have one without the other in common.
    with Path(f"{connection.settings_dict['NAME']}.serving").resolve().open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


@contextlib.contextmanager
def _migration_lock() -> Iterator[None]:
    """Lets one of several machines on one PostgreSQL migrate while the others wait."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATION_LOCK])
