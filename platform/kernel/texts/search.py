"""``…__search_text``: a lookup over what searches make of a text, on both sides.

``name__search_text__contains="nguyen"`` finds Nguyễn. What that is stands in texts/sql/search_text.sql.
"""

from typing import Any

from django.db.models import CharField, Field, JSONField, TextField, Transform


@CharField.register_lookup
@TextField.register_lookup
@JSONField.register_lookup
class SearchText(Transform):
    """The words of a text, or of a text in several languages."""

    lookup_name = "search_text"
    bilateral = True
    template = "public.search_text((%(expressions)s)::text)"

    @property
    def output_field(self) -> Field[Any, Any]:
        """Return what comes out: a text."""
        return TextField()
