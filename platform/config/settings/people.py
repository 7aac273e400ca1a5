"""Signing in: e-mail and password, or a code by mail; one user table in every schema."""

from urllib.parse import unquote, urlsplit

from config.env import env

AUTH_USER_MODEL = "accounts.User"
# The address is unique in lower case: a constraint that the check does not recognise.
SILENCED_SYSTEM_CHECKS = ["auth.W004"]
AUTHENTICATION_BACKENDS = [
    "accounts.backends.RoleBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("MinimumLengthValidator", "CommonPasswordValidator", "NumericPasswordValidator")
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True
MFA_ADAPTER = "accounts.second_factor.SecretsAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Banyan"
SECOND_FACTOR = env.SECOND_FACTOR or ("required" if env.production else "optional")
if not env.production:
    # Everybody on a laptop shares one address: it may do more, a person may not.
    _ADDRESS = "3000/m/ip"
    ACCOUNT_RATE_LIMITS = {
        **dict.fromkeys(("login", "signup", "reset_password_from_key"), _ADDRESS),
        "login_failed": f"{_ADDRESS},5/5m/key",
        "reset_password": f"{_ADDRESS},5/m/key",
        "request_login_code": f"{_ADDRESS},3/m/key",
    }


def mailer(url: str) -> dict[str, object]:
    """Turn smtp://user:password@host:587 (smtps:// for implicit TLS) into Django's mailer."""
    parts = urlsplit(url)
    if parts.scheme not in {"smtp", "smtps"}:
        return {
            "BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "OPTIONS": {"file_path": str(env.BANYAN_VAR / "mail")},
        }
    return {
        "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "OPTIONS": {
            "host": parts.hostname,
            "port": parts.port or (465 if parts.scheme == "smtps" else 587),
            "username": unquote(parts.username or ""),
            "password": unquote(parts.password or ""),
            "use_tls": parts.scheme == "smtp" and env.production,
            "use_ssl": parts.scheme == "smtps",
            "timeout": 10,
        },
    }


# Whatever sends a mail queues it; a worker delivers it. Without EMAIL_URL mails lie as files under var/mail,
# where a developer can read them.
MAILERS = {"default": {"BACKEND": "kernel.mail.backend.QueuedMail"}, "delivery": mailer(env.EMAIL_URL)}
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.EMAIL_FROM or f"no-reply@{env.PLATFORM_HOST}"
if env.BANYAN_ENV == "test":
    # Hashing a password takes a third of a second by design; hundreds of tests make people.
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
