"""The OpenAPI 3.1 document, and a page for people made from it: nothing is loaded from elsewhere."""

from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from rest_framework.permissions import AllowAny
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from supply_api import api
from supply_api.problems import answer
from tenants.api_keys.models import Scope

METHODS = ("get", "post")


class BearerKey(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How a key is sent, for the document; drf-spectacular finds this class by itself."""

    target_class = "supply_api.keys.KeyAuthentication"
    name = "key"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Return the security scheme."""
        return {"type": "http", "scheme": "bearer", "bearerFormat": "key_…"}


class OpenApi(APIView):
    """GET /openapi.json: open to anybody, it names no shop."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    renderer_classes = (JSONRenderer,)
    schema = None

    def get(self, request: Request) -> Response:
        """Answer with the document."""
        return Response(openapi())

    def get_exception_handler(self) -> Any:
        """Answer with problem documents."""
        return answer


@cache
def openapi() -> dict[str, Any]:
    """Return the OpenAPI document; it is the same for every tenant."""
    generator = SchemaGenerator(urlconf="supply_api.urls")  # type: ignore[no-untyped-call]
    document: dict[str, Any] = generator.get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return document


def documentation(request: HttpRequest) -> HttpResponse:
    """Show the operations with their parameters and answers."""
    document = openapi()
    operations = [
        {"method": method.upper(), "path": path, **operation}
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    ]
    # As pairs: a template would take a property called "items" for the method of that name.
    schemas = [
        {
            "name": name,
            "description": shape.get("description", ""),
            "rows": [*shape.get("properties", {}).items()],
        }
        for name, shape in sorted(document["components"]["schemas"].items())
    ]
    context = {"operations": operations, "schemas": schemas, "scopes": Scope.choices, "minute": api.MINUTE}
    return render(request, "supply_api/docs.html", context)
