"""What a tab is told first."""

import pytest

from chat.live.welcome import welcome
from chat.models import Profile
from chat.relay.database import in_database
from tests.live.inside import InsideTab
from tests.support.rows import broken_table

pytestmark = pytest.mark.django_db(transaction=True)

NOTHING_SET = {"model": "", "instructions": "", "temperature": None, "max_tokens": None}


async def test_it_has_what_the_person_has_set(board, alice, bob):
    await in_database(Profile(user=alice, model="poet", instructions="Rhyme.", temperature=0.5, max_tokens=100).save)
    options = {"model": "poet", "instructions": "Rhyme.", "temperature": 0.5, "max_tokens": 100}
    assert (await welcome(board, alice))["defaults"] == options
    assert (await welcome(board, bob))["defaults"] == NOTHING_SET


async def test_it_has_the_limits_of_the_settings(board, alice, settings):
    settings.MESSAGE_CHARS, settings.FILE_BYTES, settings.IMAGE_BYTES = 1, 2, 3
    assert (await welcome(board, alice))["limits"] == {
        "message_chars": 1,
        "instructions_chars": 20_000,
        "files": 10,
        "file_bytes": 2,
        "image_bytes": 3,
    }


async def test_it_names_the_model_and_says_whether_it_takes_pictures(board, upstream, alice, settings):
    model = {"name": "scripted", "provider": upstream.url[7:-3], "note": "", "images": None}
    assert (await welcome(board, alice))["model"] == model
    settings.UPSTREAM_URL = ""  # the embedded model
    assert (await welcome(board, alice))["model"]["images"] is False


async def test_it_comes_though_the_database_is_away_and_the_tab_is_usable(board, alice, session):
    tab = InsideTab(board, alice, session)
    with broken_table(Profile):
        event = await tab.connect()
    assert (event["type"], event["defaults"]) == ("welcome", NOTHING_SET)
    await tab.open(None)
    await tab.leave()
