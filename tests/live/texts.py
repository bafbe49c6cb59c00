"""A real switchboard with answers under way that a test writes itself, word by word."""

from uuid import UUID

from chat.relay.generation import LiveGeneration
from chat.relay.limits import Limits
from chat.relay.switchboard import Switchboard
from chat.relay.text import Ending, Status


class Texts:
    def __init__(self, board: Switchboard) -> None:
        self._board = board

    def begin(self, key: UUID, text: str = "") -> None:
        """An answer that runs in this process, and has this text already."""
        self._board._live[key] = LiveGeneration(key, 1, Limits())
        self.say(key, text)

    def say(self, key: UUID, text: str) -> None:
        live = self._board._live[key]
        live.text.append("content", text)
        live.wake()

    def end(self, key: UUID, status: Status = "complete") -> None:
        """As when the database has it."""
        live = self._board._live[key]
        live.publish(Ending(status, cursor=live.text.end))
