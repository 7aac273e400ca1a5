"""Pictures that people upload: made harmless, made small, kept under a name of their own content.

What arrives is decoded and written anew as WebP in several widths: nothing of the file itself, its
metadata (places, cameras, people) or what may hide behind the picture reaches a page.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext as _

from catalog.pictures.models import Media
from catalog.products.models import Product, Variant
from kernel import audit
from kernel.errors import InvalidInput, NotFound
from kernel.files import pictures

WIDTHS = (320, 640, 1280)
FOLDER = "pictures"
MOST_OF_A_PRODUCT = 30


@dataclass(frozen=True, slots=True)
class StoredPicture:
    """A picture in our storage: the address of its largest width, and all widths there are, in pixels."""

    url: str
    widths: list[int]


def store_picture(file: BinaryIO | Any, *, name: str = "") -> StoredPicture:
    """Check, shrink and store a picture; the same one is stored once. See ``kernel.files.pictures.decoded``.

    Calls the storage: not inside a transaction that holds locks.
    """
    picture, data = pictures.decoded(file, name=name)
    sizes = [width for width in WIDTHS if width < picture.width] + [min(picture.width, WIDTHS[-1])]
    folder = hashlib.sha256(data).hexdigest()
    widths = sorted(set(sizes))
    for width in widths:
        path = f"{FOLDER}/{folder[:2]}/{folder}/{width}.webp"
        if not default_storage.exists(path):
            default_storage.save(path, ContentFile(pictures.as_webp(picture, width)))
    return StoredPicture(default_storage.url(f"{FOLDER}/{folder[:2]}/{folder}/{widths[-1]}.webp"), widths)


def add_pictures(
    *, product: Product, stored: Sequence[StoredPicture], acting_user: Any, variant: Variant | None = None
) -> list[Media]:
    """Put stored pictures behind those that the product has, and return the rows that are new.

    One that the product has already is left where it is. The outermost command. Raises InvalidInput above
    MOST_OF_A_PRODUCT pictures; none is added then.
    """
    with transaction.atomic(durable=True):
        Product.objects.select_for_update(no_key=True).get(pk=product.pk)
        there = {media.url: media for media in product.media.all()}
        if len(there.keys() | {picture.url for picture in stored}) > MOST_OF_A_PRODUCT:
            raise InvalidInput(
                _("a product has at most %(most)d pictures") % {"most": MOST_OF_A_PRODUCT},
                field="pictures",
                remedy=_("remove some first"),
            )
        place = max((media.position for media in there.values()), default=0)
        added = []
        for picture in stored:
            if picture.url in there:
                continue
            place += 1
            there[picture.url] = Media.objects.create(
                product=product, variant=variant, url=picture.url, widths=picture.widths, position=place
            )
            added.append(there[picture.url])
        if added:
            audit.record_on(
                product,
                "add_pictures",
                actor=acting_user,
                changes={"pictures": [media.url for media in added]},
            )
    return added


def move_picture_first(*, product: Product, media_id: str, acting_user: Any) -> None:
    """Put one of a product's pictures before the others. Raises NotFound."""
    _place(product, media_id, acting_user, remove=False)


def remove_picture(*, product: Product, media_id: str, acting_user: Any) -> None:
    """Take one of a product's pictures away; its file stays. Raises NotFound."""
    _place(product, media_id, acting_user, remove=True)


def _place(product: Product, media_id: str, acting_user: Any, *, remove: bool) -> None:
    with transaction.atomic(durable=True):
        Product.objects.select_for_update(no_key=True).get(pk=product.pk)
        media = {str(row.pk): row for row in product.media.all()}
        chosen = media.pop(media_id, None)
        if chosen is None:
            raise NotFound(_("the product has no such picture"), field="pictures", value=media_id[:40])
        if remove:
            chosen.delete()
        for position, row in enumerate([*([] if remove else [chosen]), *media.values()], 1):
            if row.position != position:
                Media.objects.filter(pk=row.pk).update(position=position)
        audit.record_on(
            product,
            "remove_picture" if remove else "first_picture",
            actor=acting_user,
            changes={"picture": chosen.url},
        )
