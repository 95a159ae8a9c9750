"""Mails for people: what each says, in one frame of text and one of HTML, in the language and the zone of who gets it.

A rule says what a mail says (`Content`) while its language is active (`speaking`); `render` puts it into the frames, and
`outbox_row` makes the row of the outbox. What goes to many is rendered once for each language and zone: each person's own
address stands in it as OWN_ADDRESS until `Rendered.for_address` replaces it.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.template.loader import render_to_string
from django.utils import dateformat, translation
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from events.models import Forum, Message, User
from events.shared.formatting import times
from events.shared.formatting.names import forum_name, known_language
from events.shared.mail import outbox, refused_kinds
from events.shared.mail.envelope import QR_CODE
from events.shared.mail.outbox import one_line

OWN_ADDRESS = "https://own-address.invalid/"
INDENT = re.compile(r"\n\s+")  # the frame is written for people; a mail goes out thousands of times


class MailLink(NamedTuple):
    words: str
    url: str


class LocalTime(NamedTuple):
    """The time of a session in one zone, in the words of the language that is active. `whose`: a caption, where a mail says
    the time of two zones."""

    date: str
    starts: str
    ends: str
    zone: str
    whose: str = ""
    is_all_day: bool = False

    @property
    def span(self) -> str:
        if self.is_all_day:
            return gettext("All day")
        return "–".join(times.range_ends(self.starts, self.ends))


def stop_link() -> MailLink:
    """At the foot of a mail that one may refuse."""
    return MailLink(gettext("Stop mails of this kind"), OWN_ADDRESS)


def qr_code_image(words: str) -> SafeString:
    """The place of a QR code in the HTML of a mail; it is drawn as the mail is sent (`events.shared.hooks.qr_code`). `words`: for people
    who do not see it."""
    return format_html('<p><img src="cid:{}" width="240" height="240" alt="{}"></p>', QR_CODE, words)


def _line(link: MailLink) -> str:
    return gettext("%(words)s: %(url)s") % link._asdict()


@dataclass(frozen=True)
class Content:
    """What a mail says, in the order in which it says it. `heading` and `quote` are words of people, the others ours.

    `own_text` and `own_html`: what only this kind of mail has. `why` the person gets it stands below, with a link to stop
    it.
    """

    subject: str
    heading: str
    action: MailLink
    why: str
    lead: str = ""
    times: Sequence[LocalTime] = ()
    quote: str = ""
    own_text: str = ""
    own_html: SafeString | str = ""
    paragraphs: Sequence[str] = ()
    hint: str = ""
    links: Sequence[MailLink] = ()
    stop: MailLink | None = None

    @property
    def text_parts(self) -> list[str]:
        """The parts of the text, with an empty line between them."""
        local = [f"{time.date}, {time.span} {time.zone}" for time in self.times]
        groups = [
            [self.lead],
            [self.heading, *local],
            [self.quote],
            [self.own_text],
            *([words] for words in self.paragraphs),
            [_line(self.action), self.hint],
            [_line(link) for link in self.links],
        ]
        parts = ("\n".join(filter(None, lines)) for lines in groups)
        return [part for part in parts if part]


@dataclass(frozen=True)
class Rendered:
    """A mail as it goes out; without `html` where organisers edit its text first."""

    subject: str
    text: str
    html: str = ""

    def for_address(self, url: str) -> "Rendered":
        """The mail with a person's own address (of plain ASCII) in its place."""
        return Rendered(self.subject, self.text.replace(OWN_ADDRESS, url), self.html.replace(OWN_ADDRESS, url))


def speaking(language: str) -> AbstractContextManager[Any]:
    """A context in which everything is said in a language of the site."""
    return translation.override(known_language(language))


@lru_cache(maxsize=1000)
def _day(day: date, _language: str) -> str:
    return dateformat.format(day, "l j F Y")


