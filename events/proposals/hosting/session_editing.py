"""What the hosts of a session edit themselves until a date: its text and documents, which the public sees at once.

Panellists: `events.proposals.hosting.panellists`; the report afterwards: `events.outcomes.report`.
"""

import hashlib
from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.db import transaction
from django.utils.translation import gettext as _

from events.models import Call, Document, HostedSession, Proposal, Session, User
from events.shared.drafts.drafts import check_columns
from events.shared.history import log as history
from events.shared.history.verbs import Verb
from events.shared.pages import revision

MOST_DOCUMENTS = 10


def editable_until(session: Session, *, call: Call | None) -> datetime | None:
    """The moment until which hosts edit a session; None: there is no end yet."""
    return (call.details_until if call else None) or session.starts


def is_editable(session: Session, *, call: Call | None, now: datetime) -> bool:
    """Whether its hosts may edit it: until the call's `details_until`, or the session's start where that is empty."""
    until = editable_until(session, call=call)
    return session.state != Session.State.CANCELLED and (until is None or now < until)


def digest(session: Session) -> str:
    """A short digest of the text; it tells whether another host changed it since a form was shown."""
    return hashlib.sha256(f"{session.title}\n{session.description}".encode()).hexdigest()[:16]


def check_host(session: Session, *, by: User) -> HostedSession:
    host = HostedSession.objects.filter(session=session, user=by).select_related("organisation").first()
    if host is None:
        raise ValidationError(_("Only the organisers of a session can edit it"), code="not-yours")
    return host


def lock(session: Session) -> Session:
    """The row of a session, locked, with its forum and room."""
    rows = Session.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("forum", "room").get(pk=session.pk)


def is_withdrawn(session: Session) -> bool:
    """Whether its proposal was taken back: the public sees it until the next release, and nobody edits it any more."""
    return Proposal.objects.filter(session=session, state=Proposal.State.WITHDRAWN).exists()


def lock_hosted(session: Session, *, by: User, now: datetime) -> Session:
    """Lock a session that its host may still edit. Refuses `not-yours`, `wrong-state` (its proposal is withdrawn),
    `too-late`."""
    row = lock(session)
    check_host(row, by=by)
    if is_withdrawn(row):
        raise ValidationError(_("The proposal of this session is withdrawn"), code="wrong-state")
    if not is_editable(row, call=Call.objects.filter(forum=row.forum_id).first(), now=now):
        raise ValidationError(_("The date for the final description is over. Write to the organisers"), code="too-late")
    return row


def _show(session: Session, *, now: datetime) -> None:
    """The public pages, and those who keep a copy, follow at once where the public sees the session."""
    if session.state != Session.State.DRAFT:
        revision.touch([session.pk], now=now)
        revision.bump()


@transaction.atomic
def edit(session: Session, *, by: User, title: str, description: str, seen: str = "", now: datetime) -> Session:
    """Change title and description. `seen`: the digest of the text when the form was shown.

    Refuses those of `lock_hosted`, `outdated` (another host has changed it since), and by field what cannot be kept.
    """
    row = lock_hosted(session, by=by, now=now)
    if (title, description) == (row.title, row.description):
        return row
    if seen and seen != digest(row):
        raise ValidationError(
            _("Somebody else changed this text since you opened it. What you entered is not saved yet"),
            code="outdated",
        )
    row.title, row.description = title.strip(), description
    check_columns(row, {"title", "description"})
    row.save(update_fields=["title", "description", "updated"])
    history.record(row, verb=Verb.EDIT_SESSION, by=by, now=now)
    _show(row, now=now)
    return row


@transaction.atomic
def add_document(session: Session, *, by: User, title: str, file: File, now: datetime) -> Document:
    """Add a document (PDF, PNG or JPEG by its bytes, 10 MB); public as soon as the session is.

    Refuses those of `lock_hosted`, `too-many` (10), and at `file` and `title` those of events.models.uploads.
    """
    row = lock_hosted(session, by=by, now=now)
    if row.documents.count() >= MOST_DOCUMENTS:
        raise ValidationError(_("A session has 10 documents at the most"), code="too-many")
    document = Document(session=row, title=title, file=file)
    document.clean_fields(exclude=["session"])
    document.save()
    history.record(row, verb=Verb.ADD_DOCUMENT, by=by, now=now, reason=title)
    _show(row, now=now)
    return document


@transaction.atomic
def remove_document(session: Session, *, by: User, document: int, now: datetime) -> None:
    """Take a document away, with its file. Refuses those of `lock_hosted`, `not-there`."""
    row = lock_hosted(session, by=by, now=now)
    found = row.documents.filter(pk=document).first()
    if found is None:
        raise ValidationError(_("This document is not here any more"), code="not-there")
    title, storage, name = found.title, found.file.storage, str(found.file.name)
    found.delete()
    transaction.on_commit(lambda: storage.delete(name), robust=True)
    history.record(row, verb=Verb.REMOVE_DOCUMENT, by=by, now=now, reason=title)
    _show(row, now=now)
