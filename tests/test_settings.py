"""The settings as a start sees them: `manage.py` in a process of its own, with a clean environment."""

import json
import shutil
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.boards import layers
from tests.support.server import ROOT, clean_environment, manage

SESAME = "sesame"  # stands for a secret wherever one may be


def bad(**variables):
    return pytest.param(variables, id=" ".join(f"{name}={value}" for name, value in variables.items()))


BAD = [
    bad(HOST="http://host"),
    bad(HOST="host:80"),
    bad(HOST="127.0.0.1:port=1"),
    bad(PORT="0"),
    bad(PORT="65536"),
    bad(PORT="http"),
    bad(DATA_DIR="/proc/nowhere"),
    bad(DATA_DIR="/dev/null"),
    bad(DATA_DIR="/dev/null/data"),
    bad(DATA_DIR="~nobody-of-this-name"),
    bad(DATABASE_URL="sesame"),
    bad(DATABASE_URL="mysql://user:sesame@host/name"),
    bad(DATABASE_URL="http://user:sesame@host/name"),
    bad(DATABASE_URL="postgres://user:sesame@host:port/name"),
    bad(DATABASE_URL="postgres://user:sesame@host/"),
    bad(DATABASE_URL="postgres://user:sesame@[host/name"),
    bad(DATABASE_URL="sqlite://"),
    bad(DATABASE_URL="sqlite://:memory:"),
    bad(REDIS_URL="sesame"),
    bad(REDIS_URL="http://:sesame@host:6379"),
    bad(REDIS_URL="redis://:sesame@host:port/0"),
    bad(REDIS_URL="redis://:sesame@host/name"),
    bad(UPSTREAM_URL="host/v1"),
    bad(UPSTREAM_URL="ftp://host/v1"),
    bad(UPSTREAM_URL="https://user:sesame@host/v1"),
    bad(UPSTREAM_URL="https://host/v1?key=sesame"),
    bad(UPSTREAM_URL="https://host:port/v1"),
    bad(UPSTREAM_URL="https://host/v1/chat/completions"),
    bad(UPSTREAM_API_KEY="sesame\N{LEFT DOUBLE QUOTATION MARK}"),
    bad(UPSTREAM_API_KEY="sesame\nX-Header: of mine"),
    bad(UPSTREAM_API_KEY_FILE="/nowhere/key"),
    bad(UPSTREAM_API_KEY_FILE="/proc"),
    bad(ALLOWED_HOSTS="https://host"),
    bad(ALLOWED_HOSTS="good.org,host:8000"),
    bad(ORIGINS="chat.example.org"),
    bad(ORIGINS="https://good.org,https://chat.example.org/chat"),
    bad(ORIGINS="*"),
    bad(ORIGINS="https://user:sesame@host"),
    bad(DEBUG="perhaps"),
]


@pytest.mark.parametrize("variables", BAD)
def test_a_bad_value_stops_the_start_with_one_line_that_names_it(variables, tmp_path):
    assert_refused(manage("check", **{"DATA_DIR": str(tmp_path), **variables}), *variables)


def test_good_values_of_all_variables_start(tmp_path):
    (tmp_path / "key").write_text(f"{SESAME}\n")
    checked = manage(
        "check",
        HOST="0.0.0.0",  # noqa: S104  nobody listens
        PORT="80",
        DATA_DIR=str(tmp_path),
        DATABASE_URL="postgres://user:sesame@host/name",
        REDIS_URL="redis://:sesame@host:6379/0",
        UPSTREAM_URL="https://host/v1",
        UPSTREAM_API_KEY_FILE=str(tmp_path / "key"),
        UPSTREAM_MODELS="one,two",
        SECRET_KEY="s" * 50,
        ALLOWED_HOSTS="chat.example.org",
        ORIGINS="https://chat.example.org",
        DEBUG="off",
    )
    assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.parametrize("content", [b"", b"sesame\xff", b"sesame\nsecond line"])
def test_a_key_file_without_a_usable_key_stops_the_start(content, tmp_path):
    (tmp_path / "key").write_bytes(content)
    refused = manage("check", DATA_DIR=str(tmp_path), UPSTREAM_API_KEY_FILE=str(tmp_path / "key"))
    assert_refused(refused, "UPSTREAM_API_KEY_FILE")


def test_a_secret_key_that_others_can_read_stops_the_start(tmp_path):
    manage("check", DATA_DIR=str(tmp_path))
    (tmp_path / "secret_key").chmod(0o644)
    refused = manage("check", DATA_DIR=str(tmp_path))
    assert_refused(refused, f"chmod 600 {tmp_path / 'secret_key'}")
    assert (tmp_path / "secret_key").read_text() not in refused.stderr


