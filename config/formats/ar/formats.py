"""Arabic as the United Nations writes it: day before month, 24 hours, Western digits."""

from config.formats import *  # noqa: F403  what all languages share

DATETIME_FORMAT = "j F Y، H:i"
SHORT_DAY_FORMAT = "j F"  # our own: where there is little room
NARROW_DAY_FORMAT = "l j F"  # our own: a weekday, where there is little room
SHORT_DATE_FORMAT = "j F Y"
SHORT_DATETIME_FORMAT = "j F Y، H:i"
DATE_INPUT_FORMATS = ["%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y"]
DECIMAL_SEPARATOR = "."
THOUSAND_SEPARATOR = ","
