"""A file about which its sender is asked something: kept until they answer, so that nobody chooses it twice."""

import re
import secrets
from typing import Any, NamedTuple

from django import forms
from django.core.cache import cache

from events.models import User
from events.shared.formatting.plain_text import line
from events.shared.tables.answers import Answers, OpenQuestion
from events.shared.tables.headers import OpenColumns

KEPT_SECONDS = 3600
TOKEN = re.compile(r"[-\w]{10,40}", re.ASCII)


class KeptFile(NamedTuple):
    name: str
    data: bytes


class KeptFileForm(forms.Form):
    """A form with a `file`, or with one that this user sent before and the cache keeps (`token`), and answers about it. `question`:
    what is asked of it; the page sends `hidden` again."""

    question: OpenQuestion | None = None

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.answers = Answers.sent(self.data)
        sent = self.data.get("token", "")
        self.token = sent if TOKEN.fullmatch(sent) else secrets.token_urlsafe(16)
        self.key = f"file:{user.pk}:{self.token}"
        self.kept: KeptFile | None = cache.get(self.key)
        self.fields["file"].required = self.kept is None

    def take(self) -> KeptFile | None:
        """The file: the one that was sent now comes before one that is kept."""
        if file := self.cleaned_data.get("file"):
            self.kept = KeptFile(line(file.name, most=80), file.read())
        return self.kept

    def keep(self) -> None:
        cache.set(self.key, self.kept, KEPT_SECONDS)

    def forget(self) -> None:
        cache.delete(self.key)

    def hidden(self) -> list[tuple[str, str]]:
        """What a page about the kept file sends again, but for the columns where it asks about them."""
        fields = [(name, self.data.get(name, "")) for name in self.fields if name != "file"]
        prefixes = ("name:",) if isinstance(self.question, OpenColumns) else ("column:", "name:")
        answers = self.data.items() if self.data else ()
        return [*fields, ("token", self.token), *(pair for pair in answers if pair[0].startswith(prefixes))]
