"""Who gets in: keys, scopes, rates, and refusals that are always problem documents."""

import pytest
from django.test import Client

from kernel.errors import InvalidInput, NotFound
from kernel.models import AuditEntry
from kernel.tenancy import in_public
from tenants.api_keys.models import ApiKey
from tenants.api_keys.services import create_key, revoke_key
from tests.supply_api.conftest import Partner, make_key
from tests.support.build import make_tenant
from tests.support.world import HOST


def problem(response, status: int, code: str) -> dict:
    """Assert that the answer is this problem, and return it."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    body = response.json()
    assert body["status"] == status
    assert body["code"] == code
    assert body["title"]
    return body


def test_a_key_opens_the_catalogue_and_its_use_is_noted(partner: Partner) -> None:
    assert partner.get("catalogue").status_code == 200
    key = ApiKey.objects.get(tenant_id=partner.tenant.id)
    assert key.last_used_at is not None


def test_the_secret_is_stored_nowhere(partner: Partner) -> None:
    key = ApiKey.objects.get(tenant_id=partner.tenant.id)
    random_part = partner.secret.rpartition("_")[2]
    with in_public():
        assert random_part not in repr(list(ApiKey.objects.values()))
        assert random_part not in repr(list(AuditEntry.objects.values()))
    assert key.prefix in partner.secret


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer nonsense", "Basic abc", "Bearer key_aaaaaaaaaaaa_" + "x" * 43, "Bearer ü"],
)
def test_without_a_good_key_nothing_is_shown(partner: Partner, header: str) -> None:
    answer = partner.get("catalogue", authorization=header)
    problem(answer, 401, "not_authenticated")
    assert answer["WWW-Authenticate"] == "Bearer"
    assert b"tea" not in answer.content


def test_a_key_with_one_character_changed_is_no_key(partner: Partner) -> None:
    wrong = partner.secret[:-1] + ("a" if partner.secret[-1] != "a" else "b")
    problem(partner.get("catalogue", authorization=f"Bearer {wrong}"), 401, "not_authenticated")


def test_the_key_of_another_shop_is_no_key(partner: Partner) -> None:
    other = make_tenant("charlie.localhost")
    problem(partner.get("balance", authorization=f"Bearer {make_key(other)}"), 401, "not_authenticated")
    problem(partner.get("balance", host="charlie.localhost"), 401, "not_authenticated")


def test_a_revoked_key_is_no_key_and_stays_revoked(partner: Partner) -> None:
    key = ApiKey.objects.get(tenant_id=partner.tenant.id)
    first = revoke_key(tenant=partner.tenant, key_id=key.id, acting_user="test").revoked_at
    assert revoke_key(tenant=partner.tenant, key_id=key.id, acting_user="test").revoked_at == first
    problem(partner.get("catalogue"), 401, "not_authenticated")


def test_nobody_revokes_the_key_of_another_shop(partner: Partner) -> None:
    other = make_tenant("charlie.localhost")
    key = ApiKey.objects.get(tenant_id=partner.tenant.id)
    with pytest.raises(NotFound):
        revoke_key(tenant=other, key_id=key.id, acting_user="test")
    assert partner.get("catalogue").status_code == 200


@pytest.mark.parametrize(
    ("scope", "method", "path"),
    [
        ("orders:read", "GET", "catalogue"),
        ("catalogue:read", "GET", "balance"),
        ("catalogue:read", "GET", "orders"),
        ("orders:read", "POST", "orders"),
    ],
)
def test_a_key_does_only_what_its_scopes_say(partner: Partner, scope: str, method: str, path: str) -> None:
    secret = make_key(partner.tenant, scope)
    body = problem(partner.call(method, path, authorization=f"Bearer {secret}"), 403, "insufficient_scope")
    assert body["field"] == "scope"


@pytest.mark.parametrize(
    ("name", "scopes"), [("", ["orders:read"]), ("x" * 81, ["orders:read"]), ("ERP", []), ("ERP", ["all"])]
)
def test_a_key_needs_a_name_and_known_scopes(partner: Partner, name: str, scopes: list[str]) -> None:
    with pytest.raises(InvalidInput):
        create_key(tenant=partner.tenant, name=name, scopes=scopes, acting_user="test")


def test_each_key_has_its_own_rate(partner: Partner) -> None:
    slow = make_key(partner.tenant, per_minute=2)
    answers = [partner.get("balance", authorization=f"Bearer {slow}") for _time in range(3)]
    # A minute may end in between; then the third is the first of a new window.
    if answers[0]["RateLimit"].partition(";t=")[2] >= answers[2]["RateLimit"].partition(";t=")[2]:
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        problem(answers[2], 429, "too_many_requests")
        assert 1 <= int(answers[2]["Retry-After"]) <= 60
    assert answers[0]["RateLimit-Policy"] == '"key";q=2;w=60'
    assert answers[0]["RateLimit"].startswith('"key";r=1;t=')
    assert partner.get("balance").status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "nothing", 404, "not_found"),
        ("GET", "catalogue/not-an-id", 404, "not_found"),
        ("GET", "orders/unknown", 404, "not_found"),
        ("DELETE", "catalogue", 405, "method_not_allowed"),
        ("PUT", "orders", 405, "method_not_allowed"),
    ],
)
def test_whatever_goes_wrong_is_a_problem_document(
    partner: Partner, method: str, path: str, status: int, code: str
) -> None:
    problem(partner.call(method, path), status, code)


def test_a_body_that_is_not_json_is_a_problem(partner: Partner) -> None:
    problem(partner.call("POST", "orders", "{", idempotency_key="k"), 400, "bad_request")
    problem(
        partner.call("POST", "orders", "a=b", idempotency_key="k", content_type="text/plain"),
        415,
        "unsupported_media_type",
    )


def test_the_platform_s_own_host_has_no_api(partner: Partner) -> None:
    answer = Client().get(
        "/api/v1/catalogue", headers={"host": "localhost", "authorization": f"Bearer {partner.secret}"}
    )
    assert answer.status_code == 404
    assert Client().get("/api/v1/openapi.json", headers={"host": HOST}).status_code == 200
