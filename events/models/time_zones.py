"""Time zones: which names are known, and which local times exist, or exist twice, on a clock-change night."""

import re
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

REGIONS = "Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Europe|Indian|Pacific"


@cache
def zone_names() -> list[str]:
    """Return the IANA zones that a person may choose, sorted: those named Region/City, and UTC."""
    return ["UTC", *sorted(filter(re.compile(rf"(?:{REGIONS})/").match, available_timezones()))]


def is_zone(name: str) -> bool:
    """Whether a name is one of `zone_names()`."""
    return name in _known()


@cache
def _known() -> frozenset[str]:
    return frozenset(zone_names())


@cache
def _all_names() -> dict[str, str]:
    """Every IANA name by its small letters. “Factory” and “localtime” mean no place."""
    return {name.casefold(): name for name in available_timezones() - {"Factory", "localtime"}}


@cache
def replaced() -> dict[str, str]:
    """Older names with those that took their place, as the zone data have them."""
    rows = (files("tzdata") / "zoneinfo" / "tzdata.zi").read_text(encoding="utf-8").splitlines()
    return {older: name for _link, name, older in (row.split() for row in rows if row.startswith("L "))}


def zone_of(name: str) -> ZoneInfo | None:
    """Return the zone that a name in a file means, by any IANA name in any case; None where it is none.

    One that stands for another of `zone_names()` gives that: US/Eastern is America/New_York, GMT is UTC.
    """
    known = _all_names().get(name.strip().casefold())
    if known is None:
        return None
    if not is_zone(known):
        known = replaced().get(known, known)
        known = "UTC" if known in {"Etc/UTC", "Etc/GMT"} else known
    return ZoneInfo(known)


def validate_zone(name: str) -> None:
    """Refuse (`unknown-zone`) a name that is not an IANA zone of `zone_names()`."""
    if not is_zone(name):
        raise ValidationError(
            _("Time zone “%(zone)s” is not known. Choose one from the list"), code="unknown-zone", params={"zone": name}
        )


def to_moment(local: datetime, *, zone: ZoneInfo) -> datetime:
    """Turn a naive wall-clock time in `zone` into a UTC moment.

    Refuses `time-does-not-exist` (skipped when clocks go forward) and
    `time-exists-twice` (repeated when clocks go back).
    """
    first = local.replace(tzinfo=zone, fold=0)
    second = local.replace(tzinfo=zone, fold=1)
    params = {"time": local.strftime("%H:%M"), "date": local.date().isoformat(), "zone": zone.key}
    if first.utcoffset() != second.utcoffset():
        if first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != local:
            raise ValidationError(
                _("%(time)s does not exist on %(date)s in %(zone)s: the clocks go forward. Choose another time"),
                code="time-does-not-exist",
                params=params,
            )
        raise ValidationError(
            _("%(time)s exists twice on %(date)s in %(zone)s: the clocks go back. Choose another time"),
            code="time-exists-twice",
            params=params,
        )
    return first.astimezone(UTC)
