"""All settings, in one file, read from the environment by the typed readers of `env`.

Development needs no variable at all: the embedded services under PAASOO_VAR serve. Production refuses to start
without its secrets and says which one is missing.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF
from django.urls import reverse_lazy

from paasoo_portal import env
from paasoo_portal.core.regions import region_table
from paasoo_portal.embedded import Paths

BASE_DIR = Path(__file__).resolve().parent.parent
ENVIRONMENT = env.text("PAASOO_ENV", "development")
if ENVIRONMENT not in {"development", "test", "production"}:
    raise env.SettingMissing("PAASOO_ENV must be development, test or production.")
PRODUCTION = ENVIRONMENT == "production"
VAR = Path(env.text("PAASOO_VAR", str(BASE_DIR / "var"))).resolve()
PATHS = Paths(VAR)

DEBUG = env.boolean("DEBUG", False)
SECRET_KEY = env.secret("SECRET_KEY", None if PRODUCTION else "development-only-" + "k" * 50)
CRYPTOGRAPHY_KEY = env.secret("CRYPTOGRAPHY_KEY", None if PRODUCTION else "development-only-" + "c" * 50)
ALLOWED_HOSTS = env.names("ALLOWED_HOSTS", [] if PRODUCTION else ["*"])
PORTAL_URL = env.text("PORTAL_URL", None if PRODUCTION else "http://localhost:8000")
CSRF_TRUSTED_ORIGINS = env.names("CSRF_TRUSTED_ORIGINS", [PORTAL_URL])

# Which database login this process uses: see the role table in docs/architecture.md.
ROLE = env.text("PAASOO_ROLE", "app")
if ROLE not in {"app", "worker", "owner", "ingest", "backup"}:
    raise env.SettingMissing("PAASOO_ROLE must be app, worker, owner, ingest or backup.")

# --- Databases: the control plane, and one per region (P-LOC-1) ---------------------------------------------
REGIONS = region_table(folded=ENVIRONMENT == "test")
TRAFFIC_ALIASES = sorted({region.alias for region in REGIONS.values()})
DATABASE_PREFIX = env.text("DATABASE_PREFIX", "paasoo")


def database_url(alias: str, role: str) -> str:
    """The URL of a database for a role: from the environment, else the embedded cluster's."""
    suffix = "" if alias == "default" else f"_{alias.upper()}"
    name = DATABASE_PREFIX if alias == "default" else f"{DATABASE_PREFIX}_{alias}"
    embedded = f"postgresql:///{name}?host={PATHS.socket_dir}&user=paasoo_{role}"
    role_suffix = "" if role == ROLE else f"_{role.upper()}"
    return env.secret(f"DATABASE_URL{suffix}{role_suffix}", None if PRODUCTION else embedded)


def database_settings(alias: str) -> dict[str, Any]:
    settings = env.database(database_url(alias, ROLE))
    options: dict[str, Any] = dict(settings["OPTIONS"])  # type: ignore[call-overload]
    options.update(connect_timeout=5, prepare_threshold=5)
    settings.update(OPTIONS=options, CONN_MAX_AGE=300, CONN_HEALTH_CHECKS=True, TEST={"MIGRATE": False})
    return settings


DATABASES = {alias: database_settings(alias) for alias in ["default", *TRAFFIC_ALIASES]}
# Logins other than this process's own, which production names one by one; embedded, they differ by name only.
ROLE_DATABASES = {
    (alias, role): env.database(database_url(alias, role))
    for alias in TRAFFIC_ALIASES
    for role in ("ingest",)
    if PRODUCTION and ROLE == "app"
}
DATABASE_ROUTERS = ["paasoo_portal.core.router.PlaneRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Valkey, Celery ------------------------------------------------------------------------------------------
REDIS_URL = env.secret("REDIS_URL", None if PRODUCTION else f"unix://{PATHS.valkey_socket}")
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1)
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}

# --- Keys ----------------------------------------------------------------------------------------------------
KEY_VAULT_URL = env.text("KEY_VAULT_URL", None if PRODUCTION else f"file://{PATHS.vault}")
KMS_WAITING_DAYS = env.integer(
    "KMS_WAITING_DAYS", 7
)  # of kms:// alone: before a destroyed key is gone, 7 to 30
EPOCHS_KEPT = env.integer("EPOCHS_KEPT", 3)
KEY_CACHE_SECONDS = 60
# On another volume than databases and vault: see docs/operators.md.
ERASURE_JOURNAL_URL = env.text("ERASURE_JOURNAL_URL", None if PRODUCTION else f"file://{PATHS.journal}")
KEY_SNAPSHOT_URL = env.text("KEY_SNAPSHOT_URL", None if PRODUCTION else f"file://{PATHS.snapshots}")
# How old a back-up may become: the journal reaches back as far.
BACKUP_DAYS = env.integer("BACKUP_DAYS", 400)

