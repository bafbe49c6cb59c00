"""What a tab shows, as far as it was told: which conversation, and each of its rows in which state. No I/O."""

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from chat.live.protocol import Row


class _State(NamedTuple):
    """What may change in a row without its answer going on or ending."""

    chosen: bool
    rating: int
    comment: str


class Shown:
    def __init__(self) -> None:
        self.conversation: UUID | None = None
        self._states: dict[str, _State] = {}
        self._statuses: dict[str, str] = {}

    def turn_to(self, conversation: UUID | None, rows: Iterable[Row] = ()) -> None:
        """The tab is told all of another conversation, or of the same one anew."""
        self.conversation = conversation
        self._states.clear()
        self._statuses.clear()
        self.learn(rows)

    def learn(self, rows: Iterable[Row]) -> None:
        """The tab is told of these rows."""
        for row in filter(self._is_up_to_date, rows):
            self._states[row["id"]] = _state(row)
            if answer := row["generation"]:
                self._statuses[answer["id"]] = answer["status"]

    def ended(self, generation: UUID, status: str) -> None:
        """The tab is told how an answer ended."""
        self._statuses[str(generation)] = status

    def is_beyond(self, rows: Iterable[Row], followed: UUID | None) -> bool:
        """Does the tab show what is not so any more, and no new row can put right?

        That is a row that is gone, or an answer in another state than the tab believes, with nobody about to tell it.
        Of the one that is `followed` it is told.
        """
        rows = list(rows)
        gone = self._states.keys() - {row["id"] for row in rows}
        return bool(gone) or any(
            self._believed(row) not in (None, _status(row)) and not writes(followed, row)
            for row in filter(self._is_up_to_date, rows)
        )

    def news(self, rows: Iterable[Row]) -> list[Row]:
        """Those of which the tab does not know, or knows something else."""
        return [row for row in filter(self._is_up_to_date, rows) if self._states.get(row["id"]) != _state(row)]

    def _is_up_to_date(self, row: Row) -> bool:
        """Not when it was read before the end that the tab was told meanwhile; it will be read once more."""
        return _status(row) != "streaming" or self._believed(row) in (None, "streaming")

    def _believed(self, row: Row) -> str | None:
        """The state in which the tab believes the row's answer to be."""
        return self._statuses.get(row["generation"]["id"]) if row["generation"] else None


def _state(row: Row) -> _State:
    return _State(row["chosen"], row["rating"], row["comment"])


def _status(row: Row) -> str | None:
    return row["generation"]["status"] if row["generation"] else None


def writes(generation: UUID | None, row: Row) -> bool:
    answer = row["generation"]
    return answer is not None and generation is not None and answer["id"] == str(generation)


def under_way(row: Row, cursor: int) -> Row:
    """The row for a tab that has its text up to `cursor` and is still to be sent the rest, and the end.

    Though the database may have them: told at once, what comes after would be told twice.
    """
    answer = {
        **(row["generation"] or {}),
        "status": "streaming",
        "finish_reason": None,
        "error": None,
        "cursor": cursor,
    }
    return Row(**{**row, "content": "", "reasoning": "", "generation": answer})
