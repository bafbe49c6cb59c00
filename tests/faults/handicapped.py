"""manage.py with a handicap that its surroundings could not give it without the help of root.

    python -m tests.faults.handicapped [--full-while FILE] [--patience SECONDS] serve

--full-while: while this file exists, SQLite finds no room: no connection lets the database grow by a page.
--patience: how long the end of an answer is tried to be stored before it is spooled, instead of a minute.
"""

import argparse
import os
import runpy
import sys
from pathlib import Path
from typing import Any

import django
from django.db.backends.signals import connection_created


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--full-while", type=Path)
    parser.add_argument("--patience", type=float)
    handicap, arguments = parser.parse_known_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = "chat.settings"
    django.setup()
    if handicap.full_while:
        _fill(handicap.full_while)
    if handicap.patience:
        _shorten_patience(handicap.patience)
    sys.argv = ["manage.py", *arguments]
    runpy.run_path("manage.py", run_name="__main__")


def _fill(sign: Path) -> None:
    def limit(connection: Any, **_: Any) -> None:
        if sign.exists():
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA max_page_count = 1")  # SQLite takes it for: not beyond what it has now

    connection_created.connect(limit, weak=False)


def _shorten_patience(seconds: float) -> None:
    from chat.relay import recorder  # only now: it needs Django

    recorder.PATIENCE = seconds


if __name__ == "__main__":
    main()
