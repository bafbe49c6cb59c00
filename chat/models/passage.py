"""A piece of a message as the search finds it: its words in the form in which they are compared."""

from django.db import models

from chat.models.message import Message

AT_ONCE = 50
"""Passages that are removed in one transaction. Each of their words falls out of the index, which takes a tenth of a
second for so many; on SQLite nobody else writes meanwhile."""


class PassageQuerySet(models.QuerySet["Passage"]):
    def thin_out(self) -> bool:
        """Removes some of these, if there are more than may be removed at once; else leaves them. Were there?"""
        keys = list(self.values_list("pk", flat=True)[: AT_ONCE + 1])
        if len(keys) <= AT_ONCE:
            return False
        Passage.objects.filter(pk__in=keys[:AT_ONCE]).delete()
        return True


class Passage(models.Model):
    """Short, because PostgreSQL indexes at most a megabyte, and to say where in a long message the words stand."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="passages")
    position = models.PositiveIntegerField(help_text="Where it begins in the message's content, in code points.")
    words = models.TextField(help_text="chat/search/words.py")

    objects = PassageQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message", "position"], name="passage_once")]

    def __str__(self) -> str:
        return f"{self.message_id} at {self.position}"
