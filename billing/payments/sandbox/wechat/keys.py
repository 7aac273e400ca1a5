"""The keys of a merchant and of WeChat's stand-in: made when first needed, kept beside its data."""

import contextlib
import json
import os
import secrets
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from billing.payments.gateways.wechat.keys import Keys


def ensure(folder: Path) -> Keys:
    """Return the merchant's keys for a sandbox; both sides are made together, once."""
    return Keys(**_kept(folder)["merchant"])


def provider_key(folder: Path) -> str:
    """Return the stand-in's own private key."""
    return str(_kept(folder)["provider"])


def _kept(folder: Path) -> dict[str, Any]:
    file = folder / "wechat.json"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        part = folder / f"wechat.{secrets.token_hex(4)}"
        part.touch(mode=0o600)
        part.write_text(json.dumps(_make()))
        # Whoever is first wins: several processes may start at once, and all must have the same keys.
        with contextlib.suppress(FileExistsError):
            os.link(part, file)
        part.unlink()
    kept: dict[str, Any] = json.loads(file.read_text())
    return kept


def _make() -> dict[str, Any]:
    merchant, provider = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _side in "ab")

    def private(key: rsa.RSAPrivateKey) -> str:
        return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    public = provider.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    keys = Keys(
        mchid="1900000001",
        appid="wxsandbox",
        private_key=private(merchant),
        cert_serial=secrets.token_hex(20).upper(),
        api_v3_key=secrets.token_hex(16),
        public_key=public.decode(),
        public_key_id=f"PUB_KEY_ID_{secrets.token_hex(16)}",
    )
    return {"merchant": asdict(keys), "provider": private(provider)}
