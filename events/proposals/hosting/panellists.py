"""The panel of a session as its hosts keep it: whom they ask, and whom they take out again.

Nobody stands on a panel without a word of their own: whom hosts name is asked by mail, and comes before the public with
the release after a yes (`events.proposals.speakers.speaker_invitations`). Whom hosts take out stays before the public until the next
release. Whoever touches a panel holds the lock of the forum, before that of the session, as releases do.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from events.models import Appearance, Invitation, Session, User
from events.proposals.hosting import session_editing
from events.proposals.speakers import speaker_mails
from events.schedule import panels
from events.schedule.moves import locked
from events.shared.history import log as history
from events.shared.history.verbs import Verb
from events.shared.invitations import settle, there

MOST_ASKED = 40  # ever, those who said no and those taken back too: a session is no way to write to everybody
State = Invitation.State


def invitations(session: Session) -> QuerySet[Invitation]:
    """Everybody who was asked for a session, by its proposal or by its hosts."""
    return Invitation.objects.filter(Q(session=session) | Q(proposal__session=session), invited__isnull=False)


@contextmanager
def _panel(session: Session, *, by: User, now: datetime) -> Iterator[Session]:
    """The session whose panel a host changes, with both locks."""
    with transaction.atomic(), locked(session.forum):
        yield session_editing.lock_hosted(session, by=by, now=now)


def ask(
    session: Session,
    *,
    by: User,
    name: str,
    email: str,
    role: str,
    position: str = "",
    organisation_name: str = "",
    now: datetime,
) -> Invitation:
    """Ask a person by mail whether they sit on the panel. Whom hosts took back can be asked again.

    Refuses those of `session_editing.lock_hosted`, `too-many` (12 on the panel or asked), `too-many-asked` (40 ever), at `email` `already-there` and `said-no`, and by field what cannot be kept.
    """
    with _panel(session, by=by, now=now) as row:
        found = Invitation(
            session=row, name=" ".join(name.split()), email=email.strip().lower(), role=role, invited=now
        )
        found.position, found.organisation_name = position, organisation_name
        found.clean_fields(exclude=["proposal", "session", "speaker"])
        others = list(invitations(row))
        same = [one for one in others if one.email.casefold() == found.email]
        _check(same)
        _check_number(row, others=others)
        for known in same:
            if known.session_id:  # asked again: the link of the first mail holds
                found.pk, found.link_seed = known.pk, known.link_seed
                found.speaker_id = known.speaker_id if known.name.casefold() == found.name.casefold() else None
        found.save()
        history.record(row, verb=Verb.ASK_PANELLIST, by=by, now=now, reason=found.name)
        speaker_mails.write_invitation(found, host=session_editing.check_host(row, by=by), now=now)
    return found


def _check(same: list[Invitation]) -> None:
    """`same`: what this address was asked before, by the proposal and by hosts."""
    states = {one.state for one in same}
    if State.DECLINED in states:
        words = _("This person said no. They can change their answer with the link in their mail")
        raise ValidationError({"email": ValidationError(words, code="said-no")})
    if states - {State.TAKEN_BACK}:
        raise ValidationError({"email": ValidationError(_("This person is asked already"), code="already-there")})


def _check_number(session: Session, *, others: list[Invitation]) -> None:
    waiting = sum(one.state == State.INVITED for one in others)
    panels.check_number(session.appearances.drafted().count() + waiting + 1)
    if len(others) >= MOST_ASKED:
        words = _("%(n)s people were asked for this session: no more can be")
        raise ValidationError(words % {"n": MOST_ASKED}, code="too-many-asked")


def take_back(session: Session, *, by: User, invitation: int, now: datetime) -> Invitation:
    """Take back an invitation that is not answered yet. Refuses those of `session_editing.lock_hosted`, `not-there`."""
    with _panel(session, by=by, now=now) as row:
        found = there(invitations(row).filter(state=State.INVITED), invitation)
        verb = Verb.TAKE_BACK_PANELLIST
        return settle(found, State.TAKEN_BACK, verb=verb, about=row, by=by, now=now, reason=found.name)


def remove(session: Session, *, by: User, appearance: int, now: datetime) -> None:
    """Take a person off the panel: at once where the public has not seen them there, else with the next release. Their
    invitation can no longer be answered. Refuses those of `session_editing.lock_hosted`, `not-there`."""
    with _panel(session, by=by, now=now) as row:
        found = _on_panel(row, appearance=appearance, is_leaving=False)
        asked = invitations(row).filter(speaker=found.speaker_id)
        asked.filter(state=State.ACCEPTED).update(state=State.TAKEN_BACK)
        speaker_mails.write_left_out(asked, by=by, now=now)
        panels.let_leave([found.pk])
        history.record(row, verb=Verb.REMOVE_PANELLIST, by=by, now=now, reason=found.speaker.name)


def keep(session: Session, *, by: User, appearance: int, now: datetime) -> None:
    """Keep a person who was to leave with the next release. Refuses those of `session_editing.lock_hosted`, `not-there`, `too-many`."""
    with _panel(session, by=by, now=now) as row:
        found = _on_panel(row, appearance=appearance, is_leaving=True)
        panels.keep(found)
        invitations(row).filter(speaker=found.speaker_id, state=State.TAKEN_BACK).update(state=State.ACCEPTED)
        history.record(row, verb=Verb.KEEP_PANELLIST, by=by, now=now, reason=found.speaker.name)


def _on_panel(session: Session, *, appearance: int, is_leaving: bool) -> Appearance:
    rows = session.appearances.select_related("speaker")
    found = rows.filter(pk=appearance, is_leaving=is_leaving).first()
    if found is None:
        raise ValidationError(_("This person is not in the session any more"), code="not-there")
    return found
