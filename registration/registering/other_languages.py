"""Fields of organisers' forms for texts in the other languages of the site."""

from django.conf import settings
from django.utils.translation import gettext as _

OTHER_LANGUAGES = [(code, name) for code, name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]


def names(*parts: str) -> list[str]:
    """The names of the fields: of each language one for each part, such as “text_fr”."""
    return [f"{part}_{code}" for code, _name in OTHER_LANGUAGES for part in parts]


def label(text: str, code: str) -> str:
    """What such a field is called: “Name (French)”."""
    return _("%(field)s (%(language)s)") % {"field": text, "language": _(str(dict(settings.LANGUAGES)[code]))}
