"""Registering for a forum: the draft, the registration, its edits, and leaving again."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.db import transaction
from django.utils.translation import gettext as _

from events.models import Forum, Organisation, User
from events.reference import merging
from events.shared.drafts.drafts import AnsweredStep, Answers, Draft, Problems, Step, encoded
from events.shared.formatting.names import country_choices
from events.shared.history import log
from registration.accreditation import accreditation_mails, hooks, invitations, states
from registration.accreditation.documents import documents
from registration.models import Approver, Kind, Registration, RegistrationDraft, RegistrationInvitation
from registration.people.accounts.verbs import RegistrationVerb
from registration.registering import affiliation, invited, kinds, questions
from registration.registering.own_questions import questions as own_questions
from registration.registering.participants import listing
from registration.registering.questions import COLUMNS, PROFILE, YOU, told

DEFAULTS = ("name", "title", "organisation", "country_id")  # the account takes them over, for the next form


def check_window(forum: Forum, *, now: datetime) -> None:
    """Refuse `registration-not-open` before the window of the forum and `registration-closed` after it."""
    if now < forum.registration_opens:
        raise ValidationError(_("Registration is not open yet"), code="registration-not-open")
    if not forum.is_registration_open(now):
        raise ValidationError(_("Registration is closed"), code="registration-closed")


def _fill(registration: Registration, data: Mapping[str, Any]) -> None:
    for name in (*PROFILE, "kind", "wants_reminders"):
        if name in data:
            setattr(registration, COLUMNS.get(name, name), data[name])
    registration.answers = registration.answers | own_questions.given(data)
    is_read = Registration.country.is_cached(registration) or registration.country_id in dict(country_choices())
    read = ["country"] if registration.country_id and is_read else []
    registration.clean_fields(exclude=["forum", "user", "affiliation", "kind", *read])


def take_part(registration: Registration, data: Mapping[str, Any], *, now: datetime, **how: bool) -> None:
    """Put a person into the kind that answers name, where its people are. Refuses as `kinds.check` (`how`), and `not-here`."""
    try:
        kind = kinds.check(registration.kind_id, forum=registration.forum, now=now, **how)
    except ValidationError as refusal:
        raise ValidationError({"kind": refusal}) from None
    registration.kind = kind
    if kind and kind.mode:
        registration.mode = kind.mode
    _check_place(registration, data)


def _check_place(registration: Registration, data: Mapping[str, Any]) -> None:
    """Refuse `not-here`, a place that is asked for and not there. Who asks for none is where people of the kind are."""
    places = kinds.modes(registration.forum, registration.kind)
    if registration.mode in places:
        return
    if "mode" in data:
        raise ValidationError({"mode": ValidationError(_("Not offered here"), code="not-here")})
    registration.mode = places[0]


def _organisation(registration: Registration, data: Mapping[str, Any]) -> Organisation | None:
    """The organisation that filled-in answers name."""
    return affiliation.organisation(
        registration.organisation,
        answer=data.get("affiliation") or "",
        stakeholder_type=registration.stakeholder_type,
        country=lambda: registration.country,
    )


class Registering(Draft):
    """A person's answers: those of the draft, and of the registration once there is one (then each step counts at once).
    Who withdrew finds the old answers again."""

    row: Registration | RegistrationDraft | None

    def __init__(self, forum: Forum, *, user: User, now: datetime) -> None:
        self.forum, self.user, self.now = forum, user, now
        own = {"forum": forum, "user": user}
        kept = RegistrationDraft.objects.filter(**own).first()  # nobody who is registered has one
        self.former = None if kept else Registration.objects.filter(**own).first()
        if self.former:
            self.former.forum = forum
        self.saves_unfinished = self.former is None or self.former.withdrawn is not None
        self.invitation = invitations.of_draft(kept.data) if kept else None
        self.has_invitation = self.invitation is not None and self.invitation.is_open(now)
        self.you, self.typed = YOU, ""
        super().__init__(kept or self.former)

    def read(self) -> Answers:
        """What is stored; of files their names, from the table in which they are."""
        if self.row is None:
            return self.files
        if isinstance(self.row, RegistrationDraft):
            answers = {**self.row.data, **(invited.answers(self.invitation) if self.has_invitation else {})}
        else:
            key, answers = self.row.affiliation_id, told(self.row)
            answers |= {"affiliation": affiliation.of(key, self.row.organisation)} if key else {}
        places = kinds.modes(self.forum, self._kind(answers.get("kind")))
        answers = {name: said for name, said in answers.items() if name not in self.file_names}
        return answers | ({"mode": places[0]} if len(places) == 1 else {}) | self.files

    @cached_property
    def file_names(self) -> frozenset[str]:
        """Which of the forum's questions are answered with a file."""
        needed = {name for kind in self.kinds for name in documents.asked(kind)}
        return frozenset(needed | {one.row.name for one in self.own if one.row.type == one.row.Type.FILE})

    @cached_property
    def files(self) -> dict[str, str]:
        return documents.titles(self.forum, user=self.user) if self.file_names else {}

    @cached_property
    def kinds(self) -> Sequence[Kind]:
        return kinds.of(self.forum.pk)

    @cached_property
    def kind_step(self) -> Step | None:
        """What is asked first: as what one takes part; None in a forum without kinds."""
        kept = self._kind(self.former.kind_id) if self.former and not self.saves_unfinished else None
        return questions.taking_part(self.kinds, kept=kept, now=self.now) if self.kinds else None

    @cached_property
    def own(self) -> Sequence[own_questions.AskedQuestion]:
        """The questions of the forum's organisers."""
        return own_questions.of(self.forum.pk)

    def _kind(self, key: object) -> Kind | None:
        return next((kind for kind in self.kinds if kind.pk == key), None)

    def ask(self, answers: Answers) -> list[Step]:
        kind = self._kind(answers.get("kind"))
        you = questions.named(self.you, self.typed or answers.get("name"))
        steps = [
            questions.joined(self.kind_step, you, kind=None if self.saves_unfinished else kind),
            questions.access(self.forum, kind),
            *documents.steps(kind, forum=self.forum, is_registered=not self.saves_unfinished),
            *(
                documents.with_deletion(step, forum=self.forum)
                for step in own_questions.steps(self.own, kind=answers.get("kind"), answers=answers)
            ),
        ]
        return invited.steps(steps, invitation=self.invitation, now=self.now) if self.invitation else steps

    @property
    def known_keys(self) -> Collection[str]:
        """A step of questions that are not asked any more, or not there, was one: its page leads on."""
        own = {own_questions.key(number) for number in range(1, len(self.own) + 2)}
        return {*super().known_keys, documents.STEP, "part", *own}

    def summary(self) -> list[AnsweredStep]:
        """With what was answered to questions that are retired by now."""
        old = [one for one in self.own if one.row.retired]
        answers = own_questions.given(self.answers)
        lines = own_questions.lines(old, answers=answers)
        earlier = [AnsweredStep("", _("Earlier questions"), lines)] if lines else []
        return [*invited.summary(self.invitation if self.has_invitation else None), *super().summary(), *earlier]

    def offer(self, text: str, *, country: str, name: str) -> None:
        """Ask which organisation a typed text means, and for a typed name in Latin letters."""
        self.typed = name
        kept = self.answers.get("affiliation") or ""
        self.you = affiliation.step(text, country=country, kept=kept if kept.endswith(f":{text}") else "")
        self.__dict__.pop("steps", None)

    def rules(self, answers: Answers) -> Problems:
        """Near names were offered for the organisation, and nothing is chosen yet."""
        is_open = bool(answers.get("organisation")) and answers.get("affiliation") == ""
        is_open = is_open and isinstance(self.row, RegistrationDraft)
        return {"affiliation": ValidationError(affiliation.WHICH, code="missing")} if is_open else {}

    def step_of(self, name: str) -> str:
        return YOU.key if name == "affiliation" else super().step_of(name)

    def suggested(self) -> Answers:
        """What the account knows, and what an invitation says."""
        return questions.suggested(self.user) | invited.suggested(self.invitation if self.has_invitation else None)


