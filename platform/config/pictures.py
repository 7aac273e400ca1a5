"""Pictures in our own storage, for anybody."""

import re

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest
from django.views.decorators.http import require_safe

STORED_NAME = re.compile(r"[0-9a-f]{2}/[0-9a-f]{64}/[0-9]{1,5}\.webp")


@require_safe
def picture(_request: HttpRequest, name: str) -> FileResponse:
    """Send a stored picture; its address names its content, so it may be kept for ever."""
    if not STORED_NAME.fullmatch(name) or not default_storage.exists(f"pictures/{name}"):
        raise Http404
    return FileResponse(
        default_storage.open(f"pictures/{name}"),
        content_type="image/webp",
        headers={"Cache-Control": "public, max-age=31536000, immutable"},
    )
