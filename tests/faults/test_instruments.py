"""The instruments of the fault tests that are real processes: Redis, and several servers over one database."""

import socket
from contextlib import contextmanager

import httpx
import pytest
from websockets.sync.client import connect

from tests.support.fleet import Fleet
from tests.support.redis import Redis
from tests.support.scripts import mira
from tests.support.tabs import Tab
from tests.support.upstream_thread import ScriptedUpstreamThread


def test_redis_answers_forgets_freezes_and_dies():
    with Redis() as redis:
        assert redis.url == f"redis://127.0.0.1:{redis.port}/0"
        assert say(redis, "SET word hello") == "+OK"
        assert say(redis, "GET word") == "$5"
        redis.restart()
        assert say(redis, "GET word") == "$-1"
        redis.freeze()
        assert not redis.answers()
        redis.thaw()
        assert redis.answers(within=2)
        redis.freeze()
        redis.stop()
        assert not redis.answers()
        redis.stop()
        redis.start()
        assert redis.answers()
    assert not redis.answers()


def test_the_end_of_redis_breaks_its_connections():
    with Redis() as redis, socket.create_connection(("127.0.0.1", redis.port), 1) as client:
        client.settimeout(2)
        client.sendall(b"PING\r\n")
        assert client.recv(16) == b"+PONG\r\n"
        redis.stop()
        assert client.recv(1) == b""


def say(redis, command):
    """The first line of the answer."""
    with socket.create_connection(("127.0.0.1", redis.port), 1) as client:
        client.settimeout(2)
        client.sendall(f"{command}\r\n".encode())
        return client.recv(1024).decode().split("\r\n")[0]


@pytest.fixture(scope="module")
def upstream():
    with ScriptedUpstreamThread() as scripted:
        yield scripted


@pytest.fixture(scope="module")
def fleet(upstream, tmp_path_factory, django_db_blocker):
    with django_db_blocker.unblock(), Fleet(upstream.url, tmp_path_factory.mktemp("fleet"), networks=True) as started:
        yield started


def test_the_members_of_a_fleet_share_people_and_answers(fleet, upstream):
    upstream.default = mira(["Hello"])
    alice = fleet.database.person("alice")
    with enter(fleet.members[0], alice) as tab:
        answer = tab.begin("Hi")
        key = answer["generation"]["id"]
        assert tab.until_finished(key)["status"] == "complete"
    assert fleet.database.text(key) == "Hello"
    owner = fleet.database.generation(key).owner_process
    assert f"/{fleet.members[0].lives[0].pid}/" in owner
    with enter(fleet.members[1], alice) as tab:
        conversation = fleet.database.conversations(alice)[0]
        assert tab.open(str(conversation.pk))["messages"][1]["id"] == answer["id"]
    assert all(member.to_postgres.sent for member in fleet.members)


def test_a_member_freezes_dies_and_comes_back_and_its_lives_tell(fleet):
    member = fleet.members[0]
    member.freeze()
    with pytest.raises(httpx.ReadTimeout):
        httpx.get(f"{member.base}/healthz", timeout=0.3, trust_env=False)
    member.thaw()
    assert httpx.get(f"{member.base}/healthz", trust_env=False).text == "ok\n"
    member.freeze()
    member.kill()
    member.start()
    assert member.stop() == 0
    member.start()
    first, second, third = member.lives[-3:]
    assert (first.killed, second.killed, third.ended) == (True, False, float("inf"))
    assert len(first.frozen) == 2
    assert all(first.began < began < end <= first.ended for began, end in first.frozen)
    assert first.ended < second.began < second.ended < third.began
    assert member.log.count("Brook is at") == 2


def test_pages_reach_a_member_through_its_door_only_while_that_is_open(fleet):
    alice, member = fleet.database.person("alice"), fleet.members[1]
    with enter(member, alice) as tab:
        member.door.refuse()
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{member.base}/healthz", trust_env=False)
        member.door.heal()
        tab.say("ping")
        assert tab.next()["type"] == "pong"


@contextmanager
def enter(member, person):
    """A tab that is past its welcome, through the member's door."""
    address, cookie = member.base.replace("http", "ws", 1), {"Cookie": person.cookie}
    with Tab(connect(f"{address}/ws/", origin=member.base, additional_headers=cookie, proxy=None)) as tab:
        assert tab.next()["type"] == "welcome"
        yield tab