@transaction.atomic
def save_step(
    forum: Forum, *, user: User, step: str, data: Mapping[str, Any], seen: str = "", now: datetime
) -> Registering:
    """Keep answers to one step (others are left out), in the draft or in the registration.
    `seen`: the digest of the step when the form was shown. Refuses `outdated` where another device changed the step since, a
    draft outside the window (`check_window`), and by field what a registration cannot hold; files are checked already.
    """
    files = {name: one for name, one in data.items() if isinstance(one, File)}
    given = {**data, **{name: documents.title(file) for name, file in files.items()}}
    User.objects.locked(user.pk)
    draft = Registering(forum, user=user, now=now)
    draft.typed = str(data.get("name") or "")
    changed = draft.changed(step, encoded(given), seen=seen)
    if step == YOU.key:
        changed |= affiliation.changed(draft.answers, changed, answer=data.get("affiliation") or "")
    if not changed and not files:
        return draft
    if draft.saves_unfinished:
        check_window(forum, now=now)
        row = draft.row if isinstance(draft.row, RegistrationDraft) else RegistrationDraft(forum=forum, user=user)
        row.data = {**draft.answers, **changed}
        row.save()
        if not files:
            return draft.kept_in(row)
    elif draft.former:
        edit(draft.former, data=changed, files=files, by=user, now=now)
    for name, file in files.items():
        documents.keep(forum, user=user, name=name, file=file, now=now)
    return Registering(forum, user=user, now=now)


