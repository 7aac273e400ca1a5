"""The pictures of a case: cleaned when they come in, kept out of public reach, handed out by the views."""

from collections.abc import Sequence
from typing import Any

from django.core.files.base import ContentFile
from django.utils.translation import gettext_lazy as _

from fulfilment.cases.models import CaseMessage, CasePicture
from kernel.database.unit_of_work import joins_transaction
from kernel.errors import InvalidInput
from kernel.files import pictures
from kernel.files.private import papers
from kernel.ids import new_id


def cleaned(files: Sequence[Any], at_most: int) -> list[bytes]:
    """Return the uploaded files as WebP without metadata; raise InvalidInput for what is no picture."""
    if len(files) > at_most:
        raise InvalidInput(
            _("at most %(most)d pictures at once") % {"most": at_most}, field="pictures", value=len(files)
        )
    return [pictures.clean(file) for file in files]


@joins_transaction
def keep(message: CaseMessage, contents: Sequence[bytes]) -> None:
    """Store pictures with a message. A file whose transaction is rolled back is an orphan without a row."""
    store = papers()
    CasePicture.objects.bulk_create(
        CasePicture(message=message, path=store.save(f"cases/{new_id().hex}.webp", ContentFile(content)))
        for content in contents
    )
