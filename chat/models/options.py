"""What a conversation asks of its model: which one, with which instructions, how freely, how long."""

from typing import Any, NamedTuple


class Options(NamedTuple):
    """Empty or None: as the upstream does by itself."""

    model: str = ""
    instructions: str = ""
    """The system prompt."""

    temperature: float | None = None
    """0 to 2."""

    max_tokens: int | None = None
    """The longest answer, in tokens."""

    @classmethod
    def of(cls, conversation: Any) -> "Options":
        asked = conversation.parameters
        return cls(conversation.model, conversation.system_prompt, asked.get("temperature"), asked.get("max_tokens"))

    @property
    def parameters(self) -> dict[str, Any]:
        """What goes into the request beside model and messages."""
        asked = {"temperature": self.temperature, "max_tokens": self.max_tokens}
        return {name: value for name, value in asked.items() if value is not None}

    def columns(self) -> dict[str, Any]:
        """As `Conversation` stores them."""
        return {"model": self.model, "system_prompt": self.instructions, "parameters": self.parameters}
