"""Give a form's widget the class that the stylesheet knows."""

from django import template
from django.forms import BoundField
from django.utils.safestring import SafeString

register = template.Library()


@register.filter
def with_class(field: BoundField, name: str) -> SafeString:
    """Draw the field with ``name`` as its class."""
    return field.as_widget(attrs={"class": name})
