"""What the programme's tables hold on a person (events.shared.held_rows), and how long."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Value, When
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models import (
    Appearance,
    Approval,
    CollaboratorInvitation,
    Commitment,
    CommitmentReport,
    HistoryEntry,
    HostedSession,
    Invitation,
    Mailing,
    MailingReceiver,
    Membership,
    Message,
    Proposal,
    ProposalComment,
    ProposalReview,
    RefusedMail,
    Release,
    RowChange,
    Speaker,
    SuppressedAddress,
    User,
    Viewing,
)
from events.proposals.collaborators.collaborator_mails import EDITORS
from events.proposals.hosting.host_mails import SAID_NO
from events.schedule import panels
from events.shared import hooks
from events.shared.held_rows import UNNAMED, Held, HeldPerson, PersonalData, Published
from events.shared.history import viewings
from events.shared.history.verbs import Verb
from events.shared.invitations import TO_EDIT
from events.shared.mail import refused_kinds
from events.shared.mail.texts import kind_names

HISTORY = ("subject", "reason", "before", "after")  # where texts stand in the history
NAMING = [  # acts that give as their reason the name of the person they were about
    *(Verb.REMOVE_EDITOR, Verb.ADD_HOST, Verb.REMOVE_HOST, Verb.ASK_PANELLIST, Verb.TAKE_BACK_PANELLIST),
    *(Verb.REMOVE_PANELLIST, Verb.KEEP_PANELLIST, Verb.SPEAKER_ACCEPTED, Verb.SPEAKER_DECLINED),
]
PEOPLE = ["events.speaker", "events.invitation"]  # rows whose names are those of people
# Columns whose values in the history are people, and tables whose rows are named there by them ("appearance added").
NAMED_IN = ["speakers", "owner", "proposer", "appearance", "invitation", "hostedsession"]
SPEAKER = "speaker:"  # before a speaker's key: `Published.key`
State = Message.State
# A mail without its person: the key stays, so that no sweep writes it again.
EMPTY_MAIL = {
    "user": None,
    "to": "",
    "subject": "–",
    "text": "",
    "html": "",
    "calendar": "",
    "unsubscribe_url": "",
    "last_error": "",
    "state": Case(When(state=State.SENT, then=Value(State.SENT)), default=Value(State.CANCELLED)),
    "reason": Case(When(state=State.SENT, then=Value("")), default=Value(Message.Reason.ERASED)),
}
EMPTY_PROPOSAL: dict[str, Any] = {
    "title": "",
    "description": "",
    "organisation_name": "",
    "co_organisers": [],
    "answers": {},
}
UNTIED: dict[str, Any] = {"account": None, "email": ""}  # a speaker who stays as the public sees them
EMPTY_SPEAKER: dict[str, Any] = UNTIED | {
    "form_of_address": "",
    "name": UNNAMED,
    "position": "",
    "organisation": None,
    "biography": "",
    "photo": "",
    "origin_id": "",
}


def speakers_of(person: HeldPerson) -> QuerySet[Speaker]:
    """The speakers that a person is: those of the account; of those without one, those who are known by one of its addresses."""
    invited = Exists(invitations_of(person).filter(speaker=OuterRef("pk")))
    own = person.owns(Speaker, accounts=["account"], addresses=["email"])
    return Speaker.objects.filter(own | Q(invited, account=None, email=""))


def invitations_of(person: HeldPerson) -> QuerySet[Invitation]:
    """The invitations to speak of a person. One that names no account is that of its speaker."""
    own = person.owns(Invitation, accounts=["account", "speaker__account"], addresses=["email"])
    return Invitation.objects.filter(own)


HELD = [
    Held(
        Speaker,
        ("account", "email"),
        gettext_lazy("What is said of you as a speaker"),
        (
            "forum__name",
            "form_of_address",
            "name",
            "position",
            "organisation__name",
            "country__name",
            "gender",
            "biography",
            "photo",
        ),
        emptied={},
        why=gettext_lazy("What the public has seen is kept or taken out as you choose."),
        rows=speakers_of,
    ),
    Held(
        Commitment,
        ("owner",),
        gettext_lazy("Commitments for which you answer"),
        ("outcome__title", "organisation__name", "target", "indicator", "due"),
        emptied={"owner": None},
        why=gettext_lazy("They are the organisation’s."),
    ),
    Held(
        CommitmentReport,
        ("by",),
        gettext_lazy("What you reported on commitments"),
        ("commitment__outcome__title", "state", "text", "proof", "reported", "sent_back"),
        emptied={"by": None},
        why=gettext_lazy("What an organisation says of its commitment is public."),
    ),
    Held(
        Proposal,
        ("proposer",),
        gettext_lazy("Proposals"),
        ("forum__name", "code", "state", "title", "description", "organisation_name", "answers", "submitted"),
        emptied={},
        why=gettext_lazy("A proposal with co-editors goes to them. Accepted ones stay, without your answers."),
    ),
    Held(
        CollaboratorInvitation,
        ("user", "email"),
        gettext_lazy("Proposals that you were asked to edit"),
        ("proposal__code", "email", "state", "invited"),
    ),
    Held(
        Invitation,
        ("account", "speaker__account", "email"),
        gettext_lazy("Invitations to speak"),
        ("name", "email", "position", "organisation_name", "biography", "state", "invited", "answered"),
    ),
    Held(HostedSession, ("user",), gettext_lazy("Sessions that you edit"), ("session__code", "session__title")),
    Held(
        Approval,
        ("account",),
        gettext_lazy("What two people decided about your account"),
        ("kind", "forum__name", "reason", "proposed", "state", "decided"),
    ),
    Held(Membership, ("account",), gettext_lazy("Your roles"), ("role", "forum__name", "given_at", "agreed_at")),
    Held(
        ProposalReview,
        ("reviewer",),
        gettext_lazy("Points that you gave to proposals"),
        ("proposal__code", "points", "comment", "updated"),
        emptied={},
        why=gettext_lazy("Decisions rest on them."),
    ),
    Held(
        ProposalComment,
        ("author",),
        gettext_lazy("Comments on proposals"),
        ("proposal__code", "at", "text"),
        emptied={},
        why=gettext_lazy("Decisions rest on them."),
    ),
    Held(
        Message,
        ("user", "to"),
        gettext_lazy("Mails to you"),
        ("kind", "to", "subject", "text", "state", "created", "sent"),
        emptied=EMPTY_MAIL,
        worded={"kind": kind_names.name_of},
    ),
    Held(
        MailingReceiver,
        ("user", "address"),
        gettext_lazy("Mails that are about to be written to you"),
        ("address", "name"),
    ),
    Held(
        RefusedMail,
        ("user",),
        gettext_lazy("Mails that you do not want"),
        ("kind",),
        worded={"kind": refused_kinds.name_of},
    ),
    Held(
        SuppressedAddress,
        ("address",),
        gettext_lazy("Addresses of yours to which no mail goes"),
        ("address", "reason", "since", "said"),
    ),
    Held(
        Viewing,
        (),
        gettext_lazy("Which organisers saw your data"),
        ("at", "kind", "model", "number"),
        emptied={},
        why=gettext_lazy("Whom they saw is a number there, without your name."),
        rows=lambda person: viewings.of(person.user),
    ),
    Held(
        HistoryEntry,
        ("actor",),
        gettext_lazy("What you did"),
        ("at", "verb", "model", "key"),
        emptied={},
        why=gettext_lazy("That something was done, and when. Your name is not there any more."),
    ),
]
STAYS = {
    "events.fileimport.asked_by": "who brings a file in",
    "events.mailing.author": "who wrote a message to people",
    "events.membership.given_by": "who gave a role",
    "events.membership.agreed_by": "who agreed to a role",
    "events.approval.proposed_by": "who proposed what takes two people",
    "events.approval.decided_by": "who agreed to that, or dropped it",
    "events.placement.moved_by": "who last moved a session in the draft",
    "events.release.by": "who released",
    "events.viewing.by": "who of the staff saw data of people",
}


# --- what the public sees -------------------------------------------------------------------------
# What a release has shown counts, also while its forum is hidden for a time.
SHOWN = Exists(Appearance.objects.released().filter(speaker=OuterRef("pk")))


def _published(person: HeldPerson) -> list[Published]:
    """The speakers that a person is in public."""
    rows = speakers_of(person).filter(SHOWN).select_related("forum").order_by("pk")
    note = _("Taken out, “N. N.” stands where your name was: in the programme, its earlier versions and files.")
    return [Published(f"{SPEAKER}{row.pk}", row.full_name, row.forum.name, note) for row in rows]


# --- erasing --------------------------------------------------------------------------------------
def _first(person: HeldPerson, now: datetime) -> list[str]:
    _leave_mails_to_others(person)
    _clear_history(person)
    _part_with_proposals(person, now=now)
    invitations_of(person).update(account=person.user)  # theirs, too, once their speakers are gone or named no more
    return _part_with_speakers(person)


def _part_with_proposals(person: HeldPerson, *, now: datetime) -> None:
    """A proposal with co-editors goes to the first of them; a draft goes; what nobody accepted is emptied, and withdrawn
    where nothing is decided; of an accepted one the answers go. From what stays addresses go, and names and biographies from
    what the person could have changed: their own, and drafts."""
    user, state = person.user, Proposal.State
    touched = list(Proposal.objects.of(user).values_list("pk", flat=True))
    open_to_all = Q(proposer=user) | Q(state__in=[state.DRAFT, state.CHANGES])
    own = list(Proposal.objects.filter(open_to_all, pk__in=touched).values_list("pk", flat=True))
    for row in Proposal.objects.select_for_update(of=("self",), no_key=True).filter(proposer=user).order_by("pk"):
        heir = row.editors.exclude(pk=user.pk).order_by("pk").first()
        if heir is not None:  # their work stays
            row.editors.remove(heir)
            Proposal.objects.filter(pk=row.pk).update(proposer=heir)
        elif row.state == state.DRAFT:
            row.delete()
        elif row.session_id:
            Proposal.objects.filter(pk=row.pk).update(answers={})
        else:
            row.links.all().delete()
            row.invitations.all().delete()
            row.collaborator_invitations.all().delete()
            undecided = row.state in {state.SUBMITTED, state.CHANGES}
            left = {"state": state.WITHDRAWN, "pending_state": "", "updated": now} if undecided else {}
            Proposal.objects.filter(pk=row.pk).update(**EMPTY_PROPOSAL, **left)
            merged = HistoryEntry.objects.filter(model=row._meta.label_lower, key=str(row.merged_into_id))
            merged.filter(verb=Verb.MERGE_OTHER, reason__startswith=f"{row.code} ").update(reason=row.code)
    Proposal.editors.through.objects.filter(user=user).delete()
    told = {
        *speakers_of(person).values_list("biography", flat=True),
        *invitations_of(person).values_list("biography", flat=True),
    }
    texts = ("title", "description", "organisation_name", "co_organisers", "answers")
    person.redact(Proposal.objects.filter(pk__in=touched), *texts, names=())
    person.redact(Proposal.objects.filter(pk__in=own), *texts, names=person.names | told)


def _leave_mails_to_others(person: HeldPerson) -> None:
    """What mails told others stays, without the person's addresses; without their names where a mail tells of them. So do mails
    from the organisers of a forum that are over, where the public saw the person there: by the names that it saw."""
    own = person.owns(Message, accounts=["user"], addresses=["to"])
    others = Message.objects.exclude(pk__in=Message.objects.filter(own).values("pk"))
    asked = CollaboratorInvitation.objects.filter(proposal__proposer=person.user)
    tells = Q(kind=SAID_NO, about__in=invitations_of(person)) | Q(kind=TO_EDIT, about__in=asked)
    for one in CollaboratorInvitation.objects.filter(user=person.user):
        tells |= Q(kind=EDITORS, about=one.proposal_id, dedupe_key__regex=rf":{one.pk}:[a-z_]+$")
    person.redact_mails(others, names=())
    person.redact_mails(others.filter(tells))
    shown = speakers_of(person).filter(SHOWN)
    over = [Mailing.State.SENT, Mailing.State.STOPPED]
    past = Mailing.objects.filter(forum__in=shown.values("forum"), state__in=over)
    names = set(shown.values_list("name", flat=True))
    person.redact(Mailing.objects.all(), "texts", names=())
    person.redact_mails(others.filter(kind__in=Mailing.Kind.values, about__in=past), names=names)
    person.redact(past, "texts", names=names)


def _part_with_speakers(person: HeldPerson) -> list[str]:
    """What is not public goes; what is public is kept or taken out, as the person said."""
    files = []
    rows = speakers_of(person).annotate(is_shown=SHOWN).select_for_update(of=("self",), no_key=True)
    for row in rows.order_by("pk"):
        row.availabilities.all().delete()
        history = HistoryEntry.objects.filter(model=row._meta.label_lower, key=str(row.pk))
        history.update(subject=f"#{row.pk}")  # a name of one word, too, and one of before
        if row.is_shown and f"{SPEAKER}{row.pk}" not in person.taken_out:
            Speaker.objects.filter(pk=row.pk).update(**UNTIED)
            continue
        files += [str(row.photo.name)] if row.photo else []
        _take_out_of_releases(row)
        if row.is_shown:  # country and gender stay: the figures are counted from them
            Speaker.objects.filter(pk=row.pk).update(**EMPTY_SPEAKER)
        else:
            panels.forget(row)
            row.delete()
    return files


def _take_out_of_releases(speaker: Speaker) -> None:
    """The name stands in each version of the timetable that had the speaker, and in what changed."""
    for release in Release.objects.filter(forum=speaker.forum_id).only("changes", "timetable"):
        sides = [release.timetable, *([change[side]] for change in release.changes for side in ("before", "after"))]
        named = [one for side in sides for entry in side for one in _speakers_in(entry) if one["id"] == speaker.pk]
        for one in named:
            one["name"] = UNNAMED
        if named:
            release.save(update_fields=["changes", "timetable"])


def _speakers_in(entry: dict[str, Any] | None) -> Iterator[dict[str, Any]]:
    yield from (entry or {}).get("speakers") or ()


def _clear_history(person: HeldPerson) -> None:
    """Addresses go from all of it. Names go where people are named: from entries about people, from columns that name them, and
    from acts that give the person as their reason. In the reasons of the person's own acts they stand in words of theirs. What is
    about their rows is looked through by itself (registration.people.data_rights.erasures)."""
    entries = HistoryEntry.objects.all()
    person.redact(entries, *HISTORY, names=())
    person.redact(entries.filter(model__in=PEOPLE), "subject", "before", "after", under=["name"])
    person.redact(entries, "before", "after", under=NAMED_IN)
    person.redact(entries.filter(Q(actor=person.user) | Q(verb__in=NAMING, reason__in=person.names)), "reason")
    account = about_rows(User.objects.filter(pk=person.user.pk))
    known = {"subject": f"#{person.user.pk}", "before": {}, "after": {}}  # from which networks they logged in
    HistoryEntry.objects.filter(account).update(**known)
    _clear_deleted(person)


def _clear_deleted(person: HeldPerson) -> None:
    """Of rows that an act deleted, and that come back when it is taken back."""
    own = Q(pk__in=[])
    for side in ("before", "after"):
        for address in person.addresses | person.left:
            own |= Q(**{f"{side}__account_id": None, f"{side}__email__iexact": address})
        own |= Q(**{f"{side}__account_id": person.user.pk})
    person.redact(RowChange.objects.filter(own, model__in=PEOPLE), "before", "after")


def about_rows(rows: QuerySet[Any]) -> Q:
    """Entries of the history that are about these rows."""
    keys = [str(key) for key in rows.values_list("pk", flat=True)]
    return Q(model=rows.model._meta.label_lower, key__in=keys)


@hooks.personal_data("events")
def personal_data() -> PersonalData:
    """The part of this app."""
    return PersonalData(HELD, first=_first, published=_published, stays=STAYS)
