"""How much memory something takes at its height."""

import tracemalloc
from collections.abc import Callable
from contextlib import suppress

from chat.transfer.wrong import Wrong

MB = 1_000_000


def peak(work: Callable[[], object]) -> int:
    """In bytes, beyond what was there before. What is refused is refused."""
    tracemalloc.start()
    try:
        with suppress(Wrong):
            work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
