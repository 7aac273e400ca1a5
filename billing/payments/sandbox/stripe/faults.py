"""Errors in Stripe's shape: https://docs.stripe.com/api/errors"""

from typing import Any


class Fault(Exception):
    """An answer other than 200. ``keep`` says whether an idempotency key remembers it."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        code: str = "",
        param: str = "",
        keep: bool = False,
        **more: Any,
    ) -> None:
        super().__init__(message)
        self.status, self.keep = status, keep
        self.body = {
            "error": {
                "type": kind,
                "message": message,
                **({"code": code, "doc_url": f"https://docs.stripe.com/error-codes/{code}"} if code else {}),
                **({"param": param} if param else {}),
                **more,
            }
        }


def missing(kind: str, thing_id: str, param: str = "id") -> Fault:
    """There is no such object."""
    return Fault(
        f"No such {kind.replace('_', '')}: '{thing_id}'", status=404, code="resource_missing", param=param
    )


def required(param: str) -> Fault:
    """A parameter was left out."""
    return Fault(f"Missing required param: {param}.", code="parameter_missing", param=param)
