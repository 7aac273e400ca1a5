"""Pictures that people upload: made harmless, made small, kept under a name of their own content.

What arrives is decoded and written anew as WebP in several widths: nothing of the file itself, its
metadata (places, cameras, people) or what may hide behind the picture reaches a page.
"""

import hashlib
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any, BinaryIO

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from catalog.models import Media, Product, Variant
from kernel import audit
from kernel.errors import InvalidInput

WIDTHS = (320, 640, 1280)
MAX_BYTES = 15 * 1024 * 1024
MAX_PIXELS = 50_000_000
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
QUALITY = 82
FOLDER = "pictures"
MOST_OF_A_PRODUCT = 30


@dataclass(frozen=True, slots=True)
class Stored:
    """A picture in our storage: the address of its largest width, and all widths there are, in pixels."""

    url: str
    widths: list[int]


def store(file: BinaryIO, *, name: str = "") -> Stored:
    """Check, shrink and store a picture (JPEG, PNG, WebP, GIF's first frame); the same one is stored once.

    At most MAX_BYTES and MAX_PIXELS: the size is read from the header before anything is unpacked, so a
    decompression bomb costs nothing. Raises InvalidInput for anything else. Calls the storage: not inside
    a transaction that holds locks.
    """
    data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise _refused(name, _("the picture is larger than 15 MB"))
    picture = _decoded(data, name)
    sizes = [width for width in WIDTHS if width < picture.width] + [min(picture.width, WIDTHS[-1])]
    folder = hashlib.sha256(data).hexdigest()
    widths = sorted(set(sizes))
    for width in widths:
        path = f"{FOLDER}/{folder[:2]}/{folder}/{width}.webp"
        if not default_storage.exists(path):
            default_storage.save(path, ContentFile(_as_webp(picture, width)))
    return Stored(default_storage.url(f"{FOLDER}/{folder[:2]}/{folder}/{widths[-1]}.webp"), widths)


def _decoded(data: bytes, name: str) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            opened = Image.open(BytesIO(data), formats=FORMATS)
            if opened.width * opened.height > MAX_PIXELS:
                raise _refused(name, _("the picture has more than 50 million pixels"))
            upright = ImageOps.exif_transpose(opened)
            has_alpha = "A" in upright.getbands() or "transparency" in upright.info
            return upright.convert("RGBA" if has_alpha else "RGB")
    except InvalidInput:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _refused(name, _("the picture has more than 50 million pixels")) from None
    # Pillow's decoders raise nearly anything on a broken file.
    except Exception:
        raise _refused(name, _("this is no picture that we can read")) from None


def _as_webp(picture: Image.Image, width: int) -> bytes:
    height = max(1, round(picture.height * width / picture.width))
    sized = picture if width == picture.width else picture.resize((width, height), Image.Resampling.LANCZOS)
    written = BytesIO()
    # Without exif, xmp and icc_profile nothing but the pixels is written.
    sized.save(written, "WEBP", quality=QUALITY, method=4, exif=b"", xmp=b"", icc_profile=b"")
    return written.getvalue()


def _refused(name: str, message: str) -> InvalidInput:
    return InvalidInput(
        message, field="pictures", value=name, remedy=_("send a JPEG, PNG or WebP of at most 15 MB")
    )


def add_pictures(
    *, product: Product, stored: Sequence[Stored], acting_user: Any, variant: Variant | None = None
) -> list[Media]:
    """Put stored pictures behind those that the product has; one that it has already is left where it is."""
    with transaction.atomic():
        Product.objects.select_for_update(no_key=True).get(pk=product.pk)
        there = {media.url: media for media in product.media.all()}
        if len(there.keys() | {one.url for one in stored}) > MOST_OF_A_PRODUCT:
            raise InvalidInput(
                _("a product has at most %(most)d pictures") % {"most": MOST_OF_A_PRODUCT},
                field="pictures",
                remedy=_("remove some first"),
            )
        place = max((media.position for media in there.values()), default=0)
        added = []
        for one in stored:
            if one.url in there:
                continue
            place += 1
            there[one.url] = Media.objects.create(
                product=product, variant=variant, url=one.url, widths=one.widths, position=place
            )
            added.append(there[one.url])
        if added:
            audit.record(
                "add_pictures",
                actor=acting_user,
                object_type="catalog.product",
                object_id=product.pk,
                object_label=product.handle,
                changes={"pictures": [media.url for media in added]},
            )
    return added
