"""Tasks of the process: what is finished, what is dismissed, and that neither depends on who began it."""

import asyncio
import contextvars

import pytest

from chat.relay import tasks as tasks_module
from chat.relay.tasks import Tasks

asked = contextvars.ContextVar("asked", default="")


@pytest.fixture
def tasks():
    return Tasks()


async def test_work_is_waited_for(tasks):
    done = []

    async def work():
        await asyncio.sleep(0)
        done.append(True)

    tasks.finish(work())
    await tasks.finished(5)
    assert done


async def test_but_no_longer_than_told(tasks):
    endless = tasks.finish(asyncio.Event().wait())
    async with asyncio.timeout(2):
        await tasks.finished(0.01)
    assert not endless.done()
    endless.cancel()


async def test_what_accompanies_is_not_waited_for_and_is_ended(tasks):
    endless = tasks.accompany(asyncio.Event().wait())
    async with asyncio.timeout(2):
        await tasks.finished(60)
        await tasks.dismiss()
    assert endless.cancelled()


async def test_what_will_not_end_holds_nobody_up(tasks, monkeypatch):
    monkeypatch.setattr(tasks_module, "GOODBYE", 0.01)
    may_end = asyncio.Event()

    async def stubborn():
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await may_end.wait()

    task = tasks.accompany(stubborn())
    await asyncio.sleep(0)
    async with asyncio.timeout(2):
        await tasks.dismiss()
    may_end.set()
    await task


async def test_nothing_is_an_end_at_once(tasks):
    await tasks.finished(60)
    await tasks.dismiss()


@pytest.mark.parametrize("begin", [Tasks.finish, Tasks.accompany])
async def test_a_task_has_a_context_of_its_own(tasks, begin):
    """With that of a request Django would give it a database thread of its own."""
    asked.set("by a request")

    async def context():
        return asked.get()

    assert await begin(tasks, context()) == ""
