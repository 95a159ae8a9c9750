"""Text of one line: titles and names. They stand in mails, where a line break would begin a paragraph of the writer's own."""

import re
from typing import Any

from django.db import models

# Signs that control, and those that part lines and paragraphs; a space that does not break stays as it was typed.
_BREAKS = re.compile(r"[\x01-\x20\x7f-\x9f\u2028\u2029]+")


def one_line(text: str) -> str:
    """Return the text in one line: each run of line ends, control characters and plain spaces is one space."""
    return _BREAKS.sub(" ", text).strip()


class LineField(models.CharField):
    """A CharField that keeps one line, whoever writes it: a form, the admin, an import or a rule."""

    def deconstruct(self) -> Any:
        """To the database and its migrations it is a CharField."""
        name, _path, args, options = super().deconstruct()
        return name, "django.db.models.CharField", args, options

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        return one_line(text) if isinstance(text, str) else text

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """The row in hand says what is stored."""
        value = self.to_python(super().pre_save(model_instance, add))
        setattr(model_instance, self.attname, value)
        return value