def assert_refused(run, *named):
    """It ended badly with exactly one line, which holds all of `named` and no secret."""
    assert run.returncode == 1
    assert run.stdout == ""
    line = run.stderr.removesuffix("\n")
    assert "\n" not in line
    for words in named:
        assert words in line
    assert SESAME not in line
    assert "Traceback" not in line


# What the values become


def loaded(tmp_path, *names, **variables):
    """The settings of these names, as a process with these variables has them."""
    script = (
        "import json, sys; from chat import settings; print(json.dumps([getattr(settings, n) for n in sys.argv[1:]]))"
    )
    run = subprocess.run(
        [sys.executable, "-c", script, *names],
        env=clean_environment(**{"DATA_DIR": str(tmp_path), **variables}),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    return json.loads(run.stdout)


def test_without_any_variable_brook_serves_itself_on_loopback_with_the_embedded_model(tmp_path):
    names = ["HOST", "PORT", "DEBUG", "UPSTREAM_URL", "UPSTREAM_API_KEY", "UPSTREAM_MODELS", "ORIGINS"]
    assert loaded(tmp_path, *names) == ["127.0.0.1", 8000, False, "", "", [], []]
    [databases, hosts, origins] = loaded(tmp_path, "DATABASES", "ALLOWED_HOSTS", "SOCKET_ORIGINS")
    assert databases["default"]["NAME"] == str(tmp_path / "brook.sqlite3")
    assert set(hosts) == {"127.0.0.1", "localhost", "[::1]"}
    assert set(origins) == {"http://127.0.0.1:8000", "http://localhost:8000", "http://[::1]:8000"}


def test_the_default_data_dir_is_var_in_the_checkout(tmp_path):
    shutil.copytree(ROOT / "chat", tmp_path / "chat")  # the real one may hold the developer's own data
    run = subprocess.run(
        [sys.executable, "-c", "from chat import settings; print(settings.DATA_DIR)"],
        env=clean_environment(),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert run.stdout == f"{tmp_path / 'var'}\n", run.stderr
    assert stat.S_IMODE((tmp_path / "var").stat().st_mode) == 0o700


def test_the_secret_key_is_made_once_and_kept_for_its_owner_only(tmp_path):
    [first] = loaded(tmp_path / "new", "SECRET_KEY")
    kept = tmp_path / "new" / "secret_key"
    assert len(first) >= 50
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700
    assert loaded(tmp_path / "new", "SECRET_KEY") == [first]
    assert loaded(tmp_path / "another", "SECRET_KEY") != [first]


def test_processes_that_start_at_once_agree_on_the_secret_key(tmp_path):
    with ThreadPoolExecutor(4) as pool:
        keys = list(pool.map(lambda _: loaded(tmp_path, "SECRET_KEY")[0], range(4)))
    assert len(set(keys)) == 1


def test_a_given_secret_key_is_used_and_not_written_anywhere(tmp_path):
    assert loaded(tmp_path, "SECRET_KEY", SECRET_KEY=SESAME) == [SESAME]
    assert list(tmp_path.iterdir()) == []


def test_postgresql_is_what_the_address_says(tmp_path):
    url = "postgres://us%40er:pass%2Fword@db.example.org:5433/brook?sslmode=require"
    [databases] = loaded(tmp_path, "DATABASES", DATABASE_URL=url)
    database = databases["default"]
    assert database["ENGINE"] == "django.db.backends.postgresql"
    assert (database["USER"], database["PASSWORD"]) == ("us@er", "pass/word")
    assert (database["HOST"], database["PORT"], database["NAME"]) == ("db.example.org", 5433, "brook")
    assert database["OPTIONS"]["sslmode"] == "require"
    assert database["CONN_MAX_AGE"] == 0


def test_neither_a_postgresql_that_is_gone_nor_a_client_of_it_that_is_frozen_is_waited_for_for_long(tmp_path):
    [databases] = loaded(tmp_path, "DATABASES", DATABASE_URL="postgres://user@host/brook")
    assert databases["default"]["OPTIONS"] == {
        "connect_timeout": 5,
        "tcp_user_timeout": 30_000,
        "options": "-c idle_in_transaction_session_timeout=10s",
    }
    [databases] = loaded(tmp_path, "DATABASES", DATABASE_URL="postgres://user@host/brook?connect_timeout=9")
    assert databases["default"]["OPTIONS"]["connect_timeout"] == 9


def test_without_a_redis_there_is_no_line_between_processes(tmp_path):
    assert loaded(tmp_path, "REDIS_URL", "CHANNEL_LAYERS") == ["", {}]


def test_a_redis_makes_one_line_between_processes_which_is_not_the_one_of_sockets(tmp_path):
    url = "redis://:sesame@host:6379/3"
    [found] = loaded(tmp_path, "CHANNEL_LAYERS", REDIS_URL=url)
    assert found == layers(url, prefix=found["relay"]["CONFIG"]["prefix"])


def test_installations_on_one_redis_are_kept_apart_and_their_processes_together(tmp_path):
    def prefix(data_dir, **variables):
        [found] = loaded(tmp_path / data_dir, "CHANNEL_LAYERS", REDIS_URL="redis://host", **variables)
        return found["relay"]["CONFIG"]["prefix"]

    shared = {"SECRET_KEY": "s" * 50}
    assert prefix("one", **shared) == prefix("two", **shared)
    assert prefix("one") == prefix("one")
    assert len({prefix("one"), prefix("two"), prefix("two", **shared)}) == 3
    assert "sss" not in prefix("one", **shared)


def test_sqlite_waits_for_its_writer_instead_of_failing_at_once(tmp_path):
    [databases] = loaded(tmp_path, "DATABASES", DATABASE_URL=f"sqlite:///{tmp_path}/elsewhere.sqlite3")
    assert databases["default"]["NAME"] == f"{tmp_path}/elsewhere.sqlite3"
    assert databases["default"]["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert "journal_mode=WAL" in databases["default"]["OPTIONS"]["init_command"]


def test_the_key_comes_from_the_variable_or_else_from_the_file(tmp_path):
    (tmp_path / "key").write_text(" from-file \n")
    file = {"UPSTREAM_API_KEY_FILE": str(tmp_path / "key")}
    assert loaded(tmp_path, "UPSTREAM_API_KEY", **file) == ["from-file"]
    assert loaded(tmp_path, "UPSTREAM_API_KEY", UPSTREAM_API_KEY="from-variable", **file) == ["from-variable"]


def test_the_models_are_a_list_whose_order_counts(tmp_path):
    assert loaded(tmp_path, "UPSTREAM_MODELS", UPSTREAM_MODELS="large, small,") == [["large", "small"]]


@pytest.mark.parametrize(
    ("variables", "origins"),
    [
        ({"PORT": "9000"}, {f"http://{name}:9000" for name in ("127.0.0.1", "localhost", "[::1]")}),
        ({"PORT": "80"}, {f"http://{name}" for name in ("127.0.0.1", "localhost", "[::1]")}),
        ({"ALLOWED_HOSTS": "chat.org"}, {"http://chat.org:8000", "https://chat.org"}),
        ({"ALLOWED_HOSTS": "chat.org", "PORT": "80"}, {"http://chat.org", "https://chat.org"}),
        ({"ALLOWED_HOSTS": "*"}, {f"http://{name}:8000" for name in ("127.0.0.1", "localhost", "[::1]")}),
        ({"ALLOWED_HOSTS": ".chat.org,chat.org"}, {"http://chat.org:8000", "https://chat.org"}),
        ({"ORIGINS": "https://Chat.org:443/,http://b.org:81"}, {"https://chat.org", "http://b.org:81"}),
        ({"ORIGINS": "https://chat.org", "ALLOWED_HOSTS": "a.org,b.org"}, {"https://chat.org"}),
    ],
)
def test_sockets_are_open_to_pages_of_exactly_our_own_addresses(tmp_path, variables, origins):
    [found] = loaded(tmp_path, "SOCKET_ORIGINS", **variables)
    assert set(found) == origins


def test_a_host_that_is_listened_at_is_also_answered_for(tmp_path):
    for host, name in [("192.0.2.7", "192.0.2.7"), ("::1", "[::1]"), ("2001:db8::7", "[2001:db8::7]")]:
        [hosts, origins] = loaded(tmp_path, "ALLOWED_HOSTS", "SOCKET_ORIGINS", HOST=host)
        assert name in hosts
        assert f"http://{name}:8000" in origins


@pytest.mark.parametrize(
    ("origins", "secure"),
    [
        ("", False),
        ("http://chat.org", False),
        ("https://chat.org,http://chat.org", False),
        ("https://chat.org", True),
        ("HTTPS://chat.org,https://b.org", True),
    ],
)
def test_cookies_are_secure_when_every_origin_is_https(tmp_path, origins, secure):
    names = ["SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE"]
    assert loaded(tmp_path, *names, ORIGINS=origins) == [secure, secure]
