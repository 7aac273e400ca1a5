"""Keys of the API: who calls, what the key may do, and how often."""

import hmac
import re
from typing import Any, cast

from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from billing.plans import limits
from kernel.errors import BanyanError, NotAllowed
from tenants.api_keys.models import ApiKey
from tenants.api_keys.services import hash_of, note_use

TOKEN = re.compile(r"key_([a-z0-9]{12})_[A-Za-z0-9_-]{43}")


class NotAuthenticated(BanyanError):
    """No key, or none that is good here."""

    code = "not_authenticated"
    status = 401


class KeyAuthentication(BaseAuthentication):
    """``Authorization: Bearer key_…``. A key of another tenant is as unknown as an invented one."""

    def authenticate(self, request: Request) -> tuple[None, ApiKey]:
        """Return the key as ``request.auth``; nobody is signed in."""
        scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            raise NotAuthenticated(
                _("this needs a key"), remedy=_("send the header Authorization: Bearer <key>")
            )
        match = TOKEN.fullmatch(token.strip())
        key = ApiKey.objects.filter(prefix=match[1]).first() if match else None
        # Compared in constant time, so that no answer's delay shows how much of a guess was right.
        known = hmac.compare_digest(hash_of(token.strip()), key.secret_hash if key else "0" * 64)
        if key is None or not known or key.revoked_at or key.tenant_id != request.tenant.id:  # type: ignore[attr-defined]
            raise NotAuthenticated(
                _("this key is not valid here"), remedy=_("make a key in the console of this shop")
            )
        note_use(key)
        limits.count_call(key.tenant_id)
        return None, key

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge for a 401."""
        return "Bearer"


def key_of(request: Request) -> ApiKey:
    """Return the key that the request was made with."""
    return cast("ApiKey", request.auth)


class HasScope(BasePermission):
    """The key must carry the scope that the view names for the method."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """True, or NotAllowed naming the scope that is missing."""
        scopes: dict[str, str] = getattr(view, "scopes", {})
        needed: Any = scopes.get("GET" if request.method == "HEAD" else request.method or "")
        # A method that the view does not have is answered with 405 a moment later.
        if needed is not None and needed not in key_of(request).scopes:
            raise NotAllowed(
                _("the key lacks a right"),
                field="scope",
                value=needed,
                remedy=_("make a key with this right"),
                code="insufficient_scope",
            )
        return True
