"""A picture of an after-sales case, sent to whoever may see the case."""

from uuid import UUID

from django.core.files.storage import storages
from django.http import Http404, HttpResponse

from fulfilment.models import Case, CasePicture


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
