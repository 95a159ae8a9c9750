"""Columns that many tables have in the same shape."""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from events.models.uploads import RandomName, validate_image


def account(name: Any, **options: Any) -> "models.ForeignKey[Any, Any]":
    """Who did something: an account that is not deleted while a row names it, and from which nothing leads back."""
    options.setdefault("related_name", "+")
    return models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=name, **options)


def country(name: Any, **options: Any) -> "models.ForeignKey[Any, Any]":
    """A country, or none; nothing leads back from it."""
    options.setdefault("related_name", "+")
    return models.ForeignKey("events.Country", models.PROTECT, verbose_name=name, null=True, blank=True, **options)


def picture(name: Any, *, folder: str) -> models.ImageField:
    """A picture that people upload, or none."""
    help_text = _("PNG or JPEG, 5 MB at most.")
    return models.ImageField(
        name, upload_to=RandomName(folder), blank=True, validators=[validate_image], help_text=help_text
    )
