"""What the environment may say. A wrong value stops the start with a sentence."""

import os
import re
import sys
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from kernel.processes.paths import postgres_url, valkey_url

ROOT = Path(__file__).resolve().parents[2]
DEFAULT_SECRET = "for-development-only-" + "0" * 43
ADDRESS = re.compile(r"[^@\s<>]+@[^@\s<>]+\.[^@\s<>]+")
SANDBOX_SECRET_KEY = "sk_test_sandbox"  # noqa: S105
SANDBOX_PUBLISHABLE_KEY = "pk_test_sandbox"
SANDBOX_WEBHOOK_SECRET = "whsec_sandbox_for_development_only"  # noqa: S105


class Env(BaseModel):
    """Settings of one process, read from environment variables of the same names."""

    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True)

    BANYAN_ENV: Literal["development", "test", "production"] = "development"
    BANYAN_VAR: Path = ROOT / "var"
    DEBUG: bool = False
    SECRET_KEY: str = DEFAULT_SECRET
    # Earlier keys, comma between them: what they signed or encrypted is still read.
    SECRET_KEY_FALLBACKS: str = ""
    PLATFORM_HOST: str = "localhost"
    BIND: str = "127.0.0.1"
    BANYAN_INSTANCE: str = ""
    PORT: int = Field(default=8000, ge=1, le=65535)
    SANDBOX_PORT: int = Field(default=0, ge=0, le=65535)
    WEB_WORKERS: int = Field(default=1, ge=1, le=64)
    # Proxies between us and the world, each of which adds an address to X-Forwarded-For.
    TRUSTED_PROXIES: int | None = Field(default=None, ge=0, le=5)
    DATABASE_URL: str = ""
    # Only for ``banyan migrate``: the role that owns the tables. The service connects as another.
    MIGRATION_DATABASE_URL: str = ""
    DATABASE_POOL: int = Field(default=8, ge=2, le=200)
    VALKEY_URL: str = ""
    STRIPE_SECRET_KEY: str = ""
    STRIPE_PUBLISHABLE_KEY: str = ""
    STRIPE_WEBHOOK_SECRET: str = ""
    WECHAT_MCHID: str = ""
    WECHAT_APPID: str = ""
    WECHAT_PRIVATE_KEY: str = ""
    WECHAT_CERT_SERIAL: str = ""
    WECHAT_API_V3_KEY: str = ""
    WECHAT_PUBLIC_KEY: str = ""
    WECHAT_PUBLIC_KEY_ID: str = ""
    WECHAT_APP_SECRET: str = ""
    PAYOUT_PREFUND: bool = False
    EMAIL_URL: str = ""
    EMAIL_FROM: str = ""
    # Whether whoever works here needs a second factor; "" is required in production, optional elsewhere.
    SECOND_FACTOR: Literal["", "required", "optional"] = ""
    MEDIA_BUCKET: str = ""
    MEDIA_ENDPOINT: str = ""
    MEDIA_HOST: str = ""
    READY_SCHEMAS: int = Field(default=50, ge=0, le=1000)
    # Days after which what was sent counts as received if nobody said otherwise.
    RECEIVED_AFTER_DAYS: int = Field(default=10, ge=1, le=90)

    @field_validator("TRUSTED_PROXIES", mode="before")
    @classmethod
    def _empty_is_unset(cls, value: object) -> object:
        return None if value == "" else value

    @model_validator(mode="after")
    def _complete(self) -> Self:
        stripe = [self.STRIPE_SECRET_KEY, self.STRIPE_PUBLISHABLE_KEY, self.STRIPE_WEBHOOK_SECRET]
        if any(stripe) and not all(stripe):
            raise ValueError(
                "STRIPE_SECRET_KEY, STRIPE_PUBLISHABLE_KEY and STRIPE_WEBHOOK_SECRET belong together: "
                "set all or none"
            )
        wechat = {name: value for name, value in self if name.startswith("WECHAT_")}
        needed = [value for name, value in wechat.items() if name != "WECHAT_APP_SECRET"]
        if any(wechat.values()) and not all(needed):
            raise ValueError(
                "the WECHAT_* settings belong together: set all or none; WECHAT_APP_SECRET may be left out"
            )
        if self.EMAIL_URL and not re.fullmatch(r"smtps?://\S+", self.EMAIL_URL):
            raise ValueError(
                "EMAIL_URL must be like smtp://user:password@host:587, or smtps:// for TLS from the start"
            )
        if self.EMAIL_FROM and not ADDRESS.fullmatch(self.EMAIL_FROM):
            raise ValueError("EMAIL_FROM must be an address like shop@example.com")
        if self.BANYAN_ENV == "production":
            self._refuse_development_parts()
        self.BANYAN_VAR = self.BANYAN_VAR.resolve()
        self.SANDBOX_PORT = self.SANDBOX_PORT or min(self.PORT + 1, 65535)
        return self

    def _refuse_development_parts(self) -> None:
        keys = (self.STRIPE_SECRET_KEY, self.STRIPE_PUBLISHABLE_KEY)
        faults = [
            (self.DEBUG, "DEBUG must be off in production"),
            (
                self.SECRET_KEY == DEFAULT_SECRET or len(self.SECRET_KEY) < 50,
                "SECRET_KEY needs 50 random characters",
            ),
            (
                DEFAULT_SECRET in self.secret_key_fallbacks,
                "SECRET_KEY_FALLBACKS has the key for development: everybody knows it",
            ),
            (
                not self.DATABASE_URL,
                "DATABASE_URL must name a PostgreSQL 18: the embedded one is for development",
            ),
            (not self.VALKEY_URL, "VALKEY_URL must name a Valkey: the embedded one is for development"),
            (
                self.VALKEY_URL.startswith("redis") and not urlsplit(self.VALKEY_URL).password,
                "VALKEY_URL needs a password, like redis://:password@host:6379: sessions lie there",
            ),
            (
                not self.gateways,
                "STRIPE_* or WECHAT_* must be set: the payment sandbox is for development",
            ),
            (
                self.STRIPE_SECRET_KEY == SANDBOX_SECRET_KEY,
                "STRIPE_SECRET_KEY is the sandbox's: set the real one",
            ),
            (
                any("_test_" in key for key in keys),
                "STRIPE_SECRET_KEY and STRIPE_PUBLISHABLE_KEY are keys for tests: they take no real money",
            ),
            (not self.EMAIL_URL, "EMAIL_URL must name a mail server, like smtp://user:password@host:587"),
            (self.PLATFORM_HOST == "localhost", "PLATFORM_HOST must be the central team's host name"),
        ]
        if wrong := [sentence for fault, sentence in faults if fault]:
            raise ValueError("; ".join(wrong))

    @property
    def production(self) -> bool:
        """True where real money and real people are."""
        return self.BANYAN_ENV == "production"

    @property
    def embedded_database(self) -> bool:
        """True if ``banyan up`` starts PostgreSQL itself."""
        return not self.DATABASE_URL

    @property
    def embedded_valkey(self) -> bool:
        """True if ``banyan up`` starts Valkey itself."""
        return not self.VALKEY_URL

    @property
    def sandbox(self) -> bool:
        """True if payments go to the sandbox server instead of Stripe."""
        return not self.STRIPE_SECRET_KEY and not self.production

    @property
    def gateways(self) -> tuple[str, ...]:
        """Gateways that shops can be paid through: those with keys, in the sandbox all."""
        with_keys = (("stripe", self.STRIPE_SECRET_KEY), ("wechat", self.WECHAT_MCHID))
        return tuple(name for name, key in with_keys if key or self.sandbox)

    @property
    def secret_key_fallbacks(self) -> list[str]:
        """Earlier secret keys, the newest first."""
        return [key for part in self.SECRET_KEY_FALLBACKS.split(",") if (key := part.strip())]

    @property
    def trusted_proxies(self) -> int:
        """How many proxies stand in front: in production the one that speaks TLS, unless said otherwise."""
        return int(self.production) if self.TRUSTED_PROXIES is None else self.TRUSTED_PROXIES

    @property
    def sandbox_url(self) -> str:
        """Address of the sandbox server on this machine."""
        return f"http://127.0.0.1:{self.SANDBOX_PORT}"

    @property
    def database_url(self) -> str:
        """PostgreSQL address in force."""
        return self.DATABASE_URL or postgres_url(self.BANYAN_VAR)

    @property
    def valkey_url(self) -> str:
        """Valkey address in force, without a database number."""
        return self.VALKEY_URL or valkey_url(self.BANYAN_VAR)


def read_environment() -> Env:
    """Read and check the environment; on a fault print what is wrong and exit with 2."""
    try:
        return Env.model_validate(os.environ)
    except ValidationError as error:
        for fault in error.errors():
            name = ".".join(str(part) for part in fault["loc"]) or "environment"
            sys.stderr.write(f"banyan: {name}: {fault['msg'].removeprefix('Value error, ')}\n")
        raise SystemExit(2) from None


env = read_environment()
