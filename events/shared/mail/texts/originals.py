"""The words of the mails that the site writes by itself: the original ones, and in their place those that organisers wrote for a
forum and a language (`MailText`).

Only words can be changed. The frame, buttons, times, codes, files and the line that says why a person gets the mail are made
by the rule that writes it, so nobody can edit a link that confirms, or the way to refuse, out of a mail.

A module that declares originals is loaded with its app (`ready`), so that organisers find all of them.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language

from events.models import Forum, MailText
from events.shared.formatting.names import forum_name, known_language

PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
# What people may have meant as a placeholder: any word in braces, several at once, and a brace alone.
BRACES = re.compile(r"\{+[^{}\n]{0,40}\}*|\}+")
SEVERAL = 5  # so many stand for any number: the plural is shown

ORIGINALS: dict[str, "Original"] = {}


class _Named(int):
    """What stands for any value in the words that organisers see: `{name}`, and a number for the sentences that have plurals."""

    name: str

    def __str__(self) -> str:
        return f"{{{self.name}}}"


class _Braces(dict[str, Any]):
    def __missing__(self, name: str) -> _Named:
        found = _Named(SEVERAL)
        found.name = name
        return found


@dataclass(frozen=True)
class Original:
    """The words of one automatic mail: `subject`, `lead` (the first sentence) and `more`, lazy strings with `%(name)s` for what
    differs. `key` names it in `MailText`, `name` in the list of organisers."""

    key: str
    name: Any
    subject: Any
    lead: Any = ""
    more: Sequence[Any] = ()

    def said(self, forum: Forum | None, /, *, also: Sequence[str] = (), **values: Any) -> dict[str, Any]:
        """The subject, lead and paragraphs of a mail for a forum (`Content`), in the active language. `values`: what stands for the
        placeholders; `also`: paragraphs that come after these words, ours or the organisers'."""
        values.setdefault("forum", forum_name(forum) if forum else "")
        own = own_texts(forum).get((self.key, known_language(get_language())))
        if own is None:
            subject, lead, *rest = (str(words % values) for words in (self.subject, self.lead, *self.more))
        else:
            subject, lead, *rest = (fill(words, values) for words in (own.subject, *parts(own.body)))
        return {"subject": subject, "lead": lead, "paragraphs": [*rest, *also]}

    def shown(self) -> tuple[str, str]:
        """The subject and the text as organisers read them, in the active language: with `{name}` for what differs."""
        braces = _Braces()
        body = [str(words % braces) for words in (self.lead, *self.more) if words]
        return str(self.subject % braces), "\n\n".join(body)

    @property
    def known(self) -> set[str]:
        """The placeholders that the words may have."""
        return {"forum", *PLACEHOLDER.findall(" ".join(self.shown()))}

    @property
    def needed(self) -> set[str]:
        """The placeholders that the text must have: what the original tells, every other text tells too."""
        return set(PLACEHOLDER.findall(self.shown()[1]))


def original(key: str, name: Any, subject: Any, lead: Any = "", *more: Any) -> Original:
    """Declare the words of an automatic mail (see `Original`)."""
    return ORIGINALS.setdefault(key, Original(key, name, subject, lead, more))


def parts(body: str) -> list[str]:
    """The paragraphs of a text, one at the least."""
    return [words.strip() for words in re.split(r"\n\s*\n", body.replace("\r\n", "\n")) if words.strip()] or [""]


def fill(words: str, values: Mapping[str, Any]) -> str:
    """The words with the values in place of their placeholders: literally, and only once."""
    return PLACEHOLDER.sub(lambda found: str(values.get(found[1], found[0])), words)


def own_texts(forum: Forum | None) -> Mapping[tuple[str, str], MailText]:
    """The texts that organisers wrote for a forum, by key and language. One query for each object of the forum."""
    if forum is None:
        return {}
    known: dict[tuple[str, str], MailText] | None = forum.__dict__.get("own_mail_texts")
    if known is None:
        known = forum.__dict__["own_mail_texts"] = {(row.kind, row.language): row for row in forum.mail_texts.all()}
    return known
