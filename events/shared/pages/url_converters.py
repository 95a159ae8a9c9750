"""How addresses spell what stands in them: one spelling each, so that no page has a second address."""

from django.urls import register_converter
from django.urls.converters import IntConverter


class Key(IntConverter):
    """A number as it is written, without leading zeros, that fits into the database: `<key:pk>`."""

    regex = "[1-9][0-9]{0,17}"


register_converter(Key, "key")
