"""All settings, in reading order. Each variable: name, default, purpose; listed in docs/settings.md."""

from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from chatsite.kit.env import env, env_flag, env_list
from chatsite.kit.logs import build_logging

BASE_DIR = Path(__file__).resolve().parent.parent


def database(url: str, *, pool: int) -> dict[str, object]:
    """Return Django's form of a postgresql:// URL. `host` may be a folder of a Unix socket, given in the query."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": bool(pool),
        "OPTIONS": {**query, **({"pool": {"min_size": 1, "max_size": pool, "timeout": 5}} if pool else {})},
    }


# -- where we are --------------------------------------------------------------------------------------------
PROCESS = env("CHATSITE_PROCESS", "web", "Which process this is: `web` (all but admin) or `admin` (Django admin only).")
ORIGIN = env("CHATSITE_ORIGIN", "http://localhost:8000", "Public origin of console, settings and widget.").rstrip("/")
ADMIN_ORIGIN = env("CHATSITE_ADMIN_ORIGIN", "http://localhost:8001", "Origin of the admin process.").rstrip("/")
SHOP_ORIGIN = env("CHATSITE_SHOP_ORIGIN", "", "Origin of the demo shop; allowed for the demo's sites over http.")
DEMO = env_flag("CHATSITE_DEMO", "Set by `make demo`: offers its people on the sign-in page.")
SERVER = env("CHATSITE_SERVER", "daphne", "Socket server of `manage.py serve`: `daphne` or `uvicorn`.")
DEBUG = env_flag("CHATSITE_DEBUG", "Django's debug pages. Never in production.")
OWN_ORIGIN = ADMIN_ORIGIN if PROCESS == "admin" else ORIGIN
ALLOWED_HOSTS = [
    urlsplit(OWN_ORIGIN).hostname or "",
    *env_list("CHATSITE_EXTRA_HOSTS", "", "More host names, for probes."),
]
HTTPS = OWN_ORIGIN.startswith("https://")
DRAIN_NOTICE_S = float(
    env("CHATSITE_DRAIN_NOTICE_S", "0", "Seconds from SIGTERM to the goodbye, for balancers that ask /health/ready.")
)
METRICS_LISTEN = env(
    "CHATSITE_METRICS_LISTEN", "", "host:port for Prometheus, of a private network only; unset: no metrics."
)
ALIVE_PATH = env("CHATSITE_ALIVE_PATH", "", "File that worker and beat touch as long as they work, for a probe.")
SOCKET_LIMIT_FACTOR = float(
    env("CHATSITE_SOCKET_LIMIT_FACTOR", "1", "Multiplies what one socket may send; raised by `make bench` only.")
)
PROXY_COUNT = int(env("CHATSITE_PROXY_COUNT", "0", "How many proxies of ours append to X-Forwarded-For."))

# -- secrets -------------------------------------------------------------------------------------------------
SECRET_KEY = env("CHATSITE_SECRET_KEY", "", "Root of all signing keys; at least 50 random characters. Required.")
SECRET_KEY_FALLBACKS = env_list("CHATSITE_SECRET_KEY_FALLBACKS", "", "Former secret keys, still accepted.")
if not SECRET_KEY:
    raise ImproperlyConfigured("CHATSITE_SECRET_KEY is not set; `make demo` makes one for you.")

# -- stores --------------------------------------------------------------------------------------------------
DATABASE_URL = env("DATABASE_URL", "postgresql://chatsite_app@/chatsite", "Postgres, as role chatsite_app.")
DATABASE_OWNER_URL = env("DATABASE_OWNER_URL", "", "Postgres, as role chatsite_owner; for migrations only.")
DATABASE_PLATFORM_URL = env("DATABASE_PLATFORM_URL", "", "Postgres, as role chatsite_platform; admin process.")
DATABASE_SWEEPER_URL = env("DATABASE_SWEEPER_URL", "", "Postgres, as role chatsite_sweeper; ids and due times.")
DATABASE_POOL = int(env("DATABASE_POOL", "8", "Connections that a process keeps for its pages; 0: none kept."))
# Three roles on one database. In tests `owner` makes and migrates it, the others log in to the same one.
DATABASES = {
    "default": database(DATABASE_PLATFORM_URL if PROCESS == "admin" else DATABASE_URL, pool=DATABASE_POOL)
    | {"TEST": {"MIRROR": "owner"}},
    "owner": database(DATABASE_OWNER_URL or DATABASE_URL, pool=0),
    "sweeper": database(DATABASE_SWEEPER_URL or DATABASE_URL, pool=0) | {"TEST": {"MIRROR": "owner"}},
}
DATABASE_ROUTERS = ["chatsite.kit.migration_router.OwnerMigrates"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = env(
    "REDIS_URL", "redis://localhost:6379/0", "Valkey or Redis: hints between processes, leases, limits, jobs."
)
CHANNEL_LAYERS = {"default": {"BACKEND": "chatsite.kit.channel_layer.PubSubLayer", "CONFIG": {"hosts": [REDIS_URL]}}}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://").replace("?db=", "?virtual_host=")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True  # a killed worker's task runs again; tasks are safe to run twice
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 300  # seconds; well under the broker's visibility timeout of an hour
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

# -- code ----------------------------------------------------------------------------------------------------
ROOT_URLCONF = "chatsite.admin_urls" if PROCESS == "admin" else "chatsite.urls"
ASGI_APPLICATION = "chatsite.asgi.application"
INSTALLED_APPS = [
    "daphne",
    "accounts.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "servestatic.runserver_nostatic",
    "chatsite.kit.static_files.StaticSources",
    "channels",
    "csp",
    "allauth",
    "allauth.account",
    "chatsite",
    "accounts",
    "widget",
    "chats",
    "billing",
    "privacy",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "servestatic.middleware.ServeStaticMiddleware",
    "csp.middleware.CSPMiddleware",
    "accounts.middleware.HeadersMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.RefusalMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "accounts.access.navigation",
            ]
        },
    }
]

# -- languages -----------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch"), ("ar", "العربية")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_TZ = True
TIME_ZONE = "UTC"

# -- static files --------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = env("CHATSITE_STATIC_ROOT", str(BASE_DIR / ".local" / "static"), "Where collectstatic puts its files.")
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "chatsite.kit.static_files.HashedStaticFiles"},
}
SERVESTATIC_KEEP_ONLY_HASHED_FILES = False  # the loader is served unhashed, by a view

# -- people and sessions -------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.Person"
AUTHENTICATION_BACKENDS = ["accounts.sign_in.PersonBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "admin:login" if PROCESS == "admin" else "account_login"
LOGIN_REDIRECT_URL = "admin:index" if PROCESS == "admin" else "console"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_EMAIL_VERIFICATION = "none"  # sign-up, which verifies, has a path of its own
ACCOUNT_ADAPTER = "accounts.sign_in.AccountAdapter"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_RATE_LIMITS = {"login": "30/m/ip", "login_failed": "10/m/ip,5/15m/key"}
ALLAUTH_TRUSTED_PROXY_COUNT = PROXY_COUNT
SESSION_COOKIE_NAME = ("__Host-" if HTTPS else "") + ("chatsite_admin" if PROCESS == "admin" else "chatsite")
SESSION_COOKIE_AGE = 7 * 24 * 3600  # the absolute limit of a session
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_USE_SESSIONS = True
CSRF_TRUSTED_ORIGINS = [OWN_ORIGIN]
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"  # no cookie of its own

# -- limits and headers --------------------------------------------------------------------------------------
DATA_UPLOAD_MAX_MEMORY_SIZE = 262_144  # bytes; the largest form is a site's settings
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 63_072_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PROXY_COUNT else None
WEBSOCKET_ORIGIN = OWN_ORIGIN.replace("http", "ws", 1)
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF, WEBSOCKET_ORIGIN],
        "frame-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
    }
}

# -- mail and logs -------------------------------------------------------------------------------------------
MAIL_DIR = env("CHATSITE_MAIL_DIR", "", "Write mails as files here instead of sending them (demo).")
EMAIL_BACKEND = f"django.core.mail.backends.{'filebased' if MAIL_DIR else 'smtp'}.EmailBackend"
EMAIL_FILE_PATH = MAIL_DIR or None
SMTP = urlsplit(
    env(
        "CHATSITE_SMTP_URL",
        "smtp://localhost:25",
        "Mail server: `smtp://user:password@host:port`, `smtp+starttls://…`, `smtps://…`.",
    )
)
EMAIL_HOST, EMAIL_PORT = SMTP.hostname, SMTP.port or {"smtps": 465, "smtp+starttls": 587}.get(SMTP.scheme, 25)
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = unquote(SMTP.username or ""), unquote(SMTP.password or "")
EMAIL_USE_TLS, EMAIL_USE_SSL = SMTP.scheme == "smtp+starttls", SMTP.scheme == "smtps"
EMAIL_TIMEOUT = 10  # seconds; a worker must not wait for a dead mail server
DEFAULT_FROM_EMAIL = env("CHATSITE_MAIL_FROM", "Chatsite <chatsite@localhost>", "Sender of our mails.")
SECURITY_CONTACT = env("CHATSITE_SECURITY_CONTACT", "mailto:security@localhost", "Contact in security.txt (RFC 9116).")
LOGGING = build_logging(
    form=env("CHATSITE_LOGS", "json", "Log lines: `json`, without personal data, or `lines` for developers.")
)
