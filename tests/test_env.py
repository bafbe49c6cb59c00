import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from chat import env

NAME = "BROOK_TEST"


@pytest.fixture
def given(monkeypatch):
    return lambda value: monkeypatch.setenv(NAME, value)


def refused(reader, *arguments):
    """The words with which the reader refuses: one line that begins with the variable's name."""
    with pytest.raises(ImproperlyConfigured) as refusal:
        reader(NAME, *arguments)
    words = str(refusal.value)
    assert words.startswith(NAME)
    assert "\n" not in words
    return words


# Words, flags, numbers


@pytest.mark.parametrize("value", ["", "  ", "\t"])
def test_blank_is_as_good_as_unset(given, value, tmp_path):
    given(value)
    assert env.text(NAME, "other") == "other"
    assert env.words(NAME) == env.hosts(NAME) == env.origins(NAME) == []
    assert env.flag(NAME) is False
    assert env.number(NAME, 7, 1, 9) == 7
    assert env.host(NAME, "127.0.0.1") == "127.0.0.1"
    assert env.url(NAME) == env.redis(NAME) == env.file_text(NAME) == ""
    assert env.directory(NAME, tmp_path) == tmp_path


def test_blanks_around_values_do_not_count(given):
    given("  one , two,, three ")
    assert env.text(NAME) == "one , two,, three"
    assert env.words(NAME) == ["one", "two", "three"]


@pytest.mark.parametrize(
    ("value", "on"),
    [("1", True), ("true", True), ("Yes", True), ("ON", True), ("0", False), ("False", False), ("no", False)],
)
def test_a_flag_has_several_spellings(given, value, on):
    given(value)
    assert env.flag(NAME) is on


@pytest.mark.parametrize("value", ["2", "y", "enabled", "tru", "1 0"])
def test_a_flag_that_is_neither_on_nor_off_is_refused(given, value):
    given(value)
    assert value in refused(env.flag)


@pytest.mark.parametrize("value", ["1", "80", "65535", "0080"])
def test_a_number_within_its_bounds_is_taken(given, value):
    given(value)
    assert env.number(NAME, 7, 1, 65535) == int(value)


@pytest.mark.parametrize(
    "value",
    ["0", "65536", "-1", "+1", "8e3", "80.0", "0x50", "eighty", "8_0", "８０", "80 80", "9" * 5000, "0" * 9 + "99999"],
)
def test_anything_else_is_no_number(given, value):
    given(value)
    assert "from 1 to 65535" in refused(env.number, 7, 1, 65535)


# Hosts and addresses


@pytest.mark.parametrize(
    ("value", "host"),
    [
        ("0.0.0.0", "0.0.0.0"),  # noqa: S104  nobody listens
        ("localhost", "localhost"),
        ("Chat.Example.org", "chat.example.org"),
        ("::", "::"),
        ("::1", "::1"),
        ("[::1]", "::1"),
    ],
)
def test_a_host_is_a_name_or_an_address(given, value, host):
    given(value)
    assert env.host(NAME, "127.0.0.1") == host


@pytest.mark.parametrize(
    "value", ["http://host", "host:80", "1:2", "a b", "host/", "*", "127.0.0.1:port=1", "host,other", "a..b"]
)
def test_a_host_with_anything_around_it_is_refused(given, value):
    given(value)
    refused(env.host, "127.0.0.1")


def test_hosts_are_names_in_lower_case_wildcards_and_bracketed_addresses(given):
    given("Chat.Example.org, .example.net, *, 10.0.0.1, [::1]")
    assert env.hosts(NAME) == ["chat.example.org", ".example.net", "*", "10.0.0.1", "[::1]"]


@pytest.mark.parametrize(
    "value", ["https://host", "host:80", "host/", "ok.org,a b", "*.example.org", "::1", "user@host"]
)
def test_hosts_with_a_scheme_port_or_path_are_refused(given, value):
    given(value)
    refused(env.hosts)


