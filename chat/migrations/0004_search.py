"""The full text index over the words of passages, as each database has it: chat/search/engine.py asks it.

On SQLite triggers keep the index in step. A later migration that makes chat_passage anew must make them anew, too, and
fill the index: INSERT INTO chat_passage_words(chat_passage_words) VALUES('rebuild').
"""

from django.db import migrations

# The tokenizer `ascii` cuts at what is neither an ASCII letter or digit nor beyond ASCII: at our blanks and nowhere
# else. Places within a passage are not kept (detail=none), which makes a third of the index; phrases are looked at.
SQLITE = [
    """
    CREATE VIRTUAL TABLE chat_passage_words USING fts5(
        words, content='chat_passage', content_rowid='id', tokenize='ascii', detail=none, prefix='1 2 3'
    )
    """,
    "INSERT INTO chat_passage_words(chat_passage_words) VALUES('rebuild')",
    """
    CREATE TRIGGER chat_passage_stored AFTER INSERT ON chat_passage BEGIN
        INSERT INTO chat_passage_words(rowid, words) VALUES (new.id, new.words);
    END
    """,
    """
    CREATE TRIGGER chat_passage_removed AFTER DELETE ON chat_passage BEGIN
        INSERT INTO chat_passage_words(chat_passage_words, rowid, words) VALUES ('delete', old.id, old.words);
    END
    """,
    """
    CREATE TRIGGER chat_passage_changed AFTER UPDATE OF id, words ON chat_passage BEGIN
        INSERT INTO chat_passage_words(chat_passage_words, rowid, words) VALUES ('delete', old.id, old.words);
        INSERT INTO chat_passage_words(rowid, words) VALUES (new.id, new.words);
    END
    """,
]
NO_SQLITE = [
    "DROP TRIGGER chat_passage_changed",
    "DROP TRIGGER chat_passage_removed",
    "DROP TRIGGER chat_passage_stored",
    "DROP TABLE chat_passage_words",
]

# Not to_tsvector: its parser has a view of its own of what a word or a number is, which depends on the locale. The cost
# is what a passage takes, in units of an addition: without it PostgreSQL would rather compute the words of every row
# than use the index. In plpgsql, because a function in SQL is unfolded, and its cost forgotten.
POSTGRESQL = [
    """
    CREATE FUNCTION chat_passage_words(words text) RETURNS tsvector
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 1000
    AS $$ BEGIN RETURN array_to_tsvector(string_to_array(words, ' ')); END $$
    """,
    "CREATE INDEX chat_passage_words ON chat_passage USING gin (chat_passage_words(words))",
]
NO_POSTGRESQL = [
    "DROP INDEX chat_passage_words",
    "DROP FUNCTION chat_passage_words(text)",
]


def make(apps, schema_editor):
    _run(schema_editor, SQLITE, POSTGRESQL)


def unmake(apps, schema_editor):
    _run(schema_editor, NO_SQLITE, NO_POSTGRESQL)


def _run(schema_editor, sqlite, postgresql):
    for statement in sqlite if schema_editor.connection.vendor == "sqlite" else postgresql:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("chat", "0003_living")]
    operations = [migrations.RunPython(make, unmake)]
