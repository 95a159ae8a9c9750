"""Settings. Every value that a machine may want to change comes from the environment (docs/operations.md)."""

import json
import re
import sys
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from config import beat_schedule, own_files
from config.account_settings import *  # noqa: F403  what allauth and Django ask of accounts, the same on every machine

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

# --- where things are -----------------------------------------------------------------------------
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "var"))).resolve()
HOST = env.str("HOST", default="127.0.0.1")
PORT = env.int("PORT", default=8000)
# Web processes of `make run`, and the threads of each in which Django works; production's own are in docs/deploy.
WEB_PROCESSES = env.int("WEB_PROCESSES", default=1)
WEB_THREADS = env.int("WEB_THREADS", default=4)
BASE_URL = env.str("BASE_URL", default=f"http://{f'[{HOST}]' if ':' in HOST else HOST}:{PORT}").rstrip("/")
DEBUG = env.bool("DEBUG", default=False)
own_files.close(DATA_DIR)

SECRET_KEY = env.str("SECRET_KEY", default="") or own_files.kept_secret(DATA_DIR / "secret-key")
# Former ones: what they signed (log-ins, links in mails) goes on until they are taken out here.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[]) or [
    BASE_URL.split("//", 1)[1].rsplit(":", 1)[0],
    "localhost",
    "127.0.0.1",
    "[::1]",
]
CSRF_TRUSTED_ORIGINS = [BASE_URL] if BASE_URL.startswith("https://") else []
# How many proxies in front of us may be believed about X-Forwarded-For; 0: none.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)

# --- the parts ------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "config.apps.SiteConfig",
    "prizes.apps.PrizesConfig",
    "registration.apps.RegistrationConfig",
    "events.apps.EventsConfig",
    "config.apps.OrganisersAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.sitemaps",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "django_filters",
    "drf_spectacular",
]
MIDDLEWARE = [
    "config.running.monitoring.middleware.observed",
    "config.middleware.arrival",
    "config.middleware.programs_ask_over_https",
    "django.middleware.security.SecurityMiddleware",
    "config.middleware.for_this_site",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "config.middleware.private_by_default",
    "config.middleware.indexed_by_its_own_address",
    "config.middleware.content_security_policy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "config.middleware.known_by_cookie",
    "django.middleware.locale.LocaleMiddleware",
    "config.middleware.BodyLimit",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "registration.people.accounts.second_factor.gate.Gate",
    "config.middleware.ReadOnlyArchive",
]
ROOT_URLCONF = "config.urls"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
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
            ],
            "builtins": ["events.templatetags.addresses"],
            "libraries": {"list_rows": "events.shared.admin.lists.list_rows"},
        },
    }
]

# --- database, cache, broker ----------------------------------------------------------------------
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=20000;",
}
_database: dict[str, Any] = (
    env.db("DATABASE_URL")
    if env.str("DATABASE_URL", default="")
    else {"ENGINE": "django.db.backends.sqlite3", "NAME": DATA_DIR / "forum.sqlite3"}
)
# The web's processes say so: for a page nobody waits long; workers and commands take their time.
SERVES_PAGES = env.bool("SERVES_PAGES", default=False)
if _database["ENGINE"].endswith("postgresql"):
    # Each thread keeps a connection and looks whether it is alive before a request uses it: there are few threads, so no pool is
    # needed. A server that is not reached, or acknowledges nothing, is an error after seconds.
    _database["CONN_MAX_AGE"] = 600  # seconds
    _database["CONN_HEALTH_CHECKS"] = True
    _options: dict[str, Any] = {"connect_timeout": 2, "tcp_user_timeout": 5_000}  # seconds, milliseconds
    _options |= {"server_side_binding": True, "prepare_threshold": 5}
    if SERVES_PAGES:
        _options["options"] = "-c lock_timeout=2500ms -c statement_timeout=10s"
    _database["OPTIONS"] = _options | _database.get("OPTIONS", {})
if _database["ENGINE"].endswith("sqlite3"):
    _database["OPTIONS"] = SQLITE_OPTIONS
DATABASES = {"default": _database}
# Where pg_dump, pg_restore and psql are (config.running.backup); unset: on the PATH.
POSTGRES_BINARIES = env.str("POSTGRES_BINARIES", default="")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# A socket address has the form unix:///path/valkey.sock; Celery's client spells the same redis+socket://.
REDIS_URL = env.str("REDIS_URL", default="")
CACHES = {
    "default": {
        "BACKEND": "events.shared.broker.cache.BrokerCache"
        if REDIS_URL
        else "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": REDIS_URL or "forum",
    }
}
HAS_WORKERS = bool(REDIS_URL)  # without (manage.py runserver) PDF files are made where they are asked for
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://") or "memory://"
# Nobody waits to send a wake-up (events.shared.broker.wake_ups). A worker tries a broker that is away again after 2 and 4 seconds; then it
# ends, and is started again by who started it.
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_timeout": 2, "socket_connect_timeout": 1, "max_retries": 0}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = 2
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "bulk"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "beat-schedule")
CELERY_TASK_ROUTES = {"events.tasks.deliver_account_mail": {"queue": "account"}}
CELERY_BEAT_SCHEDULE = beat_schedule.SCHEDULE

