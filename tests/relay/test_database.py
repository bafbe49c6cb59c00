"""Database work of the relay has threads of its own."""

import asyncio
import contextvars
import threading

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth import get_user_model
from django.db import IntegrityError, connection, transaction

from chat.models import Conversation
from chat.relay.database import THREADS, in_database, reason


async def test_the_result_and_the_arguments_travel():
    assert await in_database(lambda first, *, second: (first, second), 1, second=2) == (1, 2)


async def test_an_exception_travels():
    with pytest.raises(ZeroDivisionError):
        await in_database(lambda: 1 // 0)


async def test_it_runs_in_a_thread_of_the_relay():
    assert (await in_database(lambda: threading.current_thread().name)).startswith("relay-database")


async def test_a_stalled_view_holds_nobody_up():
    """Views share one thread; whatever it waits for, the relay's work goes on beside it."""
    stall = threading.Event()
    view = asyncio.create_task(sync_to_async(stall.wait)(10))
    try:
        async with asyncio.timeout(2):
            assert await in_database(lambda: "through") == "through"
        assert not view.done()
    finally:
        stall.set()
        await view


async def test_some_of_it_runs_at_the_same_time():
    together = threading.Barrier(THREADS)
    await asyncio.gather(*(in_database(together.wait, 5) for _ in range(THREADS)))


async def test_a_cancelled_call_runs_to_its_end():
    begun, go, done = threading.Event(), threading.Event(), threading.Event()

    def work():
        begun.set()
        go.wait(5)
        done.set()

    call = asyncio.create_task(in_database(work))
    assert await asyncio.to_thread(begun.wait, 5)
    call.cancel()
    await asyncio.wait({call}, timeout=0.1)
    go.set()
    assert await asyncio.to_thread(done.wait, 5)


async def test_it_works_from_a_task_with_a_context_of_its_own():
    call = asyncio.create_task(in_database(lambda: "through"), context=contextvars.Context())
    async with asyncio.timeout(2):
        assert await call == "through"


@pytest.mark.django_db(transaction=True)
async def test_it_leaves_no_connection_open():
    assert await in_database(get_user_model().objects.count) == 0
    held = await asyncio.gather(*(in_database(lambda: connection.connection) for _ in range(THREADS * 3)))
    assert held == [None] * THREADS * 3


@pytest.mark.django_db
def test_of_what_a_database_says_the_log_gets_nothing_that_somebody_said(alice):
    """On PostgreSQL it goes on with the whole row that was refused."""
    conversation = Conversation.objects.create(owner=alice, title="Rivers")
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        conversation.messages.create(role="nobody", content="My secret")
    assert "message_role_known" in reason(refused.value)
    assert "secret" not in reason(refused.value)


def test_a_reason_is_one_line_also_where_nothing_was_said():
    refused = IntegrityError("no such role\nDETAIL:  Failing row contains (My secret\nand another line).")
    assert reason(refused) == "no such role"
    assert reason(TimeoutError()) == "it took too long"
