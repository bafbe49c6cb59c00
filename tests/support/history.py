"""The checker: decides from what a run has left whether the promises G1 to G9 held. See docs/reliability.md.

Returns violations in words; none means that the promises held. Here is what concerns what was stored and shown;
deadlines.py has what concerns time. Nothing here waits, asks or repairs.
"""

from collections import Counter
from collections.abc import Iterator

from tests.support.deadlines import late
from tests.support.evidence import TERMINAL, Evidence, History, StoredGeneration
from tests.support.story import Story, story_of


def check(evidence: Evidence) -> list[str]:
    """Every breach of a promise, each a sentence that begins with the promise's name."""
    rules = (accepted_is_stored, one_request_each, shown_is_told, shown_is_stored, one_end, nothing_sticks, late)
    return [words for rule in rules for words in rule(evidence)]


def accepted_is_stored(evidence: Evidence) -> Iterator[str]:
    """G1: what a page was told is sent is in the database, as it was said, once, and with an answer under it."""
    keys = {message.client_id: key for key, message in evidence.messages.items() if message.client_id}
    counted = Counter(message.client_id for message in evidence.messages.values() if message.client_id)
    yield from (f"G1: {client_id} is stored {times} times" for client_id, times in counted.items() if times > 1)
    for history in evidence.histories:
        for note in history.of("stored"):
            client_id, key = note.facts["client_id"], note.facts["message"]
            if keys.get(client_id) != key:
                yield f"G1: {history.page} was told that {client_id} became {key}, and it is {keys.get(client_id)}"
        yield from _as_it_was_said(history, evidence, keys)
        if history.picture and history.picture.waiting and not _left(history, evidence):
            yield f"G1: {history.page} has no answer to what it sent: {history.picture.waiting}"
    answered = {message.parent for message in evidence.messages.values() if message.role == "assistant"}
    for key, message in evidence.messages.items():
        if message.role == "user" and key not in answered:
            yield f"G1: message {key} ({message.content!r}) is stored without an answer under it"


def _as_it_was_said(history: History, evidence: Evidence, keys: dict[str, str]) -> Iterator[str]:
    said = Counter(note.facts["client_id"] for note in history.of("said") if "client_id" in note.facts)
    for note in history.of("said"):
        key = keys.get(note.facts.get("client_id", ""))
        if key and evidence.messages[key].content != note.facts.get("content", evidence.messages[key].content):
            yield f"G1: {history.page} said {note.facts['content']!r}, stored is {evidence.messages[key].content!r}"
    for note in history.of("refused"):
        client_id, code = note.facts["client_id"], note.facts["code"]
        in_doubt = said[client_id] > 1 or evidence.faulty("postgres", note.at - 10, note.at)  # a commit may be unheard
        if client_id in keys and not in_doubt:
            yield f"G1: {history.page} was refused {client_id} ({code}), and yet it is stored"


def one_request_each(evidence: Evidence) -> Iterator[str]:
    """G8: at most one upstream request for each generation, exactly one where there is an answer."""
    answers = Counter(evidence.question(generation).nonce for generation in evidence.generations.values())
    requests = Counter(telling.question.nonce for telling in evidence.tellings)
    for nonce, asked in requests.items():
        if asked > answers[nonce]:
            yield f"G8: the upstream was asked {asked} times about {nonce}, for {answers[nonce]} answers"
    tags = Counter(story.tag for generation in evidence.generations.values() if (story := _story(evidence, generation)))
    yield from (f"G8: {times} answers tell the story {tag}" for tag, times in tags.items() if times > 1)
    for key, generation in evidence.generations.items():
        nonce = evidence.question(generation).nonce
        if generation.status == "complete" and (not requests[nonce] or not _story(evidence, generation)):
            yield f"G8: answer {key} is complete, and the upstream told it nothing"


