"""What may stand in a filter: each field reads its values, and says in the schema of the API which ones it takes."""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Manager

MOST_VALUES = 60  # of one filter
# A date or a moment outside of these years is understood, and nothing is there: no zone can carry it over an edge.
FIRST_YEAR, LAST_YEAR = 1900, 2200
DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d(?:\.\d{1,9})?)(Z|[+ -]\d\d:\d\d)", re.ASCII | re.IGNORECASE)
NO_DAY = date.min  # a day on which nothing is

type InMemory = Callable[[Any], Iterable[str]]  # the values of a row that was fetched


class Values(forms.MultipleChoiceField):
    """Values of a pattern, the parameter once for each; each value once, `MOST_VALUES` at the most."""

    default_error_messages = {
        "invalid_choice": "This value is not possible here: %(value)s",
        "too-many": f"Give at most {MOST_VALUES} values.",
    }

    def __init__(self, *, pattern: str, **options: Any) -> None:
        super().__init__(**options)
        self.pattern = re.compile(pattern, re.ASCII)

    def valid_value(self, value: Any) -> bool:
        return self.pattern.fullmatch(str(value)) is not None

    def validate(self, value: Any) -> None:
        super().validate(value)
        if len(value) > MOST_VALUES:
            raise ValidationError(self.error_messages["too-many"], code="too-many")

    def clean(self, value: Any) -> Any:
        return list(dict.fromkeys(super().clean(value)))


class Days(Values):
    """Dates, YYYY-MM-DD."""

    def clean(self, value: Any) -> list[date]:
        return [self._day(text) for text in super().clean(value)]

    def _day(self, text: str) -> date:
        try:
            day = date.fromisoformat(text)
        except ValueError:
            raise ValidationError(
                self.error_messages["invalid_choice"], code="invalid_choice", params={"value": text}
            ) from None
        return day if FIRST_YEAR <= day.year <= LAST_YEAR else NO_DAY


class MomentField(forms.Field):
    """A date and a time with its offset (RFC 3339). A + of the offset that arrives as a blank is taken for one."""

    default_error_messages = {"invalid": "Enter a date and a time with its offset, such as 2020-07-22T12:00:00Z."}
    widget = forms.TextInput

    def to_python(self, value: Any) -> datetime | None:
        if value is None:
            return None
        match = MOMENT.fullmatch(str(value))
        if match is None:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        day, time, offset = match.groups()
        offset = "+00:00" if offset in "Zz" else offset.replace(" ", "+")
        year = int(day[:4])
        if not FIRST_YEAR <= year <= LAST_YEAR:
            return datetime(FIRST_YEAR if year < FIRST_YEAR else LAST_YEAR, 1, 1, tzinfo=UTC)
        try:  # a leap second is the second before it
            return datetime.fromisoformat(f"{day}T{time[:6]}{time[6:].replace('60', '59', 1)}{offset}").astimezone(UTC)
        except ValueError:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from None


class ValuesFilter(django_filters.Filter):
    """Rows whose column is one of the values. `schema`: what one value is, in OpenAPI's words.

    With a `label` it stands on a page too, which narrows rows in memory: by the same column, or by the values that `in_memory`
    says. `conjoined`: a row must have all that are asked for.
    """

    field_class = Values

    def __init__(self, *, schema: dict[str, Any], about: str, **options: Any) -> None:
        self.schema = {"type": "array", "maxItems": MOST_VALUES, "items": schema}
        self.about = about
        self.conjoined: bool = options.pop("conjoined", False)
        self.in_memory: InMemory | None = options.pop("in_memory", None)
        options.setdefault("pattern", schema.get("pattern") or "|".join(map(re.escape, schema.get("enum", ()))))
        super().__init__(**options)

    def filter(self, qs: Any, value: Sequence[str]) -> Any:
        if not value:
            return qs
        return self.get_method(qs)(**{f"{self.field_name}__in": value})

    def values(self, row: Any) -> set[str]:
        """The values that a row in memory has; what hangs on it was fetched with it."""
        if self.in_memory:
            return set(self.in_memory(row))
        found = [row]
        for name in self.field_name.split("__"):
            found = [value for one in found for value in _each(getattr(one, name))]
        return {str(getattr(one, "pk", one)) for one in found}

    def fits(self, row: Any, wanted: Collection[str]) -> bool:
        """Whether a row in memory is one of those that `filter` leaves."""
        has = self.values(row)
        return has.issuperset(wanted) if self.conjoined else not has.isdisjoint(wanted)


def _each(value: Any) -> Iterable[Any]:
    """The rows of a relation to many; else the one value."""
    if isinstance(value, Manager):
        return value.all()
    return value if isinstance(value, list) else (value,)


class DaysFilter(ValuesFilter):
    field_class = Days


class MomentFilter(django_filters.Filter):
    field_class = MomentField

    def __init__(self, *args: Any, about: str, **options: Any) -> None:
        self.schema = {"type": "string", "format": "date-time"}
        self.about = about
        super().__init__(*args, **options)


class TextFilter(django_filters.CharFilter):
    """Words to look for."""

    def __init__(self, *args: Any, about: str, most: int, **options: Any) -> None:
        self.schema = {"type": "string", "maxLength": most}
        self.about = about
        super().__init__(*args, max_length=most, **options)


class Order(django_filters.fields.ChoiceField):
    """One of the orders; not an empty one."""

    def clean(self, value: Any) -> Any:
        if value == "":
            raise ValidationError("Choose one of the orders.", code="required")
        return super().clean(value)


class OrderingFilter(django_filters.ChoiceFilter):
    """One of the named orders; `-` before it turns it round. Rows that are alike stay in the order of their keys."""

    field_class = Order

    def __init__(self, orders: dict[str, str], *, default: str, **options: Any) -> None:
        self.orders = orders
        names = [name for order in orders for name in (order, f"-{order}")]
        self.schema = {"type": "string", "enum": names, "default": default}
        self.about = "The order of the rows; - before it turns it round."
        super().__init__(choices=[(name, name) for name in names], empty_label=None, **options)
        self.default = default

    def filter(self, qs: Any, value: str) -> Any:
        name = value or self.default
        sign, column = ("-", name[1:]) if name.startswith("-") else ("", name)
        return qs.order_by(f"{sign}{self.orders[column]}", f"{sign}pk")


# --- what one value may be ------------------------------------------------------------------------
SLUG = {"type": "string", "pattern": "^[-a-zA-Z0-9_]{1,40}$"}
CODE = {"type": "string", "pattern": "^[0-9A-Z]{6}$"}
NUMBER = {"type": "integer", "minimum": 1, "maximum": 999_999_999_999_999_999}
NUMBER_PATTERN = "[1-9][0-9]{0,17}"
GOAL = {"type": "integer", "minimum": 1, "maximum": 17}
GOAL_PATTERN = "[1-9]|1[0-7]"
DAY = {"type": "string", "format": "date"}