def save_read(draft: Registering, *, step: str, data: Mapping[str, Any], seen: str, now: datetime) -> Registering:
    """`save_step` for a draft that was read a moment ago: while nobody has changed its row since, nothing is read again."""
    row, has_files = draft.row, any(isinstance(one, File) for one in data.values())
    if isinstance(row, RegistrationDraft) and step != YOU.key and not has_files:
        changed = draft.changed(step, encoded(data), seen=seen)
        check_window(draft.forum, now=now)
        if not changed or row.replace({**draft.answers, **changed}, now=now):
            return draft.kept_in(row)
    return save_step(draft.forum, user=draft.user, step=step, data=data, seen=seen, now=now)


@transaction.atomic
def submit(forum: Forum, *, user: User, has_consented: bool, is_listed: bool = False, now: datetime) -> Registration:
    """Register a person with the answers of the draft. `is_listed`: who wants to be on the public list. Refuses what is missing, by
    field, and as `register` does."""
    locked = User.objects.locked(user.pk)
    draft = Registering(forum, user=user, now=now)
    if draft.saves_unfinished and (problems := draft.problems()):
        raise ValidationError(problems)
    given = draft.invitation if draft.has_invitation else None
    made = _register(forum, user=locked, data=draft.answers, has_consented=has_consented, invitation=given, now=now)
    return listing.set_listed(made, wanted=True, now=now) if is_listed and listing.is_asked(forum) else made


def begin(registration: Registration, data: Mapping[str, Any], *, has_consented: bool, now: datetime) -> None:
    """Fill in a registration that is not saved. Refuses as `check_window`, `no-consent`, and by field bad values."""
    check_window(registration.forum, now=now)
    if not has_consented:
        raise ValidationError(_("Agree to the privacy notice to register"), code="no-consent")
    registration.created, registration.consented, registration.withdrawn = now, now, None
    _fill(registration, data)


@transaction.atomic
def register(forum: Forum, *, user: User, **how: Any) -> Registration:
    """Register a person for a forum, as `_register` does with somebody who is locked. Twice at once makes one row."""
    return _register(forum, user=User.objects.locked(user.pk), **how)


def _register(
    forum: Forum,
    *,
    user: User,
    data: Mapping[str, Any],
    has_consented: bool,
    invitation: RegistrationInvitation | None = None,
    by: User | None = None,
    now: datetime,
) -> Registration:
    """Register a person for a forum, or again after a withdrawal.
    `data`: the names of `questions.told`; `invitation`: the one that the person accepts; `by`: who registers somebody else.
    Somebody who is registered already gets that registration back, unchanged. Where somebody decides on the kind, the person
    takes part once that is done. Refuses as `begin`, and by field what `kinds.check` and `states.begin` refuse.
    """
    former = Registration.objects.filter(forum=forum, user=user).first()
    if former and former.withdrawn is None:
        return former
    registration = former or Registration(forum=forum, user=user)
    begin(registration, data, has_consented=has_consented, now=now)
    registration.affiliation = _organisation(registration, data)
    take_part(registration, data, is_brought=bool(invitation) or by not in {None, user}, now=now)
    known = own_questions.of(forum.pk)
    registration.answers = own_questions.kept(known, kind=registration.kind_id, answers=registration.answers)
    registration.save()
    documents.keep_only(forum, user=user, names=[*documents.asked(registration.kind), *registration.answers])
    RegistrationDraft.objects.filter(forum=forum, user=user).delete()
    for name in DEFAULTS:
        setattr(user, name, getattr(user, name) or getattr(registration, name))
    if by in {None, user} or user.last_login is None:  # what somebody else says is not how a person reads the site
        user.time_zone, user.language = registration.time_zone, registration.language
    user.save(update_fields=[*DEFAULTS, "time_zone", "language"])
    _record(registration, verb=RegistrationVerb.REGISTER, by=by or user, now=now)
    inviter = invitation.invited_by if invitation else None
    if invitation:
        invitations.confirm(invitation, registration=registration, now=now)
    states.begin(registration, is_first=not former, invited_by=inviter, by=by or user, now=now)
    return registration


