"""The endpoint that payment providers call when something has happened."""

import logging

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from billing.payments.gateway import WrongSignature, gateway
from billing.payments.webhooks import receive
from kernel.events import inbox

logger = logging.getLogger(__name__)
MAX_BODY = 256 * 1024  # bytes; events are a few kilobytes


@csrf_exempt
@require_POST
def webhook(request: HttpRequest, source: str) -> HttpResponse:
    """Keep a signed event and answer at once; 413 for a body too large, 400 for a wrong signature.

    404 for a provider that has no keys here: nothing could be checked, and nobody is paid through it.
    """
    if source not in settings.PAYMENT_GATEWAYS:
        logger.warning("a webhook came from a provider that has no keys here", extra={"source": source})
        return HttpResponse("not in use", status=404, content_type="text/plain")
    if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BODY:
        logger.warning("a webhook was too large", extra={"bytes": request.META["CONTENT_LENGTH"]})
        return HttpResponse("too large", status=413, content_type="text/plain")
    try:
        event = gateway(source).verify_webhook(request.body, request.headers)
    except WrongSignature as error:
        logger.warning("a webhook was not signed by the gateway", extra={"reason": str(error)[:200]})
        return HttpResponse("wrong signature", status=400, content_type="text/plain")
    if receive(source, event):
        inbox.wake()
    return HttpResponse("ok", content_type="text/plain")
