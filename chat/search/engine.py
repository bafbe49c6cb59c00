"""The one question to the database's own full text index: which passages of a person have these words.

Both databases are asked for whole words of ours, which they compare byte by byte (chat/search/words.py), so they agree.
The indexes are made by chat/migrations/0004_search.py.
"""

from django.db import connection

from chat.search.index import owner_mark
from chat.search.query import Query

_SQLITE = "SELECT rowid FROM chat_passage_words WHERE chat_passage_words MATCH %s{} ORDER BY rowid DESC LIMIT %s"
_POSTGRESQL = "SELECT id FROM chat_passage WHERE chat_passage_words(words) @@ %s::tsquery{} ORDER BY id DESC LIMIT %s"


def newest(owner: int, query: Query, limit: int) -> list[int]:
    """The keys of up to `limit` passages in which all terms are, those that were stored last first."""
    is_sqlite = connection.vendor == "sqlite"
    question, quote, place = (_SQLITE, _sqlite, "instr") if is_sqlite else (_POSTGRESQL, _postgresql, "strpos")
    # The index knows no order of words: whether they follow one another is looked at where all of them are.
    follow = f" AND {place}(' ' || words || ' ', %s) > 0" * len(query.phrases)
    phrases = [f" {' '.join(term)} " for term in query.phrases]
    with connection.cursor() as cursor:
        cursor.execute(question.format(follow), [quote(owner_mark(owner), query), *phrases, limit])
        return [key for (key,) in cursor.fetchall()]


def _sqlite(mark: str, query: Query) -> str:
    """https://www.sqlite.org/fts5.html#full_text_query_syntax. Words have no quotation marks: words.py."""
    return " AND ".join([*(f'"{word}"' for word in (mark, *query.whole)), f'"{query.beginning}"*'])


def _postgresql(mark: str, query: Query) -> str:
    """https://www.postgresql.org/docs/current/datatype-textsearch.html#DATATYPE-TSQUERY"""
    return " & ".join([*(f"'{word}'" for word in (mark, *query.whole)), f"'{query.beginning}':*"])
