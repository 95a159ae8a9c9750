"""Organisers replace the words of an automatic mail, for a forum and a language, and go back to the original ones."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models import Forum, MailText, User
from events.shared.formatting.names import forum_name
from events.shared.formatting.times import deadline
from events.shared.history import log
from events.shared.history.verbs import Verb
from events.shared.mail.rendering import Content, LocalTime, MailLink, Rendered, local_time, render, speaking
from events.shared.mail.texts import kind_names
from events.shared.mail.texts.originals import BRACES, PLACEHOLDER, Original, fill, parts
from events.shared.pages import revision
from events.shared.pages.absolute_urls import absolute

# What stands for a placeholder in the preview, where the forum has nothing of its own for it.
EXAMPLES = {
    "title": gettext_lazy("Fibre for villages"),
    "short_title": gettext_lazy("Fibre for villages"),
    "other": gettext_lazy("Solar schools"),
    "organisation": gettext_lazy("Ministry of Posts"),
    "reason": gettext_lazy("The page could not be reached for an hour."),
    "role": gettext_lazy("Expert of the prize"),
    "kind": gettext_lazy("Media"),
}


def check(original: Original, *, language: str, subject: str, body: str) -> None:
    """Refuse, at `subject` or `body`: `no-text`, `unknown-placeholder` (also one within another, or a brace alone), and at `body`
    `placeholder-missing` for one that the original text has."""
    with speaking(language):
        known, needed = original.known, original.needed
    allowed = sorted(f"{{{name}}}" for name in known)
    faults: dict[str, ValidationError] = {}
    for field, words in (("subject", subject), ("body", body)):
        if not words.strip():
            faults[field] = ValidationError(_("Write a text, or go back to the original"), code="no-text")
        elif wrong := next((word for word in BRACES.findall(words) if word not in allowed), ""):
            message = _("“%(word)s” is not a placeholder. There are: %(known)s")
            faults[field] = ValidationError(
                message % {"word": wrong, "known": ", ".join(allowed)}, code="unknown-placeholder"
            )
    if missing := sorted(needed - set(PLACEHOLDER.findall(body))):
        names = ", ".join(f"{{{name}}}" for name in missing)
        words = _("The text must say this too: %(names)s") % {"names": names}
        faults.setdefault("body", ValidationError(words, code="placeholder-missing"))
    if faults:
        raise ValidationError(faults)


@transaction.atomic
def save(original: Original, *, forum: Forum, language: str, subject: str, body: str, by: User, now: datetime) -> bool:
    """Keep the words of a mail; those that are the original ones are the way back to it. Return whether anything changed. Refuses
    as `check`, and what the columns cannot hold."""
    with speaking(language):
        is_original = (subject, parts(body)) == (original.shown()[0], parts(original.shown()[1]))
    if is_original:
        return restore(original, forum=forum, language=language, by=by, now=now)
    check(original, language=language, subject=subject, body=body)
    Forum.objects.select_for_update(no_key=True).get(pk=forum.pk)
    row = MailText.objects.filter(forum=forum, kind=original.key, language=language).first()
    row = row or MailText(forum=forum, kind=original.key, language=language)
    before = {"subject": row.subject, "body": row.body} if row.pk else None
    row.subject, row.body = subject, "\n\n".join(parts(body))
    row.clean_fields()
    after = {"subject": row.subject, "body": row.body}
    if before == after:
        return False
    row.save()
    _record(row, before=before, after=after, by=by, now=now)
    return True


@transaction.atomic
def restore(original: Original, *, forum: Forum, language: str, by: User, now: datetime) -> bool:
    """Go back to the original words; return whether there were others."""
    row = MailText.objects.select_for_update().filter(forum=forum, kind=original.key, language=language).first()
    if row is None:
        return False
    _record(row, before={"subject": row.subject, "body": row.body}, after=None, by=by, now=now)
    row.delete()
    return True


def _record(
    row: MailText, *, before: dict[str, str] | None, after: dict[str, str] | None, by: User, now: datetime
) -> None:
    label = f"{kind_names.name_of(row.kind)}, {row.get_language_display()}"
    log.record(row, verb=Verb.EDIT_MAIL_TEXT, by=by, now=now, label=label, before=before, after=after)
    revision.bump()  # some mails are kept in the memory of a process until it rises


def preview(original: Original, *, forum: Forum, language: str, subject: str, body: str, by: User) -> Rendered:
    """The mail in a language with what the forum has for its placeholders, the person's own name among them."""
    with speaking(language):
        values = {name: example(name, forum=forum, by=by) for name in original.known}
        lead, *rest = (fill(words, values) for words in parts(body))
        content = Content(
            subject=fill(subject, values),
            lead=lead,
            heading=values.get("title", ""),
            paragraphs=rest,
            action=MailLink(_("The button of this mail"), absolute(reverse("events:home", args=[forum.slug]))),
            why=_("Here it says why the person gets this mail."),
        )
        return render(content, sender=forum.name)


def example(name: str, *, forum: Forum, by: User) -> str:
    """What a placeholder stands for in the preview, in the active language."""
    if name == "title" and (session := forum.sessions.order_by("starts", "pk").first()):
        return str(session.title)
    if name in EXAMPLES:
        return str(EXAMPLES[name])
    own = {
        "forum": forum_name(forum),
        "prize": forum_name(forum),
        "name": by.public_name,
        "by": by.public_name,
        "address": by.email,
    }
    if name in own:
        return own[name]
    closes = forum.registration_closes
    if name in LocalTime._fields:
        return str(getattr(local_time(closes, ends=closes, zone=forum.zone, forum=forum, whose=""), name))
    moments = {"deadline", "moment", "time", "close"}
    return deadline(closes, zone=forum.zone, forum=forum) if name in moments else "3"
