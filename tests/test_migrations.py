"""What becomes of rows that an earlier version stored."""

import sqlite3
from contextlib import closing

from tests.support.server import manage

OLD = """
INSERT INTO auth_user (id, username, password, is_superuser, is_staff, is_active, date_joined, first_name, last_name,
    email) VALUES (1, 'alice', '', 0, 0, 1, '2026-01-01', '', '', '');
INSERT INTO chat_conversation (id, owner_id, title, source, system_prompt, model, parameters, pinned, archived)
VALUES ('0123456789abcdef0123456789abcdef', 1, 'My rivers', 'web', '', '', '{}', 0, 0);
"""


def test_a_title_from_before_titles_said_who_gave_them_is_its_owner_s(tmp_path):
    """It may be, and a title by the model never takes the place of one that a person gave."""
    data = str(tmp_path)
    manage("migrate", "auth", DATA_DIR=data).check_returncode()
    manage("migrate", "chat", "0002", DATA_DIR=data).check_returncode()
    with closing(sqlite3.connect(tmp_path / "brook.sqlite3")) as database:
        database.executescript(OLD)
        manage("migrate", DATA_DIR=data).check_returncode()
        assert database.execute("SELECT title, titled_by FROM chat_conversation").fetchall() == [
            ("My rivers", "person")
        ]
