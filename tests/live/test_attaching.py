"""New tabs at every instant of an answer, from every cursor that a tab may have: the text is whole in the end."""

from random import Random

import pytest

from tests.support.scripts import Gate, Pause, WaitFor, mira
from tests.support.tabs import generation_of

INSTANTS = 60
SEED = 20


@pytest.fixture
def words():
    return [f"{number} 👋 " for number in range(INSTANTS)]


def test_a_tab_that_opens_between_any_two_words_shows_the_whole_text(served, tabs, question, words):
    """At each of these instants the text stands still, so what each tab has is known to the letter."""
    gates = [Gate() for _ in words]
    served.upstream.play(
        mira([step for gate, word in zip(gates, words, strict=True) for step in (WaitFor(gate), word)])
    )
    first = tabs()
    generation = generation_of(first.begin(question))
    conversation = served.conversation(generation)
    opened, text = [first], ""
    restless = tabs()  # opens again at every instant with what it has
    restless.open(conversation)
    for gate, word in zip(gates, words, strict=True):
        tab = tabs()
        tab.open(conversation)
        opened.append(tab)
        restless.open(conversation, generation=generation, cursor=restless.cursors[generation])
        for one in (tab, restless):
            one.until_text(generation, text)
        gate.open()
        text += word
        restless.until_text(generation, text)
    for tab in (*opened, restless):
        assert tab.until_finished(generation)["status"] == "complete"
        assert tab.text[generation] == text == served.database.text(generation)


def test_a_tab_that_opens_while_words_rush_by_shows_the_whole_text_whatever_it_had(
    served, tabs, http_tabs, question, words
):
    """Nobody waits for anybody here. Tabs of both kinds go on from wherever the first one once was."""
    dice = Random(SEED)  # noqa: S311  repeatable
    served.upstream.play(mira([step for word in words * 3 for step in (word, Pause(0.01))]))
    first = tabs()
    generation = generation_of(first.begin(question))
    conversation = served.conversation(generation)
    opened, places = [first], [(0, "")]
    for number in range(INSTANTS):
        first.answered()
        places.append((first.cursors[generation], first.text[generation]))
        cursor, text = dice.choice(places)
        place = {"generation": generation, "cursor": cursor}
        if number % 3 == 0:
            tab = http_tabs(conversation, text={generation: text}, **place)
        else:
            tab = tabs(text={generation: text})
            tab.open(conversation, **place)
        opened.append(tab)
    for tab in opened:
        tab.until_finished(generation, within=10)
        assert tab.text[generation] == "".join(words * 3)
