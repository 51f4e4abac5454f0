"""Django settings, derived from the environment (nono/environment.py defines the operator's settings)."""

from pathlib import Path
from typing import Any

import dj_database_url
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as StoreConnectionError
from redis.retry import Retry

from nono import data_folder, environment, logs, private_redis

BASE_DIR = environment.PROJECT
env = environment.read()

# Settings of the operator, with the names of the environment variables

NONO_DATA_DIR = env.NONO_DATA_DIR
NONO_SESSION_TTL = env.NONO_SESSION_TTL
NONO_SESSION_MAX_AGE = env.NONO_SESSION_MAX_AGE
NONO_HISTORY_LIMIT = env.NONO_HISTORY_LIMIT
NONO_CONTEXT_MESSAGES = env.NONO_CONTEXT_MESSAGES
NONO_CONTEXT_CHARS = env.NONO_CONTEXT_CHARS
NONO_PERSONAS: Path | None = env.NONO_PERSONAS
NONO_RATE_LIMITS = env.NONO_RATE_LIMITS
NONO_SOCKETS_PER_ADDRESS = env.NONO_SOCKETS_PER_ADDRESS
NONO_ACCESS = env.NONO_ACCESS
NONO_HELPLINE_COUNTRY = env.NONO_HELPLINE_COUNTRY
NONO_SENTRY_DSN = env.NONO_SENTRY_DSN
NONO_TRUSTED_PROXIES = env.NONO_TRUSTED_PROXIES
NONO_METRICS = env.NONO_METRICS
NONO_METRICS_TOKEN = env.NONO_METRICS_TOKEN.get_secret_value() if env.NONO_METRICS_TOKEN else None
LLM_BASE_URL = env.LLM_BASE_URL
LLM_MODEL = env.LLM_MODEL
LLM_API_KEY = env.LLM_API_KEY.get_secret_value() if env.LLM_API_KEY else None
LLM_TIMEOUT = env.LLM_TIMEOUT
LLM_FIRST_BYTE_TIMEOUT = min(env.LLM_FIRST_BYTE_TIMEOUT, env.LLM_TIMEOUT)
LLM_SILENCE_TIMEOUT = min(env.LLM_SILENCE_TIMEOUT, env.LLM_TIMEOUT)
LLM_EXTRA_HEADERS = env.LLM_EXTRA_HEADERS
LLM_EXTRA_BODY = env.LLM_EXTRA_BODY
LLM_PROXY = env.LLM_PROXY
LLM_CA_FILE: Path | None = env.LLM_CA_FILE
NONO_SHOW_REASONING = env.NONO_SHOW_REASONING
HOST = env.HOST
PORT = env.PORT
DEBUG = env.DEBUG
ALLOWED_HOSTS = list(env.ALLOWED_HOSTS)
CSRF_TRUSTED_ORIGINS = list(env.CSRF_TRUSTED_ORIGINS)
SECRET_KEY = env.SECRET_KEY.get_secret_value() if env.SECRET_KEY else data_folder.secret_key(NONO_DATA_DIR)
SECRET_KEY_WAS_MADE = env.SECRET_KEY is None
"""True if SECRET_KEY is not set, so that ``check --deploy`` can refuse that."""

# Applications and middleware

INSTALLED_APPS = [
    "daphne",  # before staticfiles: its runserver serves websockets
    "sessions_app.admin.config.NonoAdminConfig",  # Django's admin with a dashboard
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "ninja",  # for the API page's own copy of its scripts and styles
    "nono",
    "sessions_app",
    "chat_app",
]
MIDDLEWARE = [
    "nono.logs.middleware.request_log",
    "nono.metrics.middleware.request_counts",
    "django.middleware.security.SecurityMiddleware",
    "nono.web.api.api_guard",
    "servestatic.middleware.ServeStaticMiddleware",
    "nono.web.csp.ContentPolicy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "sessions_app.visitors.visitor_cookie",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "nono.urls"
ASGI_APPLICATION = "nono.asgi.application"
APPEND_SLASH = False
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
                "nono.web.i18n.of_page",
            ],
        },
    },
]

# The chat store

REDIS_URL = env.REDIS_URL or private_redis.url(NONO_DATA_DIR)
NONO_STORE_IS_PRIVATE = env.REDIS_URL is None
"""True if an entry point must join the private store (nono/private_redis/manager.py) before using it."""

_in_memory = REDIS_URL == private_redis.IN_MEMORY_URL
# Refused connections are retried for about a second (a restart of the store); timeouts are not retried.
STORE_RETRY: dict[str, Any] = {
    "backoff": ExponentialBackoff(cap=0.5, base=0.05),
    "retries": 4,
    "supported_errors": (StoreConnectionError,),
}
_pool: dict[str, Any] = {
    "max_connections": 64,
    "timeout": 2,  # seconds to wait for a free connection
    "retry": Retry(**STORE_RETRY),
}
if _in_memory:
    from fakeredis import FakeRedisConnection

    _pool["connection_class"] = FakeRedisConnection

CACHES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    "chat": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_FUNCTION": "nono.store.key_functions.unchanged",
        "REVERSE_KEY_FUNCTION": "nono.store.key_functions.reversed_unchanged",
        "OPTIONS": {
            "SERIALIZER": "django_redis.serializers.json.JSONSerializer",  # its default is pickle
            "IGNORE_EXCEPTIONS": False,
            # Responses within 3 s are promised, so the timeouts of the store are shorter.
            "SOCKET_CONNECT_TIMEOUT": 2,
            "SOCKET_TIMEOUT": 2.5,
            "CONNECTION_POOL_CLASS": "redis.BlockingConnectionPool",
            "CONNECTION_POOL_KWARGS": _pool,
        },
    },
}
CHANNEL_LAYERS: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}
    if _in_memory
    else {
        "BACKEND": "nono.realtime.channel_layer.NotificationLayer",
        "CONFIG": {
            "hosts": [{"address": REDIS_URL, "socket_connect_timeout": 2, "socket_timeout": 15}],
            "prefix": "nono",
        },
    },
}

# Database of operators and their audit log

DATABASES = {"default": dj_database_url.parse(env.DATABASE_URL or f"sqlite:///{NONO_DATA_DIR / 'nono.sqlite3'}")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
        "transaction_mode": "IMMEDIATE",
        "timeout": 10,  # seconds to wait for another writer
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

# Cookies and security headers

SESSION_COOKIE_SECURE = env.behind_https
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = env.behind_https
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "no-referrer"
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if env.behind_https and env.NONO_HSTS != "off" else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = env.NONO_HSTS == "domain"
if NONO_TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# Without a proxy that sets X-Forwarded-Proto, the redirect would loop.
SECURE_SSL_REDIRECT = env.behind_https and NONO_TRUSTED_PROXIES > 0
SECURE_REDIRECT_EXEMPT = ["^(health|ready|metrics)$"]  # requested directly, without the proxy
DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]

# Static files

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = NONO_DATA_DIR / "static"
SERVESTATIC_ALLOW_ALL_ORIGINS = False
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "nono.web.staticfiles.HashedStaticFiles"},
}

# Language, time, log

LANGUAGE_CODE = "en-gb"
LANGUAGES = [("en-gb", "English"), ("de", "Deutsch"), ("es", "Español"), ("fr", "Français"), ("pt", "Português")]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_NAME = "nono_language"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_SECURE = env.behind_https
LANGUAGE_COOKIE_HTTPONLY = True
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
LOGGING = logs.configuration(env.NONO_LOG_FORMAT)
