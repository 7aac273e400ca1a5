"""The API, version 1: the catalogue with the overlay applied, the balance, orders paid from it."""

import hashlib
from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.http import quote_etag
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.exceptions import Throttled
from rest_framework.parsers import JSONParser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from billing.ledger import selectors as ledger_selectors
from billing.ledger.models import AccountKind
from kernel import limits
from kernel.errors import InvalidInput
from supply_api import selectors, serializers
from supply_api.keys import HasScope, KeyAuthentication, key_of
from supply_api.problems import answer
from tenants.api_keys.models import Scope
from tenants.shop.orders import services as order_services
from tenants.shop.orders.checkout import PartnerLine

MINUTE = 60
MAX_KEY_LENGTH, MAX_REFERENCE = 100, 80


def refusals(**more: str) -> dict[Any, Any]:
    """Return the problems that every operation can answer with, and those of this one."""
    texts = {
        "s401": "No key, or none that is valid on this host",
        "s403": "The key lacks the right",
        "s429": "Too many requests; Retry-After says how many seconds to wait",
        **more,
    }
    return {
        (int(status[1:]), "application/problem+json"): OpenApiResponse(serializers.Problem, text)
        for status, text in texts.items()
    }


LIMIT = OpenApiParameter(
    "limit",
    {"type": "integer", "minimum": 1, "maximum": selectors.MAX_PAGE, "default": 100},
    description="items on a page",
)
CURSOR = OpenApiParameter(
    "cursor",
    {"type": "string", "pattern": f"^({selectors.CURSOR.pattern})?$"},
    description="`next` of the page before",
)
QUERY = OpenApiParameter(
    "q",
    {"type": "string", "maxLength": 80},
    description="words in any script, pinyin, a SKU or a barcode: what matches best, best first, on one page",
)
NONE_MATCH = OpenApiParameter(
    "If-None-Match", {"type": "string"}, OpenApiParameter.HEADER, description="ETag of the answer you have"
)


class PartnerView(APIView):
    """An operation of the API: a key, its scope, its rate; JSON in and out, problems for refusals."""

    authentication_classes = (KeyAuthentication,)
    permission_classes = (HasScope,)
    renderer_classes = (JSONRenderer,)
    parser_classes = (JSONParser,)
    http_method_names = ["get", "head", "post"]
    scopes: ClassVar[Mapping[str, str]] = {}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Authenticate, check the scope, then count the request against the key's rate."""
        super().initial(request, *args, **kwargs)
        key = key_of(request)
        verdict = limits.hit(f"api:{key.id}", limit=key.per_minute, window=MINUTE)
        self.verdict = verdict
        if not verdict.allowed:
            raise Throttled(wait=verdict.retry_after)

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        """Add what draft-ietf-httpapi-ratelimit-headers asks for; answers are for this key alone."""
        final = super().finalize_response(request, response, *args, **kwargs)
        if verdict := getattr(self, "verdict", None):
            final["RateLimit-Policy"] = f'"key";q={verdict.limit};w={MINUTE}'
            final["RateLimit"] = f'"key";r={verdict.remaining};t={verdict.reset}'
        patch_cache_control(final, private=True, no_cache=True)
        return final

    def get_exception_handler(self) -> Any:
        """Answer with problem documents."""
        return answer

    def conditional(self, request: Request, content: Any, shape: type[Any]) -> HttpResponseBase:
        """Answer with the content and its ETag, or 304 if the caller has it already."""
        body = JSONRenderer().render(shape(content).data)
        etag = quote_etag(hashlib.sha256(body).hexdigest()[:32])
        response = HttpResponse(body, content_type="application/json")
        response["ETag"] = etag
        return get_conditional_response(request._request, etag=etag, response=response) or response


class Catalogue(PartnerView):
    """GET /catalogue"""

    scopes = {"GET": Scope.CATALOGUE_READ}

    @extend_schema(
        operation_id="list_catalogue",
        summary="Walk through the catalogue",
        description="Every product that your shop lists, with your prices, your costs and the stock of now.",
        parameters=[QUERY, LIMIT, CURSOR, NONE_MATCH],
        responses={
            200: serializers.CataloguePage,
            304: OpenApiResponse(description="You have this page already"),
            **refusals(s422="A parameter cannot be taken"),
        },
    )
    def get(self, request: Request) -> HttpResponseBase:
        """Answer with a page of products."""
        page = selectors.catalogue_page(
            cursor=request.query_params.get("cursor", ""),
            limit=page_size(request),
            query=request.query_params.get("q", ""),
        )
        return self.conditional(request, page, serializers.CataloguePage)


class CatalogueProduct(PartnerView):
    """GET /catalogue/{product_id}"""

    scopes = {"GET": Scope.CATALOGUE_READ}

    @extend_schema(
        operation_id="get_product",
        summary="Read one product",
        parameters=[NONE_MATCH],
        responses={
            200: serializers.ProductDocument,
            304: OpenApiResponse(description="You have this product already"),
            **refusals(s404="Your shop lists no such product"),
        },
    )
    def get(self, request: Request, product_id: UUID) -> HttpResponseBase:
        """Answer with the product."""
        return self.conditional(request, selectors.catalogue_product(product_id), serializers.ProductDocument)


