"""A fleet of real servers that the fault tests share: each of them finds it whole, and leaves no promise broken."""

from collections.abc import Iterator
from contextlib import ExitStack, nullcontext

import pytest

from tests.faults.stage import Stage
from tests.support import leaks
from tests.support.fleet import Fleet
from tests.support.upstream_thread import ScriptedUpstreamThread


@pytest.fixture(scope="package")
def shared_upstream() -> Iterator[ScriptedUpstreamThread]:
    with ScriptedUpstreamThread() as scripted:
        yield scripted


@pytest.fixture(scope="package")
def shared_fleet(shared_upstream, tmp_path_factory, django_db_blocker) -> Iterator[Fleet]:
    """Two servers over one PostgreSQL and one Redis, with a bad network between all of them."""
    directory = tmp_path_factory.mktemp("fleet")
    with django_db_blocker.unblock(), Fleet(shared_upstream.url, directory, networks=True) as started:
        yield started


@pytest.fixture
def stage(shared_fleet, shared_upstream) -> Iterator[Stage]:
    """When the test is over, no promise is broken; and whatever it broke else is whole again for the next one."""
    try:
        with ExitStack() as stack:
            stage = Stage(shared_fleet, shared_upstream, stack)
            yield stage
            stage.settle()
    finally:
        shared_upstream.forget()
        _mend(shared_fleet)


def _mend(fleet: Fleet) -> None:
    for member in fleet.members:
        for network in (member.door, member.to_postgres, member.to_redis):
            network.heal()
        member.thaw()
        if member.process.poll() is not None:
            member.start()


# What several tests share is still open when one of them is over: those are asked together, when the last one is.

SHARED = {"fleet", "shared_fleet"}


@pytest.fixture(scope="package", autouse=True)
def _nothing_left_open_by_all() -> Iterator[None]:
    with leaks.nothing_left_open():
        yield


@pytest.fixture(autouse=True)
def _nothing_left_open(request) -> Iterator[None]:
    with nullcontext() if SHARED & set(request.fixturenames) else leaks.nothing_left_open():
        yield
