"""What readers of JSON of other systems share. Each is a module with `as_frab`, which `frab_json` asks in turn."""

from typing import Any

from django.utils.translation import gettext as _

from events.exchange.readers.records import refusal

type Dict = dict[str, Any]


def other(system: str, instead: str) -> Any:
    """What is refused (`no-schedule`): a file of a known system without sessions; `instead`: what to export."""
    words = _("This is a file of %(system)s without sessions and their times. %(instead)s")
    return refusal(words % {"system": system, "instead": instead}, code="no-schedule")


def list_of(value: Any) -> list[Any]:
    """A list as it is; anything else is an empty one."""
    return value if isinstance(value, list) else []


def rows_of(value: Any) -> list[Dict]:
    """The objects of a list."""
    return [row for row in list_of(value) if isinstance(row, dict)]


def by(rows: Any, name: str) -> dict[str, Dict]:
    """The objects of a list by one of their values."""
    return {str(row.get(name)): row for row in rows_of(rows)}


def schedule(events: list[Dict], **conference: Any) -> Dict:
    """frab's form of some events."""
    return {"schedule": {"conference": {"title": "", **conference}, "events": events}}
