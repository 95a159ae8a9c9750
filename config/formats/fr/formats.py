"""French: day before month, 24 hours, a narrow no-break space between thousands."""

from config.formats import *  # noqa: F403  what all languages share

DATETIME_FORMAT = "j F Y, H:i"
SHORT_DAY_FORMAT = "j N"  # our own: where there is little room
NARROW_DAY_FORMAT = "D. j F"  # our own: a weekday, where there is little room
SHORT_DATE_FORMAT = "j N Y"
SHORT_DATETIME_FORMAT = "j N Y, H:i"
DATE_INPUT_FORMATS = ["%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y"]
DECIMAL_SEPARATOR = ","
THOUSAND_SEPARATOR = "\u202f"