# --- mail -----------------------------------------------------------------------------------------
# Every mail is first a row of the outbox (events.shared.mail.outbox); this backend turns allauth's mails into such rows.
EMAIL_BACKEND = "events.shared.mail.backends.OutboxBackend"
EMAIL_URL = env.str("EMAIL_URL", default="")
if EMAIL_URL:
    _smtp = env.email_url("EMAIL_URL")
    EMAIL_HOST, EMAIL_PORT = _smtp["EMAIL_HOST"], _smtp["EMAIL_PORT"]
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _smtp["EMAIL_HOST_USER"], _smtp["EMAIL_HOST_PASSWORD"]
    EMAIL_USE_TLS, EMAIL_USE_SSL = _smtp.get("EMAIL_USE_TLS", False), _smtp.get("EMAIL_USE_SSL", False)
DELIVERY_BACKEND = (
    "django.core.mail.backends.smtp.EmailBackend" if EMAIL_URL else "events.shared.mail.backends.FileBackend"
)
# “name:password”, by which the provider that hands our mails on reports bounces and complaints at /mail/events/<provider>/.
MAIL_EVENTS_SECRET = env.str("MAIL_EVENTS_SECRET", default="")
if MAIL_EVENTS_SECRET and not re.fullmatch(r"[^:]+:.{24,}", MAIL_EVENTS_SECRET):
    raise environ.ImproperlyConfigured(
        "MAIL_EVENTS_SECRET is “name:password”, with a password of 24 characters or more"
    )
EMAIL_FILE_PATH = DATA_DIR / "mail"
EMAIL_TIMEOUT = 10  # seconds to connect and to log in; then events.shared.mail.sender.ANSWER
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="WSIS Forum <forum@localhost.localdomain>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
SECURITY_CONTACT = env.str("SECURITY_CONTACT", default="")
# The page /mail/ shows log-in codes: only where no SMTP is set and only this machine can ask. A proxy in front, which
# makes a site on a loopback address public, shows in its own address or in the number of proxies.
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}
_IS_ALONE = {HOST, urlsplit(BASE_URL).hostname} <= _LOOPBACK and not TRUSTED_PROXIES
SHOW_MAIL = not EMAIL_URL and _IS_ALONE

# --- people ---------------------------------------------------------------------------------------
AUTH_USER_MODEL = "events.User"
AUTHENTICATION_BACKENDS = [
    "events.shared.rights.permission_backend.MembershipBackend",  # says what people may do, and asks no other
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = LOGOUT_REDIRECT_URL = "events:index"  # out of the admin too, which has a page of Django's else
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if BASE_URL.startswith("https://") else "http"
# Whether who may enter the organisers' site needs a second step (registration.people.accounts.second_factor). It cannot be turned off
# where anybody but this machine can ask; and it is off by itself only where the database is the embedded one, too.
REQUIRE_MFA = not _IS_ALONE or env.bool("REQUIRE_MFA", default=bool(env.str("DATABASE_URL", default="")))
# Staff log in with an account of their organisation, too (registration.people.accounts.staff_login): one JSON object; empty: nobody.
STAFF_LOGIN: dict[str, str] = {}
if _said := env.str("STAFF_LOGIN", default=""):
    try:
        STAFF_LOGIN = {name: json.loads(_said)[name] for name in ("name", "server", "client", "secret")}
        _server = urlsplit(STAFF_LOGIN["server"])
        if not all(STAFF_LOGIN.values()) or (_server.scheme != "https" and _server.hostname not in _LOOPBACK):
            raise ValueError
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise environ.ImproperlyConfigured(
            'STAFF_LOGIN is {"name": "…", "server": "https://…", "client": "…", "secret": "…"}'
        ) from error
# The vote's own limits (prizes.vote.rate_limits): tight per account, wide per address; 0: none.
VOTE_CHOICES_PER_MINUTE = env.int("VOTE_CHOICES_PER_MINUTE", default=60)
VOTE_BALLOTS_PER_MINUTE = env.int("VOTE_BALLOTS_PER_MINUTE", default=300)

# Networks of venues, from which many log in at once: registration.people.accounts.log_ins.slow_down counts nobody there.
VENUE_NETWORKS = env.list("VENUE_NETWORKS", default=[])
for one in VENUE_NETWORKS:
    try:
        ip_network(one)
    except ValueError as error:
        raise environ.ImproperlyConfigured(f"VENUE_NETWORKS holds what is no network: {error}") from error

# --- safety ---------------------------------------------------------------------------------------
_SECURE = BASE_URL.startswith("https://")
# What a page says after a form (“Saved: …” on the ballot) stays with the browser: never in a session, which names the person.
MESSAGE_STORAGE = "config.middleware.Messages"
SESSION_ENGINE = "registration.people.accounts.sessions"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _SECURE
# Browsers take a cookie of such a name from this very host only, over https, for all of it.
COOKIE_PREFIX = "__Host-" if _SECURE else ""
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}sessionid", f"{COOKIE_PREFIX}csrftoken"
CSRF_COOKIE_HTTPONLY = True
SECURE_SSL_REDIRECT = _SECURE and env.bool("SECURE_SSL_REDIRECT", default=True)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
# Browsers keep to https for so long: an hour to begin with, since nobody can take it back.
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=3600) if _SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = env.bool("HSTS_SUBDOMAINS", default=False)
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]  # hosts below this one may be somebody else's
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
# Organisers’ forms with files (documents, logos, tables to import).
UPLOAD_LIMIT = env.int("UPLOAD_LIMIT", default=50_000_000)
# Sites that may show the programme in a frame (events.shared.pages.embedding): https://www.example.org, https://*.example.org.
EMBED_SITES = [site.rstrip("/").lower() for site in env.list("EMBED_SITES", default=[])]
if bad := [site for site in EMBED_SITES if not re.fullmatch(r"https?://(\*\.)?[-a-z0-9.]+(:\d+)?", site)]:
    raise environ.ImproperlyConfigured(f"EMBED_SITES holds what is no site: {', '.join(bad)}")
