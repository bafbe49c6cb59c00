"""The path that is shown: the same here as in the page."""

import json
import random
import shutil
import subprocess
from datetime import timedelta

import pytest

from chat.models import Conversation, Message, Tree
from tests.support.server import ROOT
from tests.transfer.rows import NOON, answer, converse, new_id, say

THE_SAME_IN_THE_PAGE = """
import { Tree } from "./static/js/tree.js";
let given = "";
for await (const piece of process.stdin) given += piece;
const paths = JSON.parse(given).map((rows) => {
  const tree = new Tree();
  tree.replace(rows);
  return tree.path().map(({ id }) => id);
});
console.log(JSON.stringify(paths));
"""


def shown(messages):
    return Tree(messages).path()


def contents(path):
    return [message.content for message in path]


def rows(conversation):
    return conversation.messages.order_by("created_at", "pk")


@pytest.mark.django_db
def test_without_a_choice_the_path_leads_to_the_newest_message(alice):
    conversation = converse(alice)
    first = say(conversation, "first")
    old = answer(conversation, "old", first, 1)
    answer(conversation, "new", first, 2)
    assert contents(shown(rows(conversation))) == ["first", "new"]
    say(conversation, "asked again", old, minute=3)
    assert contents(shown(rows(conversation))) == ["first", "old", "asked again"]


@pytest.mark.django_db
def test_the_chosen_version_is_shown_until_something_newer_is_made(alice):
    conversation = converse(alice)
    first = say(conversation, "first")
    old = answer(conversation, "old", first, 1)
    answer(conversation, "new", first, 2)
    old.choose()
    assert contents(shown(rows(conversation))) == ["first", "old"]
    answer(conversation, "newest", first, 3).show()
    assert contents(shown(rows(conversation))) == ["first", "newest"]


def test_nothing_leads_nowhere():
    assert shown([]) == []


def test_a_message_whose_parent_is_missing_stands_at_the_root():
    lonely = Message(content="lonely", parent_id=new_id())
    assert shown([lonely]) == [lonely]


def test_a_ring_is_never_entered():
    one, other = Message(content="one"), Message(content="other")
    one.parent_id, other.parent_id = other.pk, one.pk
    assert shown([one, other]) == []


def test_a_message_that_is_older_than_what_it_follows_leads_as_well():
    """A clock that was set back: the newest message is found below its parent whatever their times."""
    root, one, other, child, early, newest = (
        Message(content=word) for word in ["root", "one", "other", "child", "early", "new"]
    )
    one.parent_id = other.parent_id = root.pk
    child.parent_id, early.parent_id, newest.parent_id = one.pk, child.pk, early.pk
    path = shown([early, root, one, child, other, newest])
    assert contents(path) == ["root", "one", "child", "early", "new"]


def random_tree(drawn):
    conversation, messages = Conversation(), []
    for number in range(drawn.randrange(1, 15)):
        parent = drawn.choice([None, *messages])
        messages.append(
            Message(
                conversation=conversation,
                parent_id=parent and parent.pk,
                chosen=False,
                created_at=NOON + timedelta(seconds=number),
            )
        )
    for family in {message.parent_id for message in messages}:
        if drawn.random() < 0.5:
            drawn.choice([message for message in messages if message.parent_id == family]).chosen = True
    return messages


@pytest.mark.skipif(not shutil.which("node"), reason="needs Node.js")
def test_the_page_shows_the_same_path():
    drawn = random.Random(2026)  # noqa: S311  the same trees each time
    trees = [random_tree(drawn) for _ in range(200)]
    given = [
        [{"id": str(m.pk), "parent": m.parent_id and str(m.parent_id), "chosen": m.chosen} for m in tree]
        for tree in trees
    ]
    page = subprocess.run(
        ["node", "--input-type=module", "-e", THE_SAME_IN_THE_PAGE],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=30,
        check=True,
    )
    assert json.loads(page.stdout) == [[str(message.pk) for message in shown(tree)] for tree in trees]
