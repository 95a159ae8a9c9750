"""After a release: hosts and speakers learn where their session stands now: on the programme, moved, or cancelled.

One mail for each person and release, whatever their roles. It tells of the sessions in their agenda too, so they get no
other mail about the release. Speakers without an account get it at the address that organisers know.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from events.models import Appearance, HostedSession, Message, Release, Session, Speaker, User
from events.proposals.speakers.speaker_accounts import with_address
from events.schedule.releases import change_log, diff
from events.schedule.releases.change_log import ReleasedSpot
from events.schedule.releases.diff import ChangeKind
from events.shared.jobs.sweeps import Apart
from events.shared.mail import hooks, outbox, refused_kinds
from events.shared.mail.hooks import MailKind
from events.shared.mail.rendering import Content
from events.shared.mail.texts.originals import original
from registration.models import Booking, Registration
from registration.sessions.agenda.change_mail_parts import CALENDAR, ChangeMails, Fact, facts

KIND, BOOKED = "own-session", "changed"


@dataclass
class SessionOwner:
    """Somebody with sessions of their own: an account, or the address of a speaker (a key) without one."""

    address: str
    user: User | None
    speaker: int
    language: str
    zone: str
    codes: set[str]

    def key(self, release: Release) -> str:
        """The key of the mail about a release."""
        return f"{KIND}:{release.pk}:{self.user.pk if self.user else f's{self.speaker}'}"


class OwnSessionMails(ChangeMails):
    """The same mails in the words for those whose sessions they are."""

    original = original(
        KIND,
        gettext_lazy("News of the sessions that somebody organises or speaks in"),
        ngettext_lazy("%(n)s session of yours: what is new", "%(n)s sessions of yours: what is new", "n"),
        ngettext_lazy("The programme has news of a session of yours.", "The programme has news of your sessions.", "n"),
        CALENDAR,
    )

    def _content(self, number: int) -> Content:
        return self._framed(number, why=_("You get this mail because you organise a session, or speak in one."))


def own_facts(release: Release, *, booked: Mapping[str, Fact], now: datetime) -> dict[str, Fact]:
    """What hosts and speakers are told of a release, by session code: what those who `booked` are told, and what is new on the
    programme, or to its speakers. At most one query."""
    log, found = diff.from_json(release.changes), dict(booked)
    for change in log:
        if change.kind == ChangeKind.NEW and change.after and change.after["state"] == "scheduled":
            spot = change_log.spot(change.after)
            found.setdefault(change.code, Fact(ChangeKind.NEW, spot, spot))
    joined = {change.code for change in log if change.kind == ChangeKind.JOINED} - found.keys()
    rows = Session.objects.filter(forum=release.forum_id, code__in=joined, state=Session.State.SCHEDULED)
    for session in rows.exclude(starts=None).select_related("room") if joined else ():
        spot = ReleasedSpot(session.starts, session.ends, session.room.name if session.room else "")  # type: ignore[arg-type]
        found[session.code] = Fact(ChangeKind.NEW, spot, spot)
    return {code: fact for code, fact in found.items() if fact.ends > now}


def people(release: Release, *, told: Iterable[str]) -> list[SessionOwner]:
    """Those who host the sessions with these codes or speak in them, and do not refuse such mails; with the codes of theirs.

    Who is only new in a session that did not change otherwise hears of it, and the others do not.
    """
    log = diff.from_json(release.changes)
    changed = {one.code for one in log if one.kind not in {ChangeKind.JOINED, ChangeKind.LEFT}}.intersection(told)
    joined = {
        (who["id"], one.code) for one in log if one.kind == ChangeKind.JOINED for who in (one.after or {})["speakers"]
    }
    hosts = HostedSession.objects.filter(session__forum=release.forum_id, session__is_sample=False)
    pairs = list(hosts.filter(session__code__in=changed).values_list("user__email", "session__code"))
    left = {
        (who["id"], one.code) for one in log if one.kind == ChangeKind.LEFT for who in (one.before or {})["speakers"]
    }
    # The same before it is released: who joins is not shown yet then, and who leaves still is.
    shown = Q(is_released=True) | Q(speaker__in={speaker for speaker, _code in joined})
    rows = Appearance.objects.filter(shown, session__forum=release.forum_id, session__code__in=list(told))
    spoken = rows.filter(speaker__is_sample=False).values_list("speaker", "session__code")
    staying = [one for one in spoken if one not in left]
    new = [(speaker, code) for speaker, code in staying if code in changed or (speaker, code) in joined]
    known = with_address(Speaker.objects.filter(pk__in={speaker for speaker, _code in new}))
    addresses = dict(known.order_by("-pk").values_list("pk", "address"))
    pairs += [(addresses[speaker], code) for speaker, code in new]
    return _persons(pairs, speakers={address: speaker for speaker, address in addresses.items()}, release=release)


def _persons(pairs: Iterable[tuple[str, str]], *, speakers: Mapping[str, int], release: Release) -> list[SessionOwner]:
    """The people behind addresses and codes of sessions, without those who refuse the mail and those whose account is closed.
    `speakers`: the first speaker at each address."""
    codes = defaultdict(set)
    for address, code in pairs:
        codes[address.lower()].add(code)
    codes.pop("", None)
    accounts = {user.email.lower(): user for user in User.objects.filter(email__in=codes)}
    wanting = refused_kinds.accepting(User.objects.filter(email__in=codes, is_active=True), key=KIND, user="pk")
    asked = set(wanting.values_list("pk", flat=True))
    rows = Registration.objects.mailable().filter(forum=release.forum_id, user__in=asked)
    registered = {row.user_id: row for row in rows}
    found = []
    for address, own in sorted(codes.items()):
        user = accounts.get(address)
        if user is None or user.pk in asked:
            said = registered.get(user.pk, user) if user else release.by  # without an account: as who releases speaks
            zone = said.time_zone if user and said else release.forum.time_zone
            language = said.language if said else ""
            found.append(SessionOwner(address, user, speakers.get(address, 0), language=language, zone=zone, codes=own))
    return found


def write(release: Release, *, booked: Mapping[str, Fact], tries: Apart, now: datetime) -> list[SessionOwner]:
    """Write the mails about a release to hosts and speakers, once to each; return who they are. `booked`: what those are told who
    booked the sessions."""
    told = own_facts(release, booked=booked, now=now)
    if not (found := people(release, told=told)):
        return []
    mails = OwnSessionMails(release.forum, facts=told, now=now)
    written = set(Message.objects.filter(kind=KIND, about=release.pk).values_list("dedupe_key", flat=True))
    accounts = {one.user.pk: one for one in found if one.user}
    agenda = Booking.objects.filter(
        session__forum=release.forum_id,
        session__code__in=list(booked),
        registration__in=refused_kinds.accepting(Registration.objects.mailable(), key=BOOKED),
        registration__user__in=accounts,
    )
    for user, code in agenda.values_list("registration__user", "session__code"):
        accounts[user].codes.add(code)
    new = {one.key(release): one for one in found if one.key(release) not in written}
    outbox.write_apart(
        list(new),
        make=lambda keys: [_message(new[key], mails=mails, release=release, now=now) for key in keys],
        tries=tries,
    )
    return found


def _message(person: SessionOwner, *, mails: OwnSessionMails, release: Release, now: datetime) -> Message:
    codes = mails.in_order(person.codes)
    to, zone, language = person.user or person.address, person.zone, person.language
    key = person.key(release)
    return mails.message(codes, kind=KIND, key=key, release=release, to=to, language=language, zone=zone, now=now)


@hooks.mail_kinds()
def _kinds() -> list[MailKind]:
    name = gettext_lazy("When a session of mine is placed, moved or cancelled")
    return [MailKind(KIND, name, frozenset({KIND}), roles=frozenset({"host", "proposer", "co-editor", "speaker"}))]


@hooks.unwanted(KIND)
def _unwanted(messages: Sequence[Message], now: datetime) -> set[int]:
    """At send time: the session is no longer theirs."""
    wanted = set()
    for release in Release.objects.filter(pk__in={one.about for one in messages}).select_related("forum", "by"):
        told = own_facts(release, booked=facts(release, now=now), now=now)
        wanted |= {one.key(release) for one in people(release, told=told)}
    return outbox.all_but(messages, wanted, by="dedupe_key")
