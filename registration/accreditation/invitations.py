"""Invitations to register, by mail: each for one address, with a kind and an organisation. Organisers and focal points write
them, one or a whole list; nothing counts before the person has registered.

An invitation by a focal point is their approval, so while it is open it takes a place of the organisation. Nothing here looks at
accounts, nor at registrations that the inviter does not see.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from events.models import Forum, Organisation, User
from events.shared.formatting.names import term
from events.shared.history import log
from events.shared.invitations import DAY, addresses_of, settle, there, too_soon, used
from events.shared.secret_links import opened_by
from events.shared.tables.cells import safe
from registration.accreditation import invitation_mails, quotas
from registration.accreditation.delegations import focal_points
from registration.models import Kind, Registration, RegistrationInvitation
from registration.people.accounts.verbs import RegistrationVerb

State = RegistrationInvitation.State
MOST_A_DAY = 500  # people whom the focal points of an organisation invite: a delegation is no way to write to everybody
LONGEST_NAME, LONGEST_ADDRESS = 150, 254
WRITTEN = ("name", "kind", "state", "link_seed", "invited_by", "invited", "ends", "changed", "registration")


class Sender(NamedTuple):
    """Who invites people to a forum. `as_focal_point`: by somebody who answers for the organisation, in kinds on which focal points
    decide; else by organisers. Of a list: the `kinds` that a row may name, the `kind` of rows that name none, the organisation."""

    by: User
    forum: Forum
    as_focal_point: bool = False
    kinds: Sequence[Kind] = ()
    kind: Kind | None = None
    organisation: Organisation | None = None
    lives: timedelta = RegistrationInvitation.LIVES


class InvitationProblem(NamedTuple):
    """Why somebody cannot be invited: the field that it is about, and the sentence."""

    row: str
    field: str
    code: str
    sentence: str

    @property
    def column(self) -> str:
        """The field as people read it."""
        return {"name": _("name"), "email": _("e-mail"), "kind": _("kind")}.get(self.field, _("organisation"))

    @property
    def refusal(self) -> ValidationError:
        return ValidationError({self.field: ValidationError(self.sentence, code=self.code)})


class Looked(NamedTuple):
    right: list[RegistrationInvitation]
    wrong: list[InvitationProblem]


class _Sieve:
    """Looks at the guests of a list one after the other. All queries are made at the beginning, as many for one guest as for
    thousands."""

    def __init__(self, guests: Sequence[RegistrationInvitation], *, sender: Sender, again: bool, now: datetime):
        by, forum, point = sender.by, sender.forum, sender.as_focal_point
        self.by, self.point, self.again, self.now = by, point, again, now
        emails = {guest.email for guest in guests}
        organisations = {guest.organisation for guest in guests if guest.organisation}
        asked = RegistrationInvitation.objects.filter(forum=forum, email__in=emails).select_related("registration")
        self.known = {row.key: row for row in asked}
        known = focal_points.kinds(forum, now=now) if point else Kind.objects.filter(forum=forum)
        self.kinds = {kind.pk for kind in known}
        self.own = {organisation.pk for organisation in focal_points.organisations(by, forum=forum)} if point else set()
        self.registered: set[str] = set()
        if not point:
            people = Registration.objects.standing().filter(forum=forum, user__email__in=emails)
            self.registered = set(people.values_list("user__email", flat=True))
        kinds = {guest.kind for guest in guests if guest.kind}
        places = quotas.places(kinds, organisations=organisations, now=now)
        self.left: dict[Any, int] = {(one.kind.pk, one.organisation.pk): one.left for one in places}
        today = RegistrationInvitation.objects.filter(
            forum=forum, invited__gt=now - DAY, organisation__in=organisations
        )
        self.budget = MOST_A_DAY - today.count() if point else len(guests)
        self.seen: dict[tuple[int | None, str], str] = {}

    def problem(self, guest: RegistrationInvitation) -> tuple[str, str, str] | None:
        """(field, code, sentence) of what is wrong with a guest; None: nothing, and the place is taken."""
        found = self._of_words(guest) or self._of_person(guest) or self._of_place(guest)
        if guest.email:
            self.seen.setdefault(guest.key, guest.row_number)
        if found is None:
            self.budget -= 1
            if (place := (guest.kind_id, guest.organisation_id)) in self.left and not self._holds(guest):
                self.left[place] -= 1
        return found

    def _of_words(self, guest: RegistrationInvitation) -> tuple[str, str, str] | None:
        if not any(map(str.isalnum, guest.name)):
            return "name", "no-name", _("Enter a name")
        if safe(guest.name) != guest.name:
            return "name", "formula", _("A formula stands here. Enter a name")
        if len(guest.name) > LONGEST_NAME:
            return "name", "too-long", _("The name is longer than %(n)s characters") % {"n": LONGEST_NAME}
        try:
            validate_email(guest.email)
            is_address = len(guest.email) <= LONGEST_ADDRESS
        except ValidationError:
            is_address = False
        if not is_address:
            return "email", "no-address", _("“%(text)s” is no e-mail address") % {"text": guest.email[:80]}
        if guest.key in self.seen:
            return "email", "twice", _("The same address stands in row %(n)s") % {"n": self.seen[guest.key]}
        return None

    def _of_person(self, guest: RegistrationInvitation) -> tuple[str, str, str] | None:
        row = self.known.get(guest.key)
        is_there = row and row.state == State.ACCEPTED and row.registration and row.registration.withdrawn is None
        if self.point and guest.email == self.by.email.lower():
            return "email", "own-address", _("This address is your own. Register as everybody does")
        if is_there or guest.email in self.registered:
            return "email", "registered-already", _("This person is registered already")
        if row is None:
            return None
        if row.is_open(self.now) and not self.again:
            return "email", "invited-already", _("This person is invited already")
        found = too_soon(row, now=self.now)
        return found and ("email", *found)

    def _of_place(self, guest: RegistrationInvitation) -> tuple[str, str, str] | None:
        if self.point and guest.organisation_id not in self.own:
            return "organisation", "not-your-organisation", _("You are not the focal point of this organisation")
        if guest.kind_id is None and (self.point or self.kinds):
            return "kind", "no-kind", _("Say in which kind")
        if guest.kind_id and guest.kind_id not in self.kinds:
            return "kind", "kind-closed", _("Nobody can be invited in this kind now")
        if self.left.get((guest.kind_id, guest.organisation_id), 1) <= 0 and not self._holds(guest):
            words = _("%(kind)s: no place of this organisation is left")
            return "kind", "quota-full", words % {"kind": term(guest.kind) if guest.kind else ""}
        if self.budget <= 0:
            words = _("You have invited %(n)s people within a day. Invite more tomorrow") % {"n": MOST_A_DAY}
            return "email", "too-many", words
        return None

    def _holds(self, guest: RegistrationInvitation) -> bool:
        """Whether an open invitation of this guest takes the place already."""
        row = self.known.get(guest.key)
        return bool(row and guest.kind_id and row.kind_id == guest.kind_id and row.is_open(self.now))


def look(guests: Sequence[RegistrationInvitation], *, sender: Sender, again: bool = False, now: datetime) -> Looked:
    """Which of these people can be invited, and why the others cannot. Seven queries, however many there are.

    `guests`: with name, address, kind and organisation, not saved. `again`: who is invited already gets another mail. Codes: `no-name`,
    `formula`, `too-long`, `no-address`, `twice`, `own-address`, `registered-already`, `said-no` (within 30 days), `invited-already`,
    `mailed-already` (within a day), `not-your-organisation`, `no-kind`, `kind-closed`, `quota-full`, `too-many` (500 a day of an
    organisation).
    """
    sieve = _Sieve(guests, sender=sender, again=again, now=now)
    found = Looked([], [])
    for guest in guests:
        if problem := sieve.problem(guest):
            found.wrong.append(InvitationProblem(guest.row_number, *problem))
        else:
            found.right.append(guest)
    return found


@transaction.atomic
def invite(
    guests: Sequence[RegistrationInvitation], *, sender: Sender, again: bool = False, now: datetime
) -> list[RegistrationInvitation]:
    """Invite all of these people by mail, or nobody; who was asked before keeps the row, with a new link. An invitation holds for
    so long (`lives`), and never longer than people register for the forum.

    Refuses `registration-closed`, and at its field the first thing that `look` finds.
    """
    forum = Forum.objects.select_for_update(no_key=True).get(pk=sender.forum.pk)  # one invites after the other
    if now >= forum.registration_closes:
        raise ValidationError(_("Registration is closed"), code="registration-closed")
    keys = {guest.kind_id for guest in guests if guest.kind_id}
    list(Kind.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk"))  # places are counted under it
    emails = [guest.email for guest in guests]
    asked = RegistrationInvitation.objects.filter(forum=forum, email__in=emails).order_by("pk")
    # Whoever answers in this moment has answered, or does so afterwards.
    known = {row.key: row.pk for row in asked.select_for_update()}
    rows, wrong = look(guests, sender=sender._replace(forum=forum), again=again, now=now)
    if wrong:
        raise wrong[0].refusal
    for row in rows:
        row.pk = known.get(row.key)
        row.renew_link()
        row.forum, row.state, row.registration = forum, State.INVITED, None
        row.invited_by, row.invited, row.changed = sender.by, now, now
        row.ends = min(now + sender.lives, forum.registration_closes)
    again_asked = [row for row in rows if row.pk]
    RegistrationInvitation.objects.bulk_create([row for row in rows if row.pk is None], batch_size=500)
    RegistrationInvitation.objects.bulk_update(again_asked, WRITTEN, batch_size=500)
    verb = RegistrationVerb.INVITE_TO_REGISTER
    log.record_many(log.entry(row, verb=verb, by=sender.by, now=now) for row in rows)
    invitation_mails.write(rows, forum=forum, by=sender.by, now=now)
    return rows


def send_again(
    invitation: RegistrationInvitation, *, as_focal_point: bool = False, by: User, now: datetime
) -> RegistrationInvitation:
    """Send another mail with a new link; the old one opens nothing any more. Refuses `not-there` where the invitation was
    answered, and as `invite` does."""
    if invitation.state in {State.ACCEPTED, State.DECLINED}:
        raise used()
    return invite([invitation], sender=Sender(by, invitation.forum, as_focal_point), again=True, now=now)[0]


@transaction.atomic
def take_back(invitation: RegistrationInvitation, *, by: User, now: datetime) -> RegistrationInvitation:
    """Let the link open nothing any more; the place is free. Refuses `not-there` where it is used or taken back already."""
    row = _open(invitation)
    return settle(row, State.TAKEN_BACK, verb=RegistrationVerb.TAKE_BACK_INVITATION, by=by, now=now, changed=now)


@transaction.atomic
def decline(invitation: RegistrationInvitation, *, now: datetime) -> RegistrationInvitation:
    """Say no; anybody who has the link may, without an account. Refuses as `take_back`."""
    row = _open(invitation)
    return settle(row, State.DECLINED, verb=RegistrationVerb.DECLINE_INVITATION, by=None, now=now, changed=now)


def _open(invitation: RegistrationInvitation) -> RegistrationInvitation:
    rows = RegistrationInvitation.objects.select_for_update(of=("self",)).select_related("forum")
    return there(rows.filter(state=State.INVITED), invitation.pk)


# --- the person -----------------------------------------------------------------------------------
def find(token: str, *, forum: Forum) -> RegistrationInvitation | None:
    """The invitation of a link, whether or not it still holds; None for a link that is none of ours."""
    rows = RegistrationInvitation.objects.select_related("forum", "kind", "organisation", "registration")
    return opened_by(token, rows.filter(forum=forum))


def of_draft(data: Any) -> RegistrationInvitation | None:
    """The invitation with which a draft (what it holds) was begun. One query where there was one."""
    if not (key := data.get("invitation")):
        return None
    rows = RegistrationInvitation.objects.select_related("kind__forum", "organisation", "invited_by")
    return rows.filter(pk=key).first()


def is_for(invitation: RegistrationInvitation, user: User) -> bool:
    """Whether an account has confirmed the address that was invited."""
    return invitation.email in addresses_of(user)


def check(invitation: RegistrationInvitation, *, by: User, now: datetime) -> None:
    """Refuse `not-for-you` to an account that has not confirmed the address, and `expired` where the invitation is over."""
    if not is_for(invitation, by):
        words = _("This invitation is for %(address)s. Log in with that address") % {"address": invitation.email}
        raise ValidationError(words, code="not-for-you")
    if not invitation.is_open(now):
        raise ValidationError(lost(invitation), code="expired")


def confirm(invitation: RegistrationInvitation, *, registration: Registration, now: datetime) -> None:
    """Write down that its person has registered with it; inside the transaction that does. Refuses as `check`."""
    row = RegistrationInvitation.objects.select_for_update(of=("self",)).get(pk=invitation.pk)
    check(row, by=registration.user, now=now)
    row.state, row.changed, row.registration = State.ACCEPTED, now, registration
    row.save(update_fields=["state", "changed", "registration"])


def lost(invitation: RegistrationInvitation) -> str:
    """That an invitation does not hold any more, and from whom there is another one."""
    if invitation.organisation is None:
        return _("This invitation no longer holds. Ask the organisers for a new one.")
    words = _(
        "This invitation no longer holds. Ask the focal point of %(organisation)s, or the organisers, for a new one."
    )
    return words % {"organisation": invitation.organisation.name}
