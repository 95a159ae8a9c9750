"""How figures are written."""

from django import template
from django.utils.formats import number_format

register = template.Library()


@register.filter
def number(value: int) -> str:
    """A whole number with the thousands parted as the page's language does: 15,000."""
    return number_format(value, force_grouping=True)
