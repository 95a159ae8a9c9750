"""Columns that many tables have in the same shape."""

from typing import Any

from django.conf import settings
from django.db import models


def account(name: Any, **options: Any) -> "models.ForeignKey[Any, Any]":
    """Who did something: an account that is not deleted while a row names it, and from which nothing leads back."""
    options.setdefault("related_name", "+")
    return models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=name, **options)


def country(name: Any, **options: Any) -> "models.ForeignKey[Any, Any]":
    """A country, or none; nothing leads back from it."""
    options.setdefault("related_name", "+")
    return models.ForeignKey("events.Country", models.PROTECT, verbose_name=name, null=True, blank=True, **options)
