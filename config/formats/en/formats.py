"""English as the United Nations writes it: day before month, 24 hours."""

from config.formats import *  # noqa: F403  what all languages share

DATETIME_FORMAT = "j F Y, H:i"
SHORT_DAY_FORMAT = "j M"  # our own: where there is little room
NARROW_DAY_FORMAT = "D j F"  # our own: a weekday, where there is little room
SHORT_DATE_FORMAT = "j M Y"
SHORT_DATETIME_FORMAT = "j M Y, H:i"
DATE_INPUT_FORMATS = ["%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y", "%d %b %Y", "%d %B %Y"]
DECIMAL_SEPARATOR = "."
THOUSAND_SEPARATOR = ","