_OWN = ("script-src", "style-src", "img-src", "font-src", "connect-src", "media-src", "form-action")
_NOTHING = ("default-src", "base-uri", "frame-ancestors")
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {name: [NONE] for name in _NOTHING} | {name: [SELF] for name in _OWN},
}

# --- languages and time ---------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("fr", _("French")), ("ar", _("Arabic"))]
LANGUAGE_COOKIE_NAME = (
    f"{COOKIE_PREFIX}language"  # chosen last (site.js, events.programme.views.index): where the bare address leads
)
LOCALE_PATHS = [BASE_DIR / "config" / "locale"]
TIME_ZONE = "UTC"
FORMAT_MODULE_PATH = ["config.formats"]

# --- the read API ---------------------------------------------------------------------------------
# Django REST framework itself is no part of INSTALLED_APPS: its pages, scripts and sheets are not wanted here.
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": [],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "events.api.errors.handle",
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "WSIS Forum: the programme to read",
    "DESCRIPTION": "What is public of the forums, for programs. Nothing can be changed here, and no account is needed. "
    "Times are in UTC; the zone of the forum stands beside them. Texts are Markdown in the session's own language; "
    "“texts” holds them in further ones. Answers carry an ETag: ask again with If-None-Match, and what has not changed "
    "costs nothing.",
    "VERSION": "1",
    "OAS_VERSION": "3.0.3",
    "SERVERS": [{"url": BASE_URL}],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "PREPROCESSING_HOOKS": ["events.api.schema_descriptions.describe"],
    "ENUM_NAME_OVERRIDES": {
        "StateEnum": ["scheduled", "cancelled"],
        "LanguageEnum": "events.models.programme.Language",
        "StakeholderEnum": "events.models.reference.StakeholderType",
        "OutcomeKindEnum": "events.models.outcome.Outcome.Kind",
        "RoleEnum": "events.models.programme.Appearance.Role",
    },
}

# --- the prize ------------------------------------------------------------------------------------
# Mail domains that the integrity report names besides prizes/data/throwaway_domains.txt.
THROWAWAY_DOMAINS = env.list("THROWAWAY_DOMAINS", default=[])

# --- files ----------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
MEDIA_URL = "/media/"
MEDIA_ROOT = DATA_DIR / "media"
# The keys of the prize's editions; kept apart from the database and from its backups (docs/operations.md).
KEYS_DIR = Path(env.str("KEYS_DIR", default=str(DATA_DIR / "keys"))).resolve()
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "config.running.serving.static_files.MinifiedStaticFilesStorage"},
}

# --- monitoring -----------------------------------------------------------------------------------
# Who may read /metrics from another machine or behind a proxy: `Authorization: Bearer …`. Empty: nobody but this machine.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
if METRICS_TOKEN and len(METRICS_TOKEN) < 20:
    raise environ.ImproperlyConfigured("METRICS_TOKEN is too short to be a secret: give it 20 characters or more")
# One JSON object a line for machines, or lines for people: those where somebody sits at a terminal.
LOG_FORMAT = env.str("LOG_FORMAT", default="line" if sys.stderr.isatty() else "json")
if LOG_FORMAT not in {"json", "line"}:
    raise environ.ImproperlyConfigured(f"LOG_FORMAT is “{LOG_FORMAT}”: it can be json or line")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"without addresses": {"()": "config.running.monitoring.log_lines.WithoutAddresses"}},
    "formatters": {
        "json": {"()": "config.running.monitoring.log_lines.JsonLine"},
        "line": {
            "()": "config.running.monitoring.log_lines.TextLine",
            "format": "%(asctime)s %(levelname)s %(name)s: %(message)s",
        },
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": LOG_FORMAT,
            "filters": ["without addresses"],
        }
    },
    # A line for each request that Django answers: too many for a terminal.
    # The events of the history stand on its own page, too (events.shared.history.log).
    "loggers": {key: {"level": "INFO" if LOG_FORMAT == "json" else "WARNING"} for key in ("requests", "history")},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
}