# --- Time ----------------------------------------------------------------------------------------------------
CLOCK_FILE: Path | None = None if PRODUCTION else PATHS.clock_file
USE_TZ = True
TIME_ZONE = "UTC"

# --- The dead-man's switch: called once a day when the night is whole, so that somebody outside notices if it is not
DEADMAN_URL = env.secret("DEADMAN_URL", "")

# --- Carriers and the outbound door --------------------------------------------------------------------------
SANDBOX_CARRIER = env.boolean("SANDBOX_CARRIER", not PRODUCTION)
OUTBOUND_ALLOW_LOOPBACK = env.boolean("OUTBOUND_ALLOW_LOOPBACK", not PRODUCTION)

# --- Applications --------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "paasoo_portal.core",
    "privacy",
    "accounts",
    "messaging",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "rest_framework",
    "drf_spectacular",
]
MIDDLEWARE = [
    "paasoo_portal.core.http.request_id.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "paasoo_portal.core.http.compression.CompressPages",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "paasoo_portal.core.http.language.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.AccountScopeMiddleware",
    "privacy.consent.middleware.StatisticsMiddleware",
]
ROOT_URLCONF = "paasoo_portal.urls"
WSGI_APPLICATION = "paasoo_portal.wsgi.application"
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
                "accounts.context.portal",
                "privacy.consent.context.consent",
            ],
        },
    }
]

# Upward calls by registered name (core.hooks); a check resolves each.
HOOKS: dict[str, list[str]] = {
    "database.setup": [
        "paasoo_portal.core.audit.cut.setup",
        "messaging.allowance.sql.setup",
        "privacy.keys.setup.setup",
    ],
    "vault.probe": ["privacy.keys.status.probe"],
    "alarms.tell": ["accounts.duty.letters.alarms_told"],
    "retention.probe": ["privacy.alarms.night.probe"],
    "journal.probe": ["privacy.journal.guard.probe"],
    "erasure.replay": [
        "privacy.keys.burial.replay",
        "privacy.certificates.journaled.replay",
        "privacy.retention.journaled.replay",
        "messaging.erasure.replay.replay",
        "accounts.erasure.replay.replay",
    ],
    "person.recently_confirmed": ["accounts.sudo.recently_confirmed"],
    "account.changed": ["messaging.projections.services.push_account"],
    "retention.settle": ["messaging.usage.settle.settle"],
    "retention.sweep": ["messaging.messages.sweep.sweep"],
    "retention.renew": ["messaging.erasure.reseal.renew"],
    "retention.overdue": ["messaging.erasure.reseal.overdue"],
    "retention.preserve": ["messaging.preservation.capture.capture"],
    "preservation.count": ["messaging.preservation.ending.count", "privacy.preservation.people.count"],
    "preservation.ended": [
        "privacy.disclosure.extracts.ended",
        "messaging.preservation.ending.ended",
        "privacy.preservation.people.ended",
    ],
    "disclosure.copies": ["messaging.preservation.reading.copies", "privacy.preservation.people.copies"],
    "disclosure.tell": ["accounts.centre.mails.order_told"],
    "retention.closed_accounts": ["accounts.closure.selectors.closed_before"],
    "drill.copies": ["paasoo_portal.drill.copies.copies"],
    "drill.stores": ["paasoo_portal.drill.stores.stores"],
    "drill.world": ["paasoo_portal.drill.world.world"],
    "retention.count": ["messaging.usage.selectors.messages_between"],
    "retention.volume": ["messaging.usage.selectors.messages_by_day"],
    "accounts.open": ["accounts.teams.selectors.open_accounts"],
    "person.accounts": ["accounts.centre.answers.accounts_of"],
    "account.people": ["accounts.centre.answers.people_of"],
    "account.messages": ["messaging.erasure.closing.count"],
    "account.closed": ["messaging.erasure.closing.erase"],
    "hold.confirmed": ["privacy.disclosure.services.hold_confirmed"],
    "hold.ended": ["privacy.disclosure.services.hold_ended"],
    "hold.released": ["accounts.closure.services.hold_released"],
    "export.messages": ["messaging.export.messages"],
    "export.ready": ["accounts.centre.mails.export_ready", "accounts.closure.returns.made"],
    "request.tell": ["accounts.centre.mails.request_told"],
}

