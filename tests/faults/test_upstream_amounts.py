"""An upstream that sends more than anybody could read: it is given up at a limit, its text kept, and no memory lost."""

import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.faults.scene import serving
from tests.support.scripts import Hang, Head, Raw, Send, Step, cut, mira
from tests.support.server import ServedBrook
from tests.support.upstream import Plan

MEGABYTE = 2**20


@pytest.fixture(scope="module")
def usual(tmp_path_factory, django_db_blocker):
    with ExitStack() as stack:
        yield serving(stack, tmp_path_factory.mktemp("usual"), django_db_blocker)


@contextmanager
def memory_growth(brook: ServedBrook) -> Iterator[Callable[[], int]]:
    """Asked inside, how many bytes the server's process has been larger than it was at the start."""
    proc = Path(f"/proc/{brook.process.pid}")

    def kilobytes(name: str) -> int:
        found = re.search(rf"{name}:\s+(\d+) kB", (proc / "status").read_text())
        assert found
        return int(found[1])

    (proc / "clear_refs").write_text("5")  # the peak begins anew
    before = kilobytes("VmRSS")
    yield lambda: (kilobytes("VmHWM") - before) * 1024


def gigabyte(start: bytes, piece: bytes = b"x" * MEGABYTE, of: type[Send] | type[Raw] = Send) -> Plan:
    """A word, then `start`, and then a gigabyte of pieces."""

    def steps(_: object) -> Iterator[Step]:
        yield from mira(["Hel"], None, done=False) if of is Send else []
        yield of(start)
        for _ in range(2**30 // len(piece)):
            yield of(piece)

    return steps


def bomb() -> Sequence[Step]:
    """A gigabyte in a megabyte."""
    packer = zlib.compressobj(9, wbits=31)
    packed = b"".join(packer.compress(bytes(MEGABYTE)) for _ in range(1024)) + packer.flush()
    return [Head(headers={"Content-Encoding": "gzip"}), *cut(packed, 16_384), Hang()]


LINE = "The model's server sent a line of more than 1,048,576 bytes."
EVENT = "The model's server sent an event of more than 2,097,152 bytes."
BODY = "The model's server sent an answer of more than 2,097,152 bytes."
HEAD = b"HTTP/1.1 200 OK\r\nX-Long: "

AMOUNTS: dict[str, tuple[Callable[[], Plan], str, str, str]] = {
    "a line of a gigabyte": (lambda: gigabyte(b"data: "), "Hel", "too_much", LINE),
    "a comment of a gigabyte": (lambda: gigabyte(b": "), "Hel", "too_much", LINE),
    "an event of a gigabyte": (lambda: gigabyte(b"", b"data: x\n" * 100_000), "Hel", "too_much", EVENT),
    "a whole answer of a gigabyte": (
        lambda: [Head(), Send(b'{"choices": "'), *[Send(b"x" * MEGABYTE)] * 1024],
        "",
        "too_much",
        BODY,
    ),
    "a header of a gigabyte": (lambda: gigabyte(HEAD, of=Raw), "", "connection_lost", "what it sent is no proper HTTP"),
    "a delta of ten megabytes": (lambda: mira(["Hel", "x" * 10_000_000]), "Hel", "too_much", LINE),
    "a gzip bomb": (bomb, "", "garbled", "a compressed stream, which we did not ask for"),
}
GROWTH = 24 * MEGABYTE


@pytest.mark.parametrize(("script", "text", "code", "words"), AMOUNTS.values(), ids=AMOUNTS)
def test_an_upstream_that_sends_too_much_is_given_up_and_costs_no_memory(usual, script, text, code, words):
    plan = script()
    with memory_growth(usual.brook) as growth, usual.asked(plan) as asked:
        end = asked.ended(within=20)
        assert end[:2] == ("failed", code)
        assert words in end[2]
        assert asked.text == text
        assert asked.request.hung_up_at
        assert growth() < GROWTH


def test_a_delta_of_a_megabyte_comes_whole(usual):
    said = "x" * 1_000_000
    with usual.asked(mira([said])) as asked:
        assert asked.ended(within=20)[0] == "complete"
        assert asked.text == said