def local_time(
    starts: datetime, *, ends: datetime, zone: ZoneInfo, forum: Forum | None = None, whose: str = ""
) -> LocalTime:
    """A session's time in `zone`, which is named by its city, or by the place of the `forum` whose zone it is."""
    return LocalTime(
        date=_day(starts.astimezone(zone).date(), translation.get_language()),
        starts=times.hours(starts, zone=zone),
        ends=times.end_hours(ends, zone=zone),
        zone=times.zone_label(zone, at=starts, forum=forum),
        whose=whose,
        is_all_day=times.is_all_day(starts, ends=ends, zone=zone),
    )


def render(content: Content, *, sender: str, has_html: bool = True) -> Rendered:
    """Put what a mail says into the frames, in the language that is active. `sender`: the name of the forum or of the prize
    for which it speaks."""
    context = {"mail": content, "sender": forum_name(sender)}
    return Rendered(
        subject=one_line(content.subject),
        text=render_to_string("events/mail/frame.txt", context).strip() + "\n",
        html=INDENT.sub("\n", render_to_string("events/mail/frame.html", context)) if has_html else "",
    )


def once_each(say: Callable[..., Content], *, sender: str) -> Callable[..., Rendered]:
    """What goes to many: `say` is asked, and the mail rendered, once for each language and whatever else mails differ by, in this order."""

    @cache
    def rendered(language: str, *facts: Any) -> Rendered:
        with speaking(language):
            return render(say(*facts), sender=sender)

    return rendered


def outbox_row(
    mail: Rendered,
    *,
    kind: str,
    key: str,
    about: int,
    to: User | str,
    language: str,
    forum: Forum | None,
    due: datetime,
    **more: Any,
) -> Message:
    """A row of the outbox that is not saved yet. `about`: the row of which a mail of this kind speaks; `to`: an account, or
    an address without one; `more`: its other columns. A mail that one may refuse gets its unsubscribe address."""
    user, address = (None, to) if isinstance(to, str) else (to, to.email)
    if user and "unsubscribe_url" not in more:
        url = more["unsubscribe_url"] = refused_kinds.address(user.pk, kind, language=known_language(language))
        mail = mail.for_address(url) if url else mail
    columns = {
        "kind": kind,
        "dedupe_key": key,
        "about": about,
        "user_id": user.pk if user else None,
        "to": address,
        "language": known_language(language),
        "subject": mail.subject,
        "text": mail.text,
        "html": mail.html,
        "forum_id": forum.pk if forum else None,
        "due": due,
    }
    values: list[Any] = list((_blank() | columns | more).values())
    return Message(*values)  # type: ignore[misc]  # the stubs know of names only


def put(
    content: Content,
    *,
    kind: str,
    about: int,
    names: Sequence[object] = (),
    to: User | str,
    forum: Forum | None,
    sender: str = "",
    now: datetime,
    due: datetime | None = None,
    is_draft: bool = False,
    **more: Any,
) -> None:
    """Put a mail into the outbox, in the language that is active; nothing happens where one of this kind is about the
    same row and has the same `names` in its key. `to`: an account, or an address without one; `sender`: else the forum; `more`: as for
    `outbox_row`."""
    outbox.write(
        outbox_row(
            render(content, sender=sender or (forum.name if forum else gettext("WSIS Forum")), has_html=not is_draft),
            kind=kind,
            key=":".join(map(str, (kind, about, *names))),
            about=about,
            to=to,
            language=translation.get_language() or "",
            forum=forum,
            due=due or now,
            state=Message.State.DRAFT if is_draft else Message.State.QUEUED,
            **more,
        )
    )


def tell(people: Iterable[User], say: Callable[[], Content], *, names: Sequence[object] = (), **mail: Any) -> None:
    """Put a mail to each of these people into the outbox; `say` makes it while their language is active. `names` and `mail`
    as for `put`."""
    for person in people:
        with speaking(person.language):
            put(say(), names=(person.pk, *names), to=person, **mail)


@cache
def _blank() -> dict[str, Any]:
    """The columns of a new mail, in their order: to look at each field again for each mail took half of the time of making one."""
    return {field.attname: field.get_default() for field in Message._meta.concrete_fields}
