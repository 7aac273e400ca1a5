"""After a change of the secret key what the old one made is read; what is made anew needs the new one."""

from typing import Any

import pytest
from cryptography.fernet import InvalidToken
from django.core import signing

from accounts.second_factor import SecretsAdapter
from config.env import Env

OLD, NEW = "old" * 20, "new" * 20


def test_signatures_and_secrets_survive_a_change_of_the_key(settings: Any) -> None:
    settings.SECRET_KEY = OLD
    signed, secret = signing.dumps({"a": 1}), SecretsAdapter().encrypt("JBSWY3DPEHPK3PXP")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLD]
    assert signing.loads(signed) == {"a": 1}
    assert SecretsAdapter().decrypt(secret) == "JBSWY3DPEHPK3PXP"
    renewed = SecretsAdapter().encrypt("JBSWY3DPEHPK3PXP")
    settings.SECRET_KEY_FALLBACKS = []
    assert SecretsAdapter().decrypt(renewed) == "JBSWY3DPEHPK3PXP"
    with pytest.raises(signing.BadSignature):
        signing.loads(signed)
    with pytest.raises(InvalidToken):
        SecretsAdapter().decrypt(secret)


def test_several_keys_are_read_from_one_setting() -> None:
    assert Env(SECRET_KEY_FALLBACKS=f" {NEW} , {OLD},").secret_key_fallbacks == [NEW, OLD]
    assert Env().secret_key_fallbacks == []
