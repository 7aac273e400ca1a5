"""Making and revoking keys."""

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kernel import audit, clock
from kernel.errors import InvalidInput, NotFound
from tenants.api_keys.models import ApiKey, Scope
from tenants.registry.models import Tenant

PREFIX_LENGTH, SECRET_BYTES = 12, 32
ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
USED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made; ``secret`` is the whole bearer token and can never be read again."""

    key: ApiKey
    secret: str = field(repr=False)


def create_key(
    *, tenant: Tenant, name: str, scopes: Collection[str], acting_user: object, per_minute: int = 600
) -> NewKey:
    """Make a key for ``tenant``. Raises InvalidInput for an empty name, no scope or an unknown one."""
    name = name.strip()
    if not 1 <= len(name) <= 80:
        raise InvalidInput(_("the key needs a name of at most 80 characters"), field="name", value=name)
    rights = sorted(set(scopes))
    if not rights or not set(rights) <= set(Scope.values):
        raise InvalidInput(
            _("a key needs at least one right"),
            field="scopes",
            value=", ".join(rights),
            remedy=_("choose from %(known)s") % {"known": ", ".join(Scope.values)},
        )
    prefix = "".join(secrets.choice(ALPHABET) for _place in range(PREFIX_LENGTH))
    secret = f"key_{prefix}_{secrets.token_urlsafe(SECRET_BYTES)}"
    with transaction.atomic(durable=True):
        key = ApiKey.objects.create(
            tenant_id=tenant.id,
            name=name,
            prefix=prefix,
            secret_hash=hash_of(secret),
            scopes=rights,
            per_minute=per_minute,
            created_by=str(acting_user)[:200],
        )
        audit.record(
            "api_key.created",
            actor=acting_user,
            object_type="supply_api.apikey",
            object_id=key.id,
            object_label=str(key),
            changes={"scopes": rights, "per_minute": per_minute},
            schema=tenant.schema_name,
        )
    return NewKey(key, secret)


def revoke_key(*, tenant: Tenant, key_id: UUID, acting_user: object) -> ApiKey:
    """Revoke a key of ``tenant`` for good; again: no change. NotFound for another tenant's key."""
    with transaction.atomic(durable=True):
        key = ApiKey.objects.select_for_update().filter(id=key_id, tenant_id=tenant.id).first()
        if key is None:
            raise NotFound(_("there is no such key"), field="key", value=key_id)
        if key.revoked_at is None:
            key.revoked_at = clock.now()
            key.save(update_fields=["revoked_at"])
            audit.record(
                "api_key.revoked",
                actor=acting_user,
                object_type="supply_api.apikey",
                object_id=key.id,
                object_label=str(key),
                schema=tenant.schema_name,
            )
    return key


def note_use(key: ApiKey) -> None:
    """Remember that the key was used; written at most once a minute, so that reading stays cheap."""
    moment = clock.now()
    if key.last_used_at is None or key.last_used_at < moment - USED_EVERY:
        stale = Q(last_used_at=None) | Q(last_used_at__lt=moment - USED_EVERY)
        ApiKey.objects.filter(stale, id=key.id).update(last_used_at=moment)


def hash_of(secret: str) -> str:
    """Return the SHA-256 of a bearer token in hex: it holds 256 random bits, so no slow hash is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()
