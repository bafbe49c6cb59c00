"""What staff find at /admin/: chat.review's pages, people and groups, in Brook's name."""

import pytest

pytestmark = pytest.mark.django_db


def test_the_front_page_of_the_admin(client, staff):
    client.force_login(staff)
    html = client.get("/admin/").content.decode()
    assert "<h1>Review</h1>" in html
    assert "<title>Review | Brook</title>" in html
    for name in ("Conversations", "Users", "Groups"):
        assert f">{name}</a>" in html
    for name in ("Messages", "Generations"):
        assert f">{name}</a>" not in html
    assert '<a href="/">View site</a>' in html
    assert "Django" not in html
