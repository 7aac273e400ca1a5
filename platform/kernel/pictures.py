"""Pictures that people upload: read as pictures, turned upright, made small, written anew.

What comes out was drawn by us: no metadata (a phone writes the place into it), no second file behind the
picture, no size that fills a disk.
"""

import io
from typing import IO, Any

from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps, UnidentifiedImageError

from kernel.errors import InvalidInput

MAX_BYTES = 12 * 1024 * 1024
MAX_PIXELS = 60_000_000
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")


def clean(file: IO[bytes] | Any, *, longest: int = 1600, field: str = "picture") -> bytes:
    """Return the picture as WebP, its longer side at most ``longest`` pixels.

    Raises InvalidInput for what is no picture, or larger than 12 MB or 60 million pixels; nothing that
    large is ever unpacked.
    """
    name = str(getattr(file, "name", ""))[-80:]
    content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise InvalidInput(
            _("the picture is larger than 12 MB"), field=field, value=name, remedy=_("send a smaller one")
        )
    try:
        picture = Image.open(io.BytesIO(content), formats=FORMATS)
        if picture.width * picture.height > MAX_PIXELS:
            raise InvalidInput(
                _("the picture has more than 60 million pixels"),
                field=field,
                value=name,
                remedy=_("send a smaller one"),
            )
        picture.draft("RGB", (longest, longest))
        upright = ImageOps.exif_transpose(picture).convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise InvalidInput(
            _("this is no picture that can be read"),
            field=field,
            value=name,
            remedy=_("send a JPEG, PNG, WebP or GIF file"),
        ) from None
    upright.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    written = io.BytesIO()
    upright.save(written, "WEBP", quality=82, method=4)
    return written.getvalue()
