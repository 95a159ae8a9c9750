"""What each receiver of a mailing reads: the organisers' words in their language, in the frame of all mails.

The mail is rendered once for each group, language and text; what is a person's own is put in afterwards (`placeholders`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db.models import prefetch_related_objects
from django.utils.translation import gettext as _

from events.mailings import placeholders
from events.mailings.groups import Chosen, Recipient
from events.models import Mailing, Session
from events.shared.formatting import times
from events.shared.formatting.names import forum_name, session_text, term
from events.shared.mail.rendering import Content, MailLink, Rendered, render, speaking, stop_link
from events.shared.pages.absolute_urls import absolute


@dataclass(frozen=True)
class _Frame:
    """A mail with marks, and the values of all its receivers. `why` stands at its foot, `body` is its middle."""

    mail: Rendered
    values: Mapping[str, str]
    why: str
    body: str


def written(mailing: Mailing) -> list[str]:
    """The languages in which a mailing has a text, in the order of the site's."""
    return [code for code, _name in settings.LANGUAGES if (mailing.texts.get(code) or {}).get("text")]


def language_for(mailing: Mailing, language: str) -> str:
    """The language in which people of a language get it: theirs, else the first that is written."""
    codes = written(mailing)
    return language if language in codes else codes[0]


def given(rows: Sequence[Chosen], *, is_draft: bool = False) -> set[str]:
    """The placeholders that stand for something in all these groups. `is_draft`: or will, once a session is chosen."""
    found = set(placeholders.WORDS)
    for one in rows:
        if not one.is_excluded:
            session, own = one.session, {"title"} if one.group.title else set()
            if session:
                own |= {"session"} | ({"start"} if session.starts else set()) | ({"room"} if session.room else set())
            elif is_draft and "session" in one.form.fields:
                own |= {"session", "start", "room"}
            found &= placeholders.ALWAYS | own
    return found


class MailingMails:
    """The mails of one mailing. Asks the database nothing once it is made."""

    def __init__(self, mailing: Mailing, rows: Sequence[Chosen]) -> None:
        self.mailing, self.forum = mailing, mailing.forum
        self._rows = {one.number: one for one in rows}
        self._sessions = {one.number: one.session for one in rows}
        prefetch_related_objects([one for one in self._sessions.values() if one], "room")
        self._frames: dict[tuple[str, int, bool], _Frame] = {}

    def language(self, person: Recipient) -> str:
        """The language of the person's mail."""
        return language_for(self.mailing, person.language)

    def mail(self, person: Recipient) -> Rendered:
        """The mail as a person gets it, without their own unsubscribe address."""
        frame = self._frame(person)
        return placeholders.put_in(frame.mail, self._values(frame, person))

    def shown(self, person: Recipient) -> dict[str, str]:
        """The mail for the organisers' page: subject, body and why the person gets it."""
        frame = self._frame(person)
        values = self._values(frame, person)
        subject = placeholders.put_in(frame.mail, values).subject
        return {"subject": subject, "body": placeholders.put_in_html(frame.body, values), "why": frame.why}

    def _values(self, frame: _Frame, person: Recipient) -> dict[str, str]:
        return {**frame.values, "name": person.name, "title": person.title}

    def _frame(self, person: Recipient) -> _Frame:
        key = (self.language(person), person.group, person.user_id is not None)
        if key not in self._frames:
            self._frames[key] = self._rendered(*key)
        return self._frames[key]

    def _rendered(self, language: str, number: int, has_account: bool) -> _Frame:
        text, chosen = self.mailing.texts[language], self._rows[number]
        with speaking(language):
            name = forum_name(self.forum)
            link = absolute(chosen.group.url(self.forum))
            why = str(chosen.group.why) % {"forum": name}
            subject, body = placeholders.marked(text["subject"]), placeholders.marked_html(text["text"])
            content = Content(
                subject=subject,
                heading=subject,
                own_text=placeholders.marked(text["text"]),
                own_html=body,
                action=MailLink(_("Open the page"), link),
                why=why,
                stop=stop_link() if has_account else None,
            )
            values = {"forum": name, "link": link, "days": times.date_range(self.forum.starts, self.forum.ends)}
            values |= self._of_session(self._sessions[number], language=language)
            return _Frame(render(content, sender=self.forum.name), values, why, body)

    def _of_session(self, session: Session | None, *, language: str) -> dict[str, str]:
        if session is None:
            return {}
        starts = times.deadline(session.starts, zone=self.forum.zone, forum=self.forum) if session.starts else ""
        return {
            "session": session_text(session, language=language),
            "start": starts,
            "room": term(session.room) if session.room else "",
        }
