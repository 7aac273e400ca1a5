"""The pictures of a case: cleaned when they come in, kept out of public reach, handed out by the views."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.http import Http404, HttpResponse
from django.utils.translation import gettext_lazy as _

from fulfilment.models import Case, CaseMessage, CasePicture
from kernel import pictures
from kernel.errors import InvalidInput
from kernel.ids import new_id


def cleaned(files: Sequence[Any], at_most: int) -> list[bytes]:
    """Return the uploaded files as WebP without metadata; raise InvalidInput for what is no picture."""
    if len(files) > at_most:
        raise InvalidInput(
            _("at most %(most)d pictures at once") % {"most": at_most}, field="pictures", value=len(files)
        )
    return [pictures.clean(file) for file in files]


def keep(message: CaseMessage, contents: Sequence[bytes]) -> None:
    """Store pictures with a message. A file whose transaction is rolled back is an orphan without a row."""
    store = storages["papers"]
    CasePicture.objects.bulk_create(
        CasePicture(message=message, path=store.save(f"cases/{new_id().hex}.webp", ContentFile(content)))
        for content in contents
    )


def answer(case: Case, picture_id: UUID) -> HttpResponse:
    """Return a picture of this case; Http404 for another's. The caller has checked whose case it is."""
    picture = CasePicture.objects.filter(pk=picture_id, message__case=case).first()
    if picture is None:
        raise Http404
    with storages["papers"].open(picture.path) as file:
        response = HttpResponse(file.read(), content_type="image/webp")
    response["Cache-Control"] = "private, max-age=3600"
    response["X-Content-Type-Options"] = "nosniff"
    return response
