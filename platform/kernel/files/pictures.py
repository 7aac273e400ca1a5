"""Pictures that people upload: decoded, turned upright and written anew as WebP.

What comes out was drawn by us: no metadata (a phone writes the place into it), no second file behind the
picture, no size that fills a disk.
"""

import warnings
from io import BytesIO
from typing import Any, BinaryIO

from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps

from kernel.errors import InvalidInput, Text

MAX_BYTES = 15 * 1024 * 1024
MAX_PIXELS = 50_000_000
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
QUALITY = 82


def decoded(file: BinaryIO | Any, *, name: str = "", field: str = "pictures") -> tuple[Image.Image, bytes]:
    """Return an uploaded picture (JPEG, PNG, WebP, GIF's first frame) upright, and the bytes it came as.

    At most MAX_BYTES and MAX_PIXELS: the size is read from the header before anything is unpacked, so a
    decompression bomb costs nothing. Raises InvalidInput for anything else.
    """
    name = name or str(getattr(file, "name", ""))[-80:]

    def refused(message: Text) -> InvalidInput:
        remedy = _("send a JPEG, PNG or WebP of at most 15 MB")
        return InvalidInput(message, field=field, value=name, remedy=remedy)

    data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise refused(_("the picture is larger than 15 MB"))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            opened = Image.open(BytesIO(data), formats=FORMATS)
            if opened.width * opened.height > MAX_PIXELS:
                raise refused(_("the picture has more than 50 million pixels"))
            upright = ImageOps.exif_transpose(opened)
            has_alpha = "A" in upright.getbands() or "transparency" in upright.info
            return upright.convert("RGBA" if has_alpha else "RGB"), data
    except InvalidInput:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise refused(_("the picture has more than 50 million pixels")) from None
    # Pillow's decoders raise nearly anything on a broken file.
    except Exception:
        raise refused(_("this is no picture that we can read")) from None


def as_webp(picture: Image.Image, width: int) -> bytes:
    """Return the picture as WebP, ``width`` pixels wide, with nothing in it but the pixels."""
    height = max(1, round(picture.height * width / picture.width))
    sized = picture if width == picture.width else picture.resize((width, height), Image.Resampling.LANCZOS)
    written = BytesIO()
    # Without exif, xmp and icc_profile nothing but the pixels is written.
    sized.save(written, "WEBP", quality=QUALITY, method=4, exif=b"", xmp=b"", icc_profile=b"")
    return written.getvalue()


def clean(file: BinaryIO | Any, *, longest: int = 1600) -> bytes:
    """Return an uploaded picture as WebP, its longer side at most ``longest`` pixels; see ``decoded``."""
    picture, _data = decoded(file)
    scale = min(1.0, longest / max(picture.width, picture.height))
    return as_webp(picture, max(1, round(picture.width * scale)))
