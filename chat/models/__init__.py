"""The rows: conversations, their messages, and the generations that write the assistant's ones; people's settings,
files and shared links.

Reads go through `for_user(user)`; state changes are the verbs on the models, each one transaction, so that they can be
called whole from a thread. Rooms and rules: docs/architecture.md, "Data".
"""

from chat.models.conversation import TITLE_CHARS, Conversation, ConversationQuerySet, title_from
from chat.models.file import File, FileQuerySet
from chat.models.fitting import PICTURE_BYTES
from chat.models.generation import LEASE, Busy, Generation, GenerationQuerySet
from chat.models.message import Message, attached
from chat.models.options import Options
from chat.models.passage import Passage
from chat.models.profile import Profile
from chat.models.prompt import Prompt
from chat.models.share import Share
from chat.models.tree import Tree

__all__ = [
    "LEASE",
    "PICTURE_BYTES",
    "TITLE_CHARS",
    "Busy",
    "Conversation",
    "ConversationQuerySet",
    "File",
    "FileQuerySet",
    "Generation",
    "GenerationQuerySet",
    "Message",
    "Options",
    "Passage",
    "Profile",
    "Prompt",
    "Share",
    "Tree",
    "attached",
    "title_from",
]