# --- People and sign-in --------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.Person"
# The address is unique whatever its case, by a constraint over lower(email), which the check does not see.
SILENCED_SYSTEM_CHECKS = ["auth.W004"]
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_RATE_LIMITS = {"privacy_ask": "5/h/ip", "certificate_check": "20/m/ip", "webhook_test": "10/m/user"}
ACCOUNT_FORMS = {
    "login": "accounts.forms.SignInForm",
    "signup": "accounts.forms.SignUpForm",
    "reset_password": "accounts.forms.ResetForm",
    "reset_password_from_key": "accounts.forms.ResetKeyForm",
    "change_password": "accounts.forms.ChangeForm",
    "set_password": "accounts.forms.SetForm",
    "add_email": "accounts.forms.EmailForm",
    "reauthenticate": "accounts.forms.ReauthenticateForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not PRODUCTION
# A phone's clock may be half a minute off.
MFA_TOTP_TOLERANCE = 1
MFA_ADAPTER = "accounts.mfa.adapter.PortalMfaAdapter"
MFA_REQUIRED = env.boolean("MFA_REQUIRED", True)
MFA_FORMS = {
    "authenticate": "accounts.mfa.forms.CodeForm",
    "reauthenticate": "accounts.mfa.forms.ConfirmCodeForm",
    "activate_totp": "accounts.mfa.forms.ActivateForm",
    "add_webauthn": "accounts.mfa.forms.AddKeyForm",
    "edit_webauthn": "accounts.mfa.forms.RenameKeyForm",
}
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if PORTAL_URL.startswith("https:") else "http"
ACCOUNT_ADAPTER = "accounts.adapter.PortalAccountAdapter"
ALLAUTH_TRUSTED_PROXY_COUNT = env.integer("TRUSTED_PROXY_COUNT", 0)
LOGIN_URL = reverse_lazy("account_login")
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = reverse_lazy("account_login")

# --- Security ------------------------------------------------------------------------------------------------
# API calls are never redirected from http to https: the secret has already travelled, and a redirect hides it.
# The portal's own pages are redirected by core.http.
SECURE_SSL_REDIRECT = PRODUCTION
SECURE_REDIRECT_EXEMPT = [r"^json$", r"^api/", r"^v1/", r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 31_536_000 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = PRODUCTION
SECURE_HSTS_PRELOAD = PRODUCTION
# Not "no-referrer": browsers would then send "Origin: null" with our own forms, and CSRF checks would refuse them.
SECURE_REFERRER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if env.integer("TRUSTED_PROXY_COUNT", 0) else None
)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
SESSION_COOKIE_NAME = "__Host-session" if PRODUCTION else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if PRODUCTION else "csrf"
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "paasoo_portal.public.faults.csrf_failed"
SESSION_ENGINE = "paasoo_portal.core.sessions"
SESSION_COOKIE_AGE = 12 * 3600
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
# Nobody uploads but whoever checks a certificate: small things, held in memory, never on a disk.
FILE_UPLOAD_HANDLERS = ["paasoo_portal.core.http.uploads.SmallUploadHandler"]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "base-uri": [NONE],
        "style-src": [SELF],
        "script-src": [SELF],
        "img-src": [SELF],
        "media-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# --- Languages -----------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
# Each in its own words, and offered only when complete: scripts/texts.py.
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SECURE = PRODUCTION
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "paasoo_portal.formats"

# --- Files, email --------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Outside production WhiteNoise serves the sources themselves; nothing is collected.
STATIC_ROOT = VAR / "static" if PRODUCTION else None
MEDIA_ROOT = PATHS.media
WHITENOISE_USE_FINDERS = not PRODUCTION
WHITENOISE_ALLOW_ALL_ORIGINS = False
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
EMAIL_BACKEND = (
    "django.core.mail.backends.smtp.EmailBackend"
    if PRODUCTION
    else "django.core.mail.backends.filebased.EmailBackend"
)
EMAIL_FILE_PATH = PATHS.emails
if PRODUCTION:
    _email = env.smtp(env.secret("EMAIL_URL"))
    EMAIL_HOST, EMAIL_PORT = _email.host, _email.port
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _email.user, _email.password
    EMAIL_USE_TLS = True
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "PaaSoo <no-reply@paasoo.example>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# --- Logging: structured fields, redaction as the last wall --------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"redact": {"()": "paasoo_portal.core.logs.RedactFilter"}},
    "formatters": {"line": {"()": "paasoo_portal.core.logs.LineFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["redact"]}},
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "INFO")},
    # botocore's debug lines would hold what KMS answers: keys.
    "loggers": {name: {"level": "WARNING"} for name in ("httpx", "httpcore", "botocore", "urllib3")},
}

# --- REST v1 -------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["messaging.rest.parsing.StrictJsonParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "messaging.rest.problems.handler",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "PaaSoo API",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "DESCRIPTION": "Send text messages, look at them, say how long they are kept, erase them. The host decides the "
    "region in which everything of a request is stored.",
    "SCHEMA_PATH_PREFIX": "/v1",
    "SCHEMA_PATH_PREFIX_TRIM": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": False,
    "ENUM_NAME_OVERRIDES": {
        "DataClassName": ["content", "number", "recording"],
        "EncodingName": ["GSM-7", "UCS-2"],
        "AcceptedState": ["accepted"],
        "StateName": "messaging.rest.shapes.STATES",
    },
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PUBLIC": True,
    "SERVERS": [{"url": "https://api.paasoo.eu"}, {"url": "https://api.paasoo.com"}],
    "PREPROCESSING_HOOKS": ["messaging.rest.description.only_v1"],
}
