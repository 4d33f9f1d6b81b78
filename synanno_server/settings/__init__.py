"""Django settings. Values that differ between deployments come from `synanno_server.env`."""

from __future__ import annotations

import logging
import zlib

from synanno_server import VERSION
from synanno_server.env import REPOSITORY, read_environment
from synanno_server.redis_urls import celery_url, client_url
from synanno_server.settings.api import API_DESCRIPTION
from synanno_server.settings.database import database
from synanno_server.settings.logs import configure_structlog, logging_config
from synanno_server.settings.secrets import secret_key, secrets_key

ENVIRONMENT = read_environment()
SOFTWARE_VERSION = VERSION

SECRET_KEY = ENVIRONMENT.secret_key or secret_key(ENVIRONMENT.home)


def SECRETS_KEYS() -> tuple[str, ...]:  # noqa: N802 - a setting
    """Asked for only where a secret is kept or used: others need no key."""
    return ENVIRONMENT.secrets_keys or (secrets_key(ENVIRONMENT.home),)


DEBUG = ENVIRONMENT.debug
ALLOWED_HOSTS = list(ENVIRONMENT.allowed_hosts)
CSRF_TRUSTED_ORIGINS = list(ENVIRONMENT.trusted_origins)

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "knox",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_structlog",
    "synanno_server",
    "apps.core",
    "apps.accounts",
    "apps.datasets",
    "apps.campaigns",
    "apps.proofreading",
    "apps.evaluation",
    "apps.revision",
    "apps.exports",
    "apps.cave_sync",
    "apps.pipelines",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "apps.core.middleware.ErrorMiddleware",
]

ROOT_URLCONF = "synanno_server.urls"
WSGI_APPLICATION = "synanno_server.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [REPOSITORY / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASES = {"default": database(ENVIRONMENT.database_url)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_CLIENT_URL = client_url(ENVIRONMENT.redis_url or "redis://127.0.0.1:6379/0")
CELERY_BROKER_URL = celery_url(ENVIRONMENT.redis_url or "redis://127.0.0.1:6379/0")

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["apps.accounts.sessions.PersonBackend"]
SESSION_ENGINE = "apps.accounts.sessions"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "my-campaigns"
LOGOUT_REDIRECT_URL = "login"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

SESSION_COOKIE_SECURE = ENVIRONMENT.https
CSRF_COOKIE_SECURE = ENVIRONMENT.https
# Cookies do not know ports: copies side by side on one host need names of their own.
_COPY = f"{zlib.crc32(str(ENVIRONMENT.home).encode()):08x}"
SESSION_COOKIE_NAME = f"synanno_session_{_COPY}"
CSRF_COOKIE_NAME = f"synanno_csrf_{_COPY}"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if ENVIRONMENT.https else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "SAMEORIGIN"

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True
FORMAT_MODULE_PATH = "synanno_server.formats"

STATIC_URL = "/static/"
FRONTEND_BUILD = REPOSITORY / "build" / "frontend"
STATICFILES_DIRS = [FRONTEND_BUILD]
WHITENOISE_USE_FINDERS = True
WHITENOISE_KEEP_ONLY_HASHED_FILES = False
# Vite puts a hash of the content into these names: a browser need never ask for them again.
WHITENOISE_IMMUTABLE_FILE_TEST = r"^/static/assets/.+-[\w-]{8}\.\w+$"

# Programs come with a token, browsers with a session. The first class asks nobody in: 401.
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "apps.accounts.http.ApiTokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_THROTTLE_CLASSES": ["apps.core.throttling.PersonThrottle"],
    "DEFAULT_PAGINATION_CLASS": "apps.core.paging.Pages",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["apps.core.api.BoundedJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "apps.core.schema.Schema",
    "EXCEPTION_HANDLER": "apps.core.errors_http.handle_exception",
}
KNOX_TOKEN_MODEL = "accounts.ApiToken"  # noqa: S105 - the name of a model
MIGRATION_MODULES = {"knox": None}  # our model stands in for its only one
SPECTACULAR_SETTINGS = API_DESCRIPTION

LOGGING = logging_config(ENVIRONMENT.log_format, ENVIRONMENT.log_level)
configure_structlog(ENVIRONMENT.log_format)
DJANGO_STRUCTLOG_CELERY_ENABLED = True
DJANGO_STRUCTLOG_STATUS_START_LOG_LEVEL = logging.DEBUG  # a line a request, when it is answered
