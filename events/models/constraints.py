"""Constraints that several tables have: rows that exist once, spans of time, and rows about one of two things."""

from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


def once(name: str, *fields: str, message: Any = None, **options: Any) -> models.UniqueConstraint:
    """A constraint of this `name`: no two rows have the same `fields`. `message` is what forms say of a second one."""
    return models.UniqueConstraint(fields=fields, name=name, violation_error_message=message, **options)


def ends_after_start(
    name: str,
    *,
    starts: str = "starts",
    ends: str = "ends",
    sentence: Any = None,
) -> models.CheckConstraint:
    """A span of time lasts longer than nothing. `sentence`: what people read who enter another one."""
    condition = Q(**{f"{ends}__gt": F(starts)})
    return models.CheckConstraint(
        condition=condition, name=name, violation_error_message=sentence or _("The end is not after the start.")
    )


def times_of_session(prefix: str) -> list[models.BaseConstraint]:
    """A session has both times or none, in their order; a scheduled one has them. `prefix`: of the names."""
    return [
        ends_after_start(f"{prefix}_ends_after_start"),
        models.CheckConstraint(
            condition=Q(starts__isnull=True, ends__isnull=True) | Q(starts__isnull=False, ends__isnull=False),
            name=f"{prefix}_both_times",
            violation_error_message=_("Enter both a start and an end, or neither."),
        ),
        models.CheckConstraint(
            condition=~Q(state="scheduled") | Q(starts__isnull=False),
            name=f"{prefix}_scheduled_has_time",
            violation_error_message=_("A scheduled session needs a start and an end."),
        ),
    ]


def one_of_two(name: str, first: str, second: str) -> models.CheckConstraint:
    """Exactly one of two columns is filled in."""
    one = Q(**{f"{first}__isnull": True, f"{second}__isnull": False})
    other = Q(**{f"{first}__isnull": False, f"{second}__isnull": True})
    return models.CheckConstraint(condition=one | other, name=name)
