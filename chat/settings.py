"""Settings: the environment in, Django's and Brook's settings out. The variables are listed in docs/operations.md.

Nothing else in the project reads the environment. A bad value raises `ImproperlyConfigured`, which `manage.py`
prints as one line.
"""

import hashlib
from pathlib import Path
from typing import cast

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

from chat import env

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = env.directory("DATA_DIR", BASE_DIR / "var")

DEBUG = env.flag("DEBUG")
SECRET_KEY = env.text("SECRET_KEY") or env.kept_secret(DATA_DIR / "secret_key")

# Where we listen, and under which names people reach us

HOST = env.host("HOST", "127.0.0.1")
PORT = env.number("PORT", 8000, 1, 65535)
LOOPBACK = ["127.0.0.1", "localhost", "[::1]"]
ALLOWED_HOSTS = env.hosts("ALLOWED_HOSTS") or [*LOOPBACK, f"[{HOST}]" if ":" in HOST else HOST]
ORIGINS = env.origins("ORIGINS")
# Exact origins for the WebSocket. Without ORIGINS: our own address, and https on port 443 for every name we answer to.
# A wildcard names nobody: who reaches Brook by names that only a wildcard covers must set ORIGINS.
_NAMES = [host for host in ALLOWED_HOSTS if not host.startswith(("*", "."))] or LOOPBACK
SOCKET_ORIGINS = ORIGINS or [
    *(env.origin("http", f"{host}:{PORT}") for host in _NAMES),
    *(f"https://{host}" for host in _NAMES if host not in LOOPBACK),
]
CSRF_TRUSTED_ORIGINS = SOCKET_ORIGINS
_HTTPS = bool(ORIGINS) and all(origin.startswith("https:") for origin in ORIGINS)

# The upstream. Unset: the embedded model.

UPSTREAM_URL = env.url("UPSTREAM_URL")
UPSTREAM_API_KEY = env.text("UPSTREAM_API_KEY") or env.file_text("UPSTREAM_API_KEY_FILE")
UPSTREAM_MODELS = env.words("UPSTREAM_MODELS")
if UPSTREAM_URL.endswith("/chat/completions"):
    raise ImproperlyConfigured("UPSTREAM_URL must be the base address (https://host/v1), without /chat/completions.")
if not (UPSTREAM_API_KEY.isascii() and UPSTREAM_API_KEY.isprintable()):
    raise ImproperlyConfigured(
        "UPSTREAM_API_KEY or UPSTREAM_API_KEY_FILE has characters that no HTTP header can carry."
    )

# Limits on what a person may send. Those on what an upstream may send stand in chat/relay/limits.py.

MESSAGE_CHARS = 100_000  # one message; about 15,000 words
COMMAND_BYTES = 1024 * 1024  # one WebSocket frame; browsers send 100,000 characters in at most 600,000 bytes
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_BYTES = 1024 * 1024  # a text that is attached to a message
IMAGE_BYTES = 5 * 1024 * 1024  # a picture
IMPORT_BYTES = 50 * 1024 * 1024  # a file with conversations; a person of much talk has some ten thousand messages in it
IMPORT_UNPACKED_BYTES = 200 * 1024 * 1024  # the conversations in an archive

# Django

INSTALLED_APPS = [
    "daphne",  # first: its runserver speaks WebSocket
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "servestatic.runserver_nostatic",
    "django.contrib.staticfiles",
    "channels",
    "chat",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "chat.security.ContentSecurityPolicyMiddleware",  # before what answers by itself
    "servestatic.middleware.ServeStaticMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",  # the language that the browser asks for
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "chat.pages.preferences.PreferencesMiddleware",  # the one that the person has set
    "chat.pages.accounts.LoginRequired",  # a view is public only where it says so
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "chat.urls"
ASGI_APPLICATION = "chat.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "chat.pages.preferences.preferences",
                "chat.static.libraries",
                "chat.languages.words",
            ],
        },
    }
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_SOURCE = BASE_DIR / "locale"
LOCALE_PATHS = [DATA_DIR / "locale"]  # compiled when the server starts: chat/languages.py
TIME_ZONE = "UTC"
USE_TZ = True

# The database. One SQLite file, or whatever DATABASE_URL says.

_ENGINES = ("django.db.backends.sqlite3", "django.db.backends.postgresql")


def _database() -> dict[str, object]:
    url = env.text("DATABASE_URL", f"sqlite:///{DATA_DIR / 'brook.sqlite3'}")
    try:
        database = dict(dj_database_url.parse(url))
    except ValueError:
        database = {}
    if database.get("ENGINE") not in _ENGINES or database["NAME"] in ("", ":memory:"):
        raise ImproperlyConfigured("DATABASE_URL is not like postgres://user:password@host/name or sqlite:////file.")
    if database["ENGINE"] == "django.db.backends.sqlite3":
        # IMMEDIATE: a transaction that reads and then writes would otherwise get SQLITE_BUSY at once, unwaited-for.
        # WAL: readers do not wait for the writer. NORMAL loses nothing when the process dies, only when the power does.
        database["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 10,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        }
        database["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}  # a file: several threads read and write it
    else:
        # A machine that is gone says nothing: without the first two a write would wait for it for a quarter of an hour.
        # And a process that freezes in mid-transaction must not hold its rows' locks: nobody could end its answers.
        given = cast(dict[str, object], database.get("OPTIONS", {}))
        patience = "-c idle_in_transaction_session_timeout=10s"
        database["OPTIONS"] = {"connect_timeout": 5, "tcp_user_timeout": 30_000, "options": patience, **given}
    database["CONN_MAX_AGE"] = 0  # under ASGI a kept connection belongs to a thread, not to a request
    return database


DATABASES = {"default": _database()}

# Between processes: only with REDIS_URL, and only for what runs in another one

REDIS_URL = env.redis("REDIS_URL")
CHANNEL_LAYERS = {}
if REDIS_URL:
    _installation = hashlib.sha256(SECRET_KEY.encode()).hexdigest()[:12]  # what several Brooks on one Redis have apart
    CHANNEL_LAYERS["relay"] = {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {
            "hosts": [
                {
                    "address": REDIS_URL,
                    "socket_connect_timeout": 2,
                    "socket_timeout": 2,
                    "health_check_interval": 5,  # a Redis whose machine is gone says nothing by itself
                }
            ],
            "prefix": f"brook-{_installation}-",
        },
    }

# Accounts

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "chat"
LOGOUT_REDIRECT_URL = "login"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = _HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = _HTTPS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# Static files: hashed names, compressed once, served by the same process

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "chat.static.LibraryFinder",
]
LIBRARIES_DIR = BASE_DIR / "node_modules"
STATIC_ROOT = DATA_DIR / "static"
STORAGES = {
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage" if DEBUG else "chat.static.StaticStorage"
    },
}
SERVESTATIC_ALLOW_ALL_ORIGINS = False
SERVESTATIC_MINIFY = True  # only what is sent compressed: a third of the page is comments

# Logs: one line for each end of a generation, never what was said

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "httpx": {"level": "WARNING"},  # at INFO it writes every address it asks
        "daphne": {"level": "WARNING"},
        "channels_redis": {"level": "CRITICAL"},  # a traceback each second while Redis is away; trunk.py says it once
        "django": {"level": "INFO", "handlers": ["stderr"], "propagate": False},
    },
}