class BalanceEndpoint(PartnerView):
    """GET /balance"""

    scopes = {"GET": Scope.ORDERS_READ}

    @extend_schema(
        operation_id="get_balance",
        summary="Read the prepaid balance",
        responses={200: serializers.BalanceDocument, **refusals()},
    )
    def get(self, request: Request) -> Response:
        """Answer with what can be spent."""
        tenant = selectors.tenant_of(request)
        available = ledger_selectors.balance(
            owner_kind="tenant",
            owner_id=tenant.id,
            kind=AccountKind.TENANT_PREPAID,
            currency=tenant.currency,
            tenant_id=tenant.id,
        )
        return Response({"currency": tenant.currency, "available": available})


class Orders(PartnerView):
    """GET and POST /orders"""

    scopes = {"GET": Scope.ORDERS_READ, "POST": Scope.ORDERS_WRITE}

    @extend_schema(
        operation_id="list_orders",
        summary="List the orders placed here",
        parameters=[
            LIMIT,
            CURSOR,
            OpenApiParameter("state", {"type": "string", "enum": [str(state) for state in selectors.PLACED]}),
            OpenApiParameter(
                "reference",
                {"type": "string", "maxLength": MAX_REFERENCE, "pattern": r"^[^\u0000]*$"},
                description="your own number",
            ),
        ],
        responses={200: serializers.OrderPage, **refusals(s422="A parameter cannot be taken")},
    )
    def get(self, request: Request) -> Response:
        """Answer with a page of orders."""
        state = request.query_params.get("state", "")
        if state and state not in selectors.PLACED:
            raise InvalidInput(
                _("there is no such state"),
                field="state",
                value=state,
                remedy=", ".join(str(known) for known in selectors.PLACED),
            )
        page = selectors.orders_page(
            cursor=request.query_params.get("cursor", ""),
            limit=page_size(request),
            state=state,
            reference=reference_asked(request),
        )
        return Response(serializers.OrderPage(page).data)

    @extend_schema(
        operation_id="place_order",
        summary="Place an order",
        description=(
            "Paid at once from the prepaid balance: supply cost, freight and service fee. With the same "
            "Idempotency-Key and content it may be sent again any number of times; the first order is "
            "answered, with 200 instead of 201. A variant stands in one line at most."
        ),
        parameters=[
            OpenApiParameter(
                "Idempotency-Key",
                {"type": "string", "minLength": 1, "maxLength": MAX_KEY_LENGTH, "pattern": "^[!-~]+$"},
                OpenApiParameter.HEADER,
                required=True,
                description="a new one for each order, printable ASCII without spaces",
            )
        ],
        request=serializers.OrderRequest,
        responses={
            201: serializers.OrderDocument,
            200: OpenApiResponse(serializers.OrderDocument, "The order that this key placed before"),
            **refusals(
                s400="The body is not JSON",
                s402="The balance is too low; `missing` says by how much. Nothing was reserved",
                s409="A cost has moved, stock ran out, or the key belongs to another order",
                s415="The body is not application/json",
                s422="The order cannot be taken as it is; `faults` names every fault",
            ),
        },
    )
    def post(self, request: Request) -> Response:
        """Place the order, or answer with the one that this key placed before."""
        key = idempotency_key(request)
        form = serializers.OrderRequest(data=request.data)
        form.is_valid(raise_exception=True)
        order_data = form.validated_data
        before = selectors.partner_orders().filter(idempotency_key=f"api:{key}").exists()
        order = order_services.place_partner_order(
            tenant=selectors.tenant_of(request),
            lines=[PartnerLine(**line) for line in order_data["lines"]],
            ship_to=order_data.get("ship_to", {}),
            reference=order_data["reference"],
            idempotency_key=key,
        )
        document = serializers.OrderDocument(selectors.order_document(order.number)).data
        return Response(
            document, status=200 if before else 201, headers={"Location": f"/api/v1/orders/{order.number}"}
        )


class OneOrder(PartnerView):
    """GET /orders/{number}"""

    scopes = {"GET": Scope.ORDERS_READ}

    @extend_schema(
        operation_id="get_order",
        summary="Read one order with its supplier orders and parcels",
        responses={200: serializers.OrderDocument, **refusals(s404="You placed no such order here")},
    )
    def get(self, request: Request, number: str) -> Response:
        """Answer with the order."""
        return Response(serializers.OrderDocument(selectors.order_document(number)).data)


def page_size(request: Request) -> int:
    """Return ``limit``, 1 to 500; InvalidInput for anything else."""
    text = request.query_params.get("limit", "100")
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= selectors.MAX_PAGE):
        raise InvalidInput(
            _("limit must be a whole number"),
            field="limit",
            value=text,
            remedy=_("write 1 to %(most)d") % {"most": selectors.MAX_PAGE},
        )
    return int(text)


def reference_asked(request: Request) -> str:
    """Return ``reference``, at most 80 characters; InvalidInput otherwise. PostgreSQL cannot hold a NUL."""
    text = request.query_params.get("reference", "")
    if len(text) > MAX_REFERENCE or "\0" in text:
        raise InvalidInput(
            _("this is no reference"),
            field="reference",
            value=text,
            remedy=_("write at most %(longest)d characters") % {"longest": MAX_REFERENCE},
        )
    return text


def idempotency_key(request: Request) -> str:
    """Return the header; InvalidInput if it is missing, too long or not printable ASCII."""
    key = request.headers.get("Idempotency-Key", "")
    if not 1 <= len(key) <= MAX_KEY_LENGTH or not all("!" <= char <= "~" for char in key):
        raise InvalidInput(
            _("the header Idempotency-Key is missing or cannot be taken"),
            field="Idempotency-Key",
            value=key,
            remedy=_("send 1 to %(most)d printable characters, new for each order")
            % {"most": MAX_KEY_LENGTH},
        )
    return key