def shown_is_told(evidence: Evidence) -> Iterator[str]:
    """G2: what is shown or stored is the beginning of what the upstream wrote for that generation."""
    longest: Counter[str] = Counter()
    for history in evidence.histories:
        yield from (f"G2: {history.page} {note.facts['words']}" for note in history.of("broken"))
        for note in history.of("shown"):
            longest[note.facts["generation"]] = max(longest[note.facts["generation"]], note.facts["length"])
    for key, generation in evidence.generations.items():
        message, telling = evidence.messages[generation.message], evidence.telling(generation)
        length = len(message.content) + len(message.reasoning)
        if length and not telling:
            yield f"G2: answer {key} holds what nobody told: {message.content[:80]!r}"
        elif telling and Story(telling.tag).split(length) != (message.content, message.reasoning):
            yield f"G2: answer {key} is stored with a hole or a repetition: {message.content[-80:]!r}"
        elif telling and max(length, longest[key]) > telling.end:
            yield f"G2: answer {key} was shown up to {longest[key]}, and the upstream wrote {telling.end}"
        if length != generation.cursor:
            yield f"G2: answer {key} holds {length} code points, and its cursor says {generation.cursor}"
        if telling and generation.status == "complete" and not (telling.is_whole and length == telling.end):
            yield f"G2: answer {key} is called complete with {length} code points of {telling.end} written"


def shown_is_stored(evidence: Evidence) -> Iterator[str]:
    """G3: after the quiet every page is connected and shows the stored text and status."""
    statuses = {generation.message: generation.status for generation in evidence.generations.values()}
    for history in evidence.histories:
        picture = history.picture
        if picture is None or _left(history, evidence):
            continue
        if not picture.connected:
            yield f"G3: {history.page} is not connected"
        stored = {key: row for key, row in evidence.messages.items() if row.conversation == picture.conversation}
        for key in stored.keys() ^ picture.rows.keys():
            yield f"G3: {history.page} {'does not show' if key in stored else 'shows'} message {key}"
        for key in stored.keys() & picture.rows.keys():
            here, there = picture.rows[key], stored[key]
            if here.status != statuses.get(key, ""):
                yield f"G3: {history.page} shows {key} as {here.status}, stored is {statuses.get(key)}"
            if (here.content, here.reasoning) != (there.content, there.reasoning):
                lengths = [len(row.content) + len(row.reasoning) for row in (here, there)]
                yield f"G3: {history.page} shows {lengths[0]} code points of {key}, stored are {lengths[1]}"


def one_end(evidence: Evidence) -> Iterator[str]:
    """G4: one terminal state; whoever heard of it heard the same, and nothing changed or grew afterwards."""
    for history in evidence.histories:
        ends: dict[str, int] = {}
        for note in history.notes:
            key = note.facts.get("generation", "")
            if note.kind == "ended":
                ends[key] = note.facts["end"]
                yield from _same_end(history.page, note.facts["status"], note.facts["end"], key, evidence)
            elif note.kind == "heard" and note.facts.get("end", 0) > ends.get(key, note.facts.get("end", 0)):
                yield f"G4: {history.page} heard of {key} up to {note.facts['end']} after its end at {ends[key]}"
    last: dict[str, tuple[str, int]] = {}
    for _, key, status, cursor in evidence.seen:
        was, stood = last.get(key, (status, cursor))
        if cursor < stood:
            yield f"G4: the stored text of {key} shrank from {stood} to {cursor}"
        if was in TERMINAL and (status, cursor) != (was, stood):
            yield f"G4: {key} was stored as {was} at {stood}, and later as {status} at {cursor}"
        last[key] = status, cursor
    for key, (status, cursor) in last.items():
        if status in TERMINAL:
            yield from _same_end("the database once", status, cursor, key, evidence)


def _same_end(who: str, status: str, end: int, key: str, evidence: Evidence) -> Iterator[str]:
    stored = evidence.generations.get(key)
    if stored is None:
        yield f"G4: {who} said {key} is {status} at {end}, and nothing of it is stored"
    elif (status, end) != (stored.status, stored.cursor):
        yield f"G4: {who} said {key} is {status} at {end}, stored is {stored.status} at {stored.cursor}"


def nothing_sticks(evidence: Evidence) -> Iterator[str]:
    """G6, G8: after the quiet nothing is under way, neither in the database nor at the upstream."""
    for key, generation in evidence.generations.items():
        if generation.status not in TERMINAL:
            yield f"G6: answer {key} is still {generation.status}"
    if evidence.streaming:
        yield f"G8: {evidence.streaming} answers are still under way at the upstream"


def _story(evidence: Evidence, generation: StoredGeneration) -> Story | None:
    message = evidence.messages[generation.message]
    return story_of(message.content, message.reasoning)


def _left(history: History, evidence: Evidence) -> bool:
    return history.page in evidence.logouts
