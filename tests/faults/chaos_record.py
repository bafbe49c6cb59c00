"""What a chaos run keeps for the checker: looks into the database while it goes on, and everything at its end."""

import json
import threading
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import psycopg

from tests.support.evidence import Evidence, Fault, Seen, StoredGeneration, StoredMessage
from tests.support.fleet import Fleet
from tests.support.page import Page
from tests.support.story import Storyteller

EVERY = 0.5  # seconds between two looks

GENERATIONS = "SELECT id, status, cursor, message_id, owner_process, finished_at FROM chat_generation"
MESSAGES = "SELECT id, conversation_id, role, client_id, parent_id, content, reasoning FROM chat_message"


class Record:
    """Looks on entering, until leaving. Through no proxy: it is not part of what is tested."""

    def __init__(self, fleet: Fleet) -> None:
        self.faults: list[Fault] = []
        self.logouts: dict[str, float] = {}
        self._fleet = fleet
        self._seen: list[Seen] = []
        self._over = threading.Event()
        self._looking = threading.Thread(target=self._look, name="looks into the database")
        self._clock = time.time() - time.monotonic()

    def __enter__(self) -> "Record":
        self._looking.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._looking.join()

    def query(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Raises `psycopg.OperationalError` while the database is away."""
        with psycopg.connect(self._fleet.database_url, connect_timeout=2) as connection:
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def evidence(self, pages: list[Page], teller: Storyteller, streaming: int) -> Evidence:
        """Everything, as it is now."""
        for page in pages:
            page.history.picture = page.picture
        return Evidence(
            histories=[page.history for page in pages],
            tellings=list(teller.tellings),
            messages={str(row[0]): StoredMessage(*map(_plain, row)) for row in self.query(MESSAGES)},
            generations={str(row[0]): self._generation(row) for row in self.query(GENERATIONS)},
            seen=list(self._seen),
            servers={member.base: member.lives for member in self._fleet.members},
            faults=list(self.faults),
            logouts=dict(self.logouts),
            streaming=streaming,
            ended=time.monotonic(),
        )

    def _generation(self, row: tuple[Any, ...]) -> StoredGeneration:
        key, status, cursor, message, owner, finished = row
        at = finished and finished.timestamp() - self._clock
        return StoredGeneration(str(key), str(message), status, cursor, int(owner.split("/")[1]), at)

    def _look(self) -> None:
        while not self._over.wait(EVERY):
            try:
                rows = self.query(GENERATIONS)
            except psycopg.OperationalError:  # it is one of those that fail
                continue
            self._seen += [Seen(time.monotonic(), str(row[0]), row[1], row[2]) for row in rows]


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, str) else str(value)


def keep(evidence: Evidence, fleet: Fleet, violations: list[str], directory: Path) -> Path:
    """Writes all of it to files, for whoever looks for the reason."""
    for history in evidence.histories:
        lines = (json.dumps([round(note.at, 3), note.kind, note.facts]) for note in history.notes)
        (directory / f"{history.page}.jsonl").write_text("\n".join(lines))
    for number, member in enumerate(fleet.members):
        (directory / f"server{number}.log").write_text(member.log + member.output.text)
    tellings = [[telling.tag, telling.question, telling.over_at, telling.written] for telling in evidence.tellings]
    rest = {
        "violations": violations,
        "faults": evidence.faults,
        "logouts": evidence.logouts,
        "generations": [asdict(generation) for generation in evidence.generations.values()],
        "messages": [asdict(message) for message in evidence.messages.values()],
        "tellings": tellings,
        "servers": {base: [asdict(life) for life in lives] for base, lives in evidence.servers.items()},
        "pictures": {history.page: history.picture for history in evidence.histories},
    }
    (directory / "evidence.json").write_text(json.dumps(rest, indent=1))
    return directory
