"""What the tables of the prize hold on a person (events.shared.held_rows), and how long."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import CharField, Exists, F, OuterRef, Q, Value
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models import Forum
from events.shared import hooks
from events.shared.held_rows import Cleared, Held, HeldPerson, Period, PersonalData, Published, cleared, deleted
from prizes.models import (
    Assignment,
    Attachment,
    Ballot,
    Expert,
    Linkage,
    Nomination,
    NominationVersion,
    Phase,
)
from prizes.vote import voter_traces

NOMINATION = "nomination:"  # before a nomination's key: `Published.key`
State = Nomination.State
TEXTS: dict[str, Any] = {
    "website": "",
    "description": "",
    "economic_impact": "",
    "social_impact": "",
    "environmental_impact": "",
    "partnerships": "",
    "challenges": "",
    "links": [],
    "changes": {},
    "screening_words": "",
}
UNDER_WAY = {State.SUBMITTED, State.RETURNED, State.SHORTLISTED, State.NOMINATED}
# Of what the public never saw, title and entity go too; in their keys, which have to be there, stands a number.
NUMBER = Concat(Value("erased-"), Cast(F("pk"), CharField()))
WHOLE = TEXTS | {"title": "", "entity_name": "", "title_key": NUMBER, "entity_key": NUMBER}

HELD = [
    Held(
        Nomination,
        ("nominator",),
        gettext_lazy("Projects that you nominated"),
        (
            "edition__name",
            "code",
            "state",
            "title",
            "entity_name",
            "stakeholder_type",
            "country__name",
            *TEXTS,
            "submitted",
        ),
        emptied={},
        why=gettext_lazy("Nominees stand in the vote: what is published is kept or taken out as you choose."),
    ),
    Held(
        NominationVersion,
        ("by",),
        gettext_lazy("What you submitted, each time"),
        ("nomination__code", "number", "at", "data"),
        emptied={},
        why=gettext_lazy("Versions of published nominees go with them."),
    ),
    Held(
        Attachment,
        ("nomination__nominator",),
        gettext_lazy("Files of your nominations"),
        ("nomination__code", "title", "file", "uploaded"),
        emptied={},
        why=gettext_lazy("Files of published nominees go with them."),
    ),
    Held(
        Assignment,
        ("expert__user",),
        gettext_lazy("Reviews that you wrote"),
        ("nomination__code", "state", "conflicts", "answer", "comment", "updated"),
        emptied={"answer": ""},
        why=gettext_lazy("Points and comments stay without your name: the shortlist rests on them."),
    ),
    Held(
        Expert,
        ("user",),
        gettext_lazy("Where you are an expert"),
        ("edition__name", "organisation", "stakeholder_type", "country__name", "is_active"),
        emptied={"organisation": "", "is_active": False},
        why=gettext_lazy("That somebody reviewed stays, without your name."),
    ),
    # The choices are not copied: they stand on the person's own ballot, and nowhere else until the edition is closed.
    Held(
        Ballot,
        ("user",),
        gettext_lazy("Your ballots (your choices stand on the page of the vote)"),
        ("edition__name", "country__name", "region", "stakeholder_type", "chosen", "is_complete", "began"),
        emptied={"secret": ""},
        why=gettext_lazy(
            "Your ballot counts as it was cast, without your name; keyed digests of your address, organisation and network stay "
            "until the edition is closed."
        ),
    ),
]
STAYS = {
    "prizes.nomination.first_reader": "who read a nomination first",
    "prizes.winner.chosen_by": "who chose a winner",
    "prizes.recount.asked_by": "who asked for a new count",
    "prizes.outcomedocument.asked_by": "who had the Outcome Document made",
}


# Nominees that the public has seen, also while their forum or edition is hidden for a time.
SHOWN = Q(state=State.NOMINATED, edition__nominees_published__isnull=False)


def _published(person: HeldPerson) -> list[Published]:
    """The nominees that a person nominated. What the first block of the chain fixes stays, or nobody could recount."""
    rows = Nomination.objects.filter(SHOWN, nominator=person.user).select_related("edition").order_by("pk")
    note = _(
        "Taken out, its texts, links and files go. Title, entity and country stay: they are part of the vote’s chain."
    )
    return [Published(f"{NOMINATION}{row.pk}", row.title, row.edition.name, note) for row in rows]


def _warns(person: HeldPerson, now: datetime) -> list[str]:
    """Of ballots in votes that go on: an unfinished one will never count, a finished one cannot be changed."""
    words = []
    running = Ballot.objects.filter(
        user=person.user,
        edition__polls_sealed=None,
        edition__phases__kind=Phase.Kind.VOTING,
        edition__phases__starts__lte=now,
        edition__phases__ends__gt=now,
    )
    for ballot in running.select_related("edition").order_by("pk"):
        left = _("Your ballot in “%(prize)s” counts, and you can no longer look at it or change it.")
        if not ballot.is_complete:
            left = _("Your ballot in “%(prize)s” is not complete: finish it first, or it will not count.")
        words.append(left % {"prize": ballot.edition.name})
    return words


def _first(person: HeldPerson, now: datetime) -> list[str]:
    if person.user.erased is None:
        voter_traces.note(person.user, addresses=person.addresses)
    waiting = Assignment.objects.filter(expert__user=person.user, state__in=Assignment.WAITING)
    waiting.update(state=Assignment.State.RECUSED, updated=now)
    return _part_with_nominations(person, now=now)


def _part_with_nominations(person: HeldPerson, *, now: datetime) -> list[str]:
    """Drafts go; what is under review is withdrawn; of what the public never saw all texts go, of nominees those that the
    person wants out. Returns the names of the files."""
    files: list[str] = []
    own = Nomination.objects.filter(nominator=person.user).select_for_update(of=("self",), no_key=True).order_by("pk")
    shown = set(own.filter(SHOWN).values_list("pk", flat=True))
    for row in own:
        is_kept = row.pk in shown and f"{NOMINATION}{row.pk}" not in person.taken_out
        found = Nomination.objects.filter(pk=row.pk)
        if is_kept:
            found.update(changes={})
            continue
        files += _files(row)
        if row.state == State.DRAFT:
            row.delete()
            continue
        row.linkages.all().delete()
        row.versions.all().delete()
        row.attachments.all().delete()
        is_reviewed = row.state in UNDER_WAY and row.pk not in shown
        left = {"state": State.WITHDRAWN, "updated": now} if is_reviewed else {}
        found.update(**(TEXTS if row.pk in shown else WHOLE), **left)
    return files


def _files(row: Nomination) -> list[str]:
    """The files of a nomination, those too that only an earlier version names."""
    named = [file["name"] for version in row.versions.all() for file in version.data.get("files", [])]
    return sorted({*named, *row.attachments.values_list("file", flat=True)} - {""})


@hooks.personal_data("prizes")
def personal_data() -> PersonalData:
    """The part of this app."""
    return PersonalData(HELD, first=_first, published=_published, warns=_warns, stays=STAYS)


# --- how long -------------------------------------------------------------------------------------
def _clear_unchosen(forum: Forum, _now: datetime) -> Cleared:
    """The texts and files of projects that were never nominees."""
    rows = Nomination.objects.filter(
        edition__forum=forum, state__in=[State.NOT_PASSED, State.NOT_NOMINATED, State.WITHDRAWN]
    )
    has_more = Q(Exists(Attachment.objects.filter(nomination=OuterRef("pk"))))
    rows = rows.filter(~(Q(title="") & Q(description="")) | has_more)
    found = list(rows.select_for_update(of=("self",), no_key=True).order_by("pk"))

    def empty(part: Sequence[Nomination]) -> None:
        for model in (Linkage, NominationVersion, Attachment):
            model._base_manager.filter(nomination__in=part).delete()
        Nomination.objects.filter(pk__in=[row.pk for row in part]).update(**WHOLE)

    return cleared(found, empty, _files_of)


def _files_of(rows: Sequence[Nomination]) -> list[str]:
    return [name for row in rows for name in _files(row)]


@hooks.retention()
def _retention() -> list[Period]:
    return [
        Period(
            "nomination-drafts",
            gettext_lazy("Nominations that were begun and never submitted"),
            90,
            deleted(Nomination, saved="updated", files=_files_of, state=State.DRAFT),
        ),
        Period(
            "nominations",
            gettext_lazy("Texts of nominated projects that did not become nominees"),
            1095,
            _clear_unchosen,
        ),
    ]
