"""What anybody may fetch: pictures in our own storage."""

import re

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest
from django.views.decorators.http import require_safe

PLACE = re.compile(r"[0-9a-f]{2}/[0-9a-f]{64}/[0-9]{1,5}\.webp")


@require_safe
def picture(_request: HttpRequest, shelf: str, folder: str, name: str) -> FileResponse:
    """Send a stored picture; its address names its content, so it may be kept for ever."""
    place = f"{shelf}/{folder}/{name}"
    if not PLACE.fullmatch(place) or not default_storage.exists(f"pictures/{place}"):
        raise Http404
    return FileResponse(
        default_storage.open(f"pictures/{place}"),
        content_type="image/webp",
        headers={"Cache-Control": "public, max-age=31536000, immutable"},
    )