@pytest.mark.parametrize(
    ("value", "url"),
    [
        ("https://host/v1", "https://host/v1"),
        ("https://host/v1/", "https://host/v1"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://[::1]:8080/v1", "http://[::1]:8080/v1"),
    ],
)
def test_an_address_is_taken_without_its_last_slash(given, value, url):
    given(value)
    assert env.url(NAME) == url


BAD_ADDRESSES = [
    "host",
    "host/v1",
    "//host",
    "ftp://host",
    "https://",
    "https:host",
    "https://ho st",
    "https://[::1",
    "https:\\\\host",
]


@pytest.mark.parametrize("value", [*BAD_ADDRESSES, "https://host:x/v1", "https://host:99999/v1", "https://host/a b"])
def test_what_is_no_address_is_refused(given, value):
    given(value)
    assert "https://host/v1" in refused(env.url)


@pytest.mark.parametrize(
    "value",
    [
        "https://user:sesame@host/v1",
        "https://sesame@host/v1",
        "https://user:sesame@host:port/v1",
        "ftp://user:sesame@host/v1",
        "https://host/v1?key=sesame",
        "ftp://host/v1?key=sesame",
        "https://host/v1#sesame",
    ],
)
def test_an_address_that_holds_a_secret_is_refused_without_repeating_it(given, value):
    given(value)
    assert "sesame" not in refused(env.url)


@pytest.mark.parametrize(
    "value",
    [
        "redis://127.0.0.1",
        "redis://redis.example.org:6380/3",
        "redis://:sesame@host:6379/0",
        "rediss://user:se%2Fsame@host/",
        "redis://[::1]:6379",
        "redis://host/0?health_check_interval=9",
    ],
)
def test_a_redis_is_named_by_its_address_with_password_and_database(given, value):
    given(f" {value} ")
    assert env.redis(NAME) == value


@pytest.mark.parametrize(
    "value",
    [
        "sesame",
        "host:6379",
        "http://:sesame@host",
        "unix:///sesame.sock",
        "redis://",
        "redis://:sesame@",
        "redis://:sesame@host:port",
        "redis://:sesame@host:99999",
        "redis://:sesame@host/name",
        "redis://:sesame@host/0/1",
        "redis://host/0#sesame",
        "redis://:sesame@[::1",
    ],
)
def test_what_is_no_redis_is_refused_without_repeating_its_password(given, value):
    given(value)
    assert "sesame" not in refused(env.redis)


@pytest.mark.parametrize(
    ("value", "origins"),
    [
        ("https://chat.example.org", ["https://chat.example.org"]),
        ("https://a.org/, http://b.org:8000", ["https://a.org", "http://b.org:8000"]),
        ("https://A.org:443,http://B.org:80", ["https://a.org", "http://b.org"]),
        ("http://a.org:443,http://[::1]:8000", ["http://a.org:443", "http://[::1]:8000"]),
    ],
)
def test_origins_are_returned_as_browsers_write_them(given, value, origins):
    given(value)
    assert env.origins(NAME) == origins


@pytest.mark.parametrize(
    "value", [*BAD_ADDRESSES, "*", "null", "https://a.org/chat", "https://a.org,b.org", "https://a.org?x"]
)
def test_what_is_no_origin_is_refused(given, value):
    given(value)
    refused(env.origins)


# Files


def test_a_file_is_read_without_the_blanks_around_its_text(given, tmp_path):
    (tmp_path / "key").write_text("\n  sesame \n")
    given(str(tmp_path / "key"))
    assert env.file_text(NAME) == "sesame"


@pytest.mark.parametrize("content", [None, b"", b" \n", b"sesame\xff"])
def test_a_file_that_is_missing_empty_or_no_text_is_refused_without_repeating_it(given, tmp_path, content):
    if content is not None:
        (tmp_path / "key").write_bytes(content)
    given(str(tmp_path / "key"))
    words = refused(env.file_text)
    assert "sesame" not in words
    assert "0xff" not in words


def test_a_directory_is_made_with_its_parents_for_its_owner_only(given, tmp_path):
    given(str(tmp_path / "new" / "data"))
    made = env.directory(NAME, Path("/nowhere"))
    assert made == tmp_path / "new" / "data"
    assert stat.S_IMODE(made.stat().st_mode) == 0o700
    assert env.directory(NAME, Path("/nowhere")) == made


def test_a_directory_that_cannot_be_is_refused(given, tmp_path):
    (tmp_path / "file").touch()
    for value in (tmp_path / "file", tmp_path / "file" / "data", "/proc/nowhere", "~nobody-of-this-name/data"):
        given(str(value))
        assert "cannot be used" in refused(env.directory, tmp_path)


# The secret


def test_a_secret_is_made_once_and_kept_for_its_owner_only(tmp_path):
    path = tmp_path / "secret"
    secret = env.kept_secret(path)
    assert len(secret) >= 50
    assert path.read_text() == secret == env.kept_secret(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert env.kept_secret(tmp_path / "other") != secret


def test_processes_that_start_at_once_get_the_same_secret(tmp_path):
    at_once = threading.Barrier(8)

    def ask(path):
        at_once.wait(10)
        return env.kept_secret(path)

    with ThreadPoolExecutor(8) as pool:
        for attempt in range(50):
            assert len(set(pool.map(ask, [tmp_path / str(attempt)] * 8))) == 1


def test_a_process_that_died_before_it_wrote_the_secret_harms_nobody(tmp_path):
    path = tmp_path / "secret"
    path.touch(0o600)
    assert path.read_text() != env.kept_secret(path) == env.kept_secret(path)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_secret_that_others_can_read_is_refused_unread(tmp_path, mode):
    path = tmp_path / "secret"
    secret = env.kept_secret(path)
    path.chmod(mode)
    with pytest.raises(ImproperlyConfigured) as refusal:
        env.kept_secret(path)
    assert f"chmod 600 {path}" in str(refusal.value)
    assert secret not in str(refusal.value)
    path.chmod(0o400)
    assert env.kept_secret(path) == secret


@pytest.mark.parametrize("content", [b"short", b"\xff" * 50])
def test_a_secret_that_is_none_is_refused(tmp_path, content):
    path = tmp_path / "secret"
    path.touch(0o600)
    path.write_bytes(content)
    with pytest.raises(ImproperlyConfigured, match="no usable secret"):
        env.kept_secret(path)


def test_a_secret_where_no_file_can_be_is_refused(tmp_path):
    (tmp_path / "secret").mkdir()
    with pytest.raises(ImproperlyConfigured, match="cannot be used"):
        env.kept_secret(tmp_path / "secret")
