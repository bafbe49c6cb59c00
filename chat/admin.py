"""Where Django's admin looks for what to register. It stands in chat/review/."""

from chat.review import admin as review

__all__ = ["review"]
