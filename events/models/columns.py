"""Columns and constraints that many tables have in the same shape."""

from typing import Any

from django.conf import settings
from django.db import models


def account(name: Any, **options: Any) -> "models.ForeignKey[Any, Any]":
    """Who did something: an account that is not deleted while a row names it, and from which nothing leads back."""
    options = {"related_name": "+"} | options
    return models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=name, **options)


def once(name: str, *fields: str, message: Any = None, **options: Any) -> models.UniqueConstraint:
    """A constraint of this `name`: no two rows have the same `fields`. `message` is what forms say of a second one."""
    return models.UniqueConstraint(fields=fields, name=name, violation_error_message=message, **options)