def _record(row: Registration, *, verb: RegistrationVerb, by: User | None, now: datetime, **more: Any) -> None:
    """Write the history, which names no person: which registration it was, its number says."""
    log.record(row, verb=verb, by=by, now=now, label=f"#{row.pk}", **more)


def _locked(registration: Registration) -> Registration:
    row = Registration.objects.select_for_update().get(pk=registration.pk)
    if row.withdrawn is not None:
        raise ValidationError(_("You are not registered for this forum"), code="not-registered")
    return row


@transaction.atomic
def edit(
    registration: Registration, *, data: Mapping[str, Any], files: Collection[str] = (), by: User | None, now: datetime
) -> Registration:
    """Change the answers in `data`, by their names in `questions.told`, or `affiliation`. `files`: the names of the files that the
    person has replaced. Refuses `not-registered` after a withdrawal; by field bad values, and what `kinds.check` and
    `states.after_edit` refuse; and `kind-is-decided` where somebody decides on the kind that the person changes."""
    renamed = _renamed(registration, data)
    row = _locked(registration)
    before, former = told(row), row.affiliation_id
    _fill(row, data)
    if row.kind_id != before["kind"] or row.mode != before["mode"]:
        _move(row, data, before=before["kind"], by=by, now=now)
    if renamed is not None:
        row.affiliation = renamed.affiliation
    row.answers = own_questions.kept_after(
        own_questions.of(row.forum_id), before=own_questions.given(before), answers=row.answers
    )
    row.save()
    if row.affiliation_id != former:
        merging.forget_unused([former])
    after = told(row)
    changed = [name for name in {**before, **after} if after.get(name) != before.get(name) or name in files]
    changed += [name for name in files if name not in after]
    if gone := own_questions.given(before).keys() - row.answers.keys():
        documents.forget(row.forum, user=row.user, names=gone)
    if changed:
        _record(row, verb=RegistrationVerb.EDIT_REGISTRATION, by=by, now=now, after={"fields": changed})
    states.after_edit(row, changed=changed + ["affiliation"] * (row.affiliation_id != former), by=by, now=now)
    return row


def _move(row: Registration, data: Mapping[str, Any], *, before: int | None, by: User | None, now: datetime) -> None:
    """Put a registered person into another kind, or another place."""
    if row.kind_id == before:
        _check_place(row, data)
        return
    is_own = by is not None and by.pk == row.user_id
    take_part(row, data, is_brought=not is_own, now=now)
    decided = {kind.approval for kind in kinds.of(row.forum_id) if kind.pk in {before, row.kind_id}} - {Approver.NONE}
    if is_own and decided:
        words = _("Somebody decides on this kind. To change it, withdraw and register again")
        raise ValidationError({"kind": ValidationError(words, code="kind-is-decided")})


def _renamed(registration: Registration, data: Mapping[str, Any]) -> Registration | None:
    """Where answers name another organisation: the registration as it would be, not saved, with the organisation. It is
    looked for before the registration is locked: who merges two organisations has them first, too."""
    if not {"organisation", "affiliation"} & data.keys():
        return None
    row = Registration.objects.select_related("country").get(pk=registration.pk)
    was = row.organisation
    _fill(row, data)
    if row.organisation == was and "affiliation" not in data:
        return None
    row.affiliation = _organisation(row, data)
    return row


@transaction.atomic
def withdraw(
    registration: Registration, *, reason: str = "", by: User | None = None, is_by_itself: bool = False, now: datetime
) -> Registration:
    """Leave the forum: bookings of what is not over go to others, attendances stay; the person is told by mail. Doing it twice
    changes nothing. `by`: else the person; `reason`: why another one does it, for the person and the history; `is_by_itself`:
    nobody, the site does it, and tells the person in its own words."""
    row = Registration.objects.select_for_update().get(pk=registration.pk)
    if row.withdrawn is None:
        row.withdrawn, row.is_listed = now, False
        row.save(update_fields=["withdrawn", "is_listed", "updated"])
        for forget in hooks.stops_taking_part.of():
            forget(row, now)
        by = None if is_by_itself else by or row.user
        _record(row, verb=RegistrationVerb.WITHDRAW_REGISTRATION, by=by, now=now, reason=reason)
        if by:
            accreditation_mails.write_withdrawn(row, by=by, reason=reason, now=now)
    return row


@transaction.atomic
def renew_token(registration: Registration, *, now: datetime) -> Registration:
    """Give the calendar feed a new address; the old one stops working. Refuses `not-registered`."""
    row = _locked(registration)
    row.renew_link()
    row.save(update_fields=["link_seed", "updated"])
    _record(row, verb=RegistrationVerb.RENEW_CALENDAR, by=row.user, now=now)
    return row
