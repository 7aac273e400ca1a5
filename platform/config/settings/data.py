"""PostgreSQL, Valkey, and what is kept in them."""

from urllib.parse import parse_qsl, unquote, urlsplit

from config.env import env


def database(url: str) -> dict[str, object]:
    """Turn a PostgreSQL URL into Django's dictionary; a ``host`` query names a socket folder."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django_tenants.postgresql_backend",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", None) or parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 0,
        # The pool looks at a connection before it gives it out: a restart of the database is survived.
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            **query,
            # Opening a connection for each request costs a factor five. No server-side prepared
            # statements: a plan made for one tenant's schema is wrong for the next.
            "pool": {
                "min_size": 1,
                "max_size": env.DATABASE_POOL,
                "max_lifetime": 600,
                "timeout": 15,
            },
            "prepare_threshold": None,
        },
    }


def valkey(number: int) -> str:
    """Return the address of one of Valkey's numbered databases, as redis-py wants it."""
    if env.valkey_url.startswith("unix://"):
        return f"{env.valkey_url}?db={number}"
    return f"{env.valkey_url.rstrip('/')}/{number}"


# What the database refuses is raised as an error that a person can act on (kernel.database.refusals).
ORIGINAL_BACKEND = "kernel.database"
BANYAN_VAR = env.BANYAN_VAR
DATABASES = {"default": database(env.database_url)}
# ``banyan migrate`` connects as the owner of the tables, and lets the service's role use them.
MIGRATION_DATABASE = database(env.MIGRATION_DATABASE_URL) if env.MIGRATION_DATABASE_URL else {}
SERVICE_ROLE = str(DATABASES["default"]["USER"]) if MIGRATION_DATABASE else ""
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": valkey(1),
        "KEY_FUNCTION": "django_tenants.cache.make_key",
        "REVERSE_KEY_FUNCTION": "django_tenants.cache.reverse_key",
    }
}
# The key function puts the tenant's schema into every session key: a cookie is worth nothing in another shop.
SESSION_ENGINE = "django.contrib.sessions.backends.cache"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = env.production
SESSION_COOKIE_AGE = 60 * 60 * 24 * 30

STATIC_URL = "/static/"
STATIC_ROOT = env.BANYAN_VAR / "static"
