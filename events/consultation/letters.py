"""The mails of the open consultation. What organisers decide is a draft in the outbox first: they edit it and let it go.

Each mail is in its person's language and made of the same parts (`Letter`). Decisions have no HTML, so that what
organisers edit is what is sent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from events import outbox
from events.addresses import absolute
from events.consultation.standing import asked_editors
from events.models import Forum, HostedSession, Invitation, Message, Proposal, Remark, Session, User

RECEIVED, INVITED, HOST, LATE = "proposal-received", "speaker-invited", "session-host", "outcome-late"
JOINED, SPEAKER_DECLINED, SPEAKER_WITHDRAWN = "proposal-joined", "speaker-not-needed", "speaker-withdrawn"
EDITOR = "proposal-editor"
State = Proposal.State
# Kind of mail → the states in which its proposal must still be when it is sent. All are drafts first, unless
# its own people withdraw a proposal.
DECISIONS = {
    "proposal-changes": {State.CHANGES},
    "proposal-accepted": {State.ACCEPTED},
    "proposal-declined": {State.DECLINED},
    "proposal-merged": {State.MERGED},
    JOINED: {State.SUBMITTED, State.CHANGES, State.ACCEPTED},
    SPEAKER_DECLINED: {State.DECLINED},
    SPEAKER_WITHDRAWN: {State.WITHDRAWN},
}
OVER = frozenset({State.DECLINED, State.MERGED, State.WITHDRAWN})  # nobody considers it any more
NO_SPEAKERS = OVER | {State.DRAFT}


@dataclass(frozen=True)
class Letter:
    """What a mail says. `heading` and `quote` are words of people; the others are ours."""

    subject: str
    heading: str
    before: str
    after: Sequence[str]
    action: str
    url: str
    why: str
    quote: str = ""


def known_language(code: str) -> str:
    """A language of the site; its first for a code that is not known."""
    return code if code in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def put(
    letter: Letter,
    *,
    kind: str,
    key: str,
    to: str,
    user: User | None,
    forum: Forum,
    now: datetime,
    is_draft: bool,
    is_secret: bool = False,
) -> None:
    """Put a letter into the outbox, in the language that is active; nothing happens where its key exists."""
    context = {"letter": letter, "forum": forum}
    outbox.write(
        kind=kind,
        key=key,
        to=to,
        subject=letter.subject,
        text=render_to_string("events/mail/letter.txt", context).strip() + "\n",
        html="" if is_draft else render_to_string("events/mail/letter.html", context),
        user=user,
        language=translation.get_language() or settings.LANGUAGE_CODE,
        queue=Message.Queue.BULK,
        due=now,
        forum=forum,
        is_draft=is_draft,
        is_secret=is_secret,
    )
    if not is_draft:
        transaction.on_commit(partial(outbox.wake, outbox.BULK_TASK), robust=True)


def _page(proposal: Proposal) -> str:
    return absolute(reverse("events:proposal", args=[proposal.forum.slug, proposal.code]))


def write_received(proposal: Proposal, *, remark: Remark, now: datetime) -> None:
    """Tell who proposed that we have it."""
    person = proposal.proposer
    with translation.override(known_language(person.language)):
        letter = Letter(
            subject=_("Received: %(title)s") % {"title": proposal.title},
            heading=proposal.title,
            before=_("We have received your proposal."),
            after=[_("The organisers read it and write to you. The speakers that you named are asked by mail.")],
            action=_("Open the proposal"),
            url=_page(proposal),
            why=_("You get this mail because you made a proposal."),
        )
        put(
            letter,
            kind=RECEIVED,
            key=f"{RECEIVED}:{proposal.pk}:{remark.pk}",
            to=person.email,
            user=person,
            forum=proposal.forum,
            now=now,
            is_draft=False,
        )


def _decision(kind: str, *, proposal: Proposal, into: Proposal | None) -> tuple[str, str, list[str]]:
    """Subject, first sentence and what comes next, for a kind of `DECISIONS`."""
    named = {"title": proposal.title}
    if kind == "proposal-changes":
        return (
            _("Please change: %(title)s") % named,
            _("The organisers ask you to change your proposal."),
            [_("Change it on its page, then submit it again.")],
        )
    if kind == "proposal-accepted":
        more = _("It becomes a session of the programme. You can edit its text, panellists and documents yourself.")
        return _("Accepted: %(title)s") % named, _("Your proposal is accepted."), [more] if proposal.session_id else []
    if kind == "proposal-merged":
        other = _("It goes on as part of “%(title)s”. Its speakers and organisers go with it.")
        return (
            _("Merged: %(title)s") % named,
            _("Your proposal is merged with another one."),
            [other % {"title": into.title if into else ""}],
        )
    return (
        _("Not accepted: %(title)s") % named,
        _("We cannot take up your proposal this time."),
        [_("Thank you for the work that you put into it.")],
    )


def write_decision(
    proposal: Proposal, *, kind: str, remark: Remark, other: Proposal | None = None, now: datetime
) -> None:
    """Draft the mail on a decision to each person who edits the proposal; `remark.text` is what the organisers say to
    them, `other` the proposal into which it is merged."""
    for person in (proposal.proposer, *proposal.editors.all()):
        with translation.override(known_language(person.language)):
            words = _decision(kind, proposal=proposal, into=other)
            _put_decision(proposal, words, kind=kind, person=person, remark=remark, quote=remark.text, now=now)


def write_joined(proposal: Proposal, *, remark: Remark, other: Proposal, now: datetime) -> None:
    """Draft the mail to the people of a proposal with which another one is merged."""
    for person in (proposal.proposer, *proposal.editors.all()):
        with translation.override(known_language(person.language)):
            more = _("“%(title)s” goes on as part of it. Its speakers are added, and its people edit it with you.")
            words = (
                _("Another proposal joins: %(title)s") % {"title": proposal.title},
                _("The organisers merge another proposal with yours."),
                [more % {"title": other.title}],
            )
            _put_decision(proposal, words, kind=JOINED, person=person, remark=remark, quote="", now=now)


def tell_too(proposal: Proposal, *, person: User, now: datetime) -> None:
    """Draft the mail on a decision to somebody who joined while that to who proposed waits, so that both learn of it
    together. `proposal` is locked."""
    for one in _waiting(proposal.proposer, forum=proposal.forum):
        pk, *_others, number = _numbers(one)
        if pk == proposal.pk and one.kind != JOINED and proposal.state in DECISIONS[one.kind]:
            entry = Remark.objects.get(pk=number)
            with translation.override(known_language(person.language)):
                words = _decision(one.kind, proposal=proposal, into=None)
                _put_decision(proposal, words, kind=one.kind, person=person, remark=entry, quote=entry.text, now=now)


def _put_decision(
    proposal: Proposal,
    words: tuple[str, str, list[str]],
    *,
    kind: str,
    person: User,
    remark: Remark,
    quote: str,
    now: datetime,
) -> None:
    subject, before, after = words
    letter = Letter(
        subject=subject,
        heading=proposal.title,
        before=before,
        quote=quote,
        after=after,
        action=_("Open the proposal"),
        url=_page(proposal),
        why=_("You get this mail because you made a proposal."),
    )
    own = "" if person.pk == proposal.proposer_id else f":{person.pk}"
    put(
        letter,
        kind=kind,
        key=f"{kind}:{proposal.pk}{own}:{remark.pk}",
        to=person.email,
        user=person,
        forum=proposal.forum,
        now=now,
        is_draft=True,
    )


def write_late(host: HostedSession, *, session: Session, now: datetime) -> None:
    """Remind a host that the outcome of a session is not reported yet; once."""
    with translation.override(known_language(host.user.language)):
        letter = Letter(
            subject=_("The outcome of “%(title)s”") % {"title": session.title},
            heading=session.title,
            before=_("Your session is over, and its outcome is not reported yet."),
            after=[_("What was announced, launched, agreed or published? A few sentences are enough.")],
            action=_("Report the outcome"),
            url=absolute(reverse("events:hosted", args=[session.forum.slug, session.code])),
            why=_("You get this mail because you organised this session."),
        )
        put(
            letter,
            kind=LATE,
            key=f"{LATE}:{session.pk}:{host.user_id}",
            to=host.user.email,
            user=host.user,
            forum=session.forum,
            now=now,
            is_draft=False,
        )


def write_host(host: HostedSession, *, session: Session, now: datetime) -> None:
    """Tell an account that it may edit a session; once for each time it is added."""
    with translation.override(known_language(host.user.language)):
        letter = Letter(
            subject=_("You can edit “%(title)s”") % {"title": session.title},
            heading=session.title,
            before=_("The organisers of the Forum let you edit this session."),
            after=[_("You can change its text, panellists and documents, and report its outcome afterwards.")],
            action=_("Edit the session"),
            url=absolute(reverse("events:hosted", args=[session.forum.slug, session.code])),
            why=_("You get this mail because the organisers added your account to this session."),
        )
        put(
            letter,
            kind=HOST,
            key=f"{HOST}:{session.pk}:{host.pk}:{host.user_id}",
            to=host.user.email,
            user=host.user,
            forum=session.forum,
            now=now,
            is_draft=False,
        )


def write_editor_invitation(proposal: Proposal, *, remark: Remark, token: str, now: datetime) -> None:
    """Ask a person (the address is the text of `remark`) to edit a proposal, in the language of who made it. The mail
    holds the link: it is a secret."""
    with translation.override(known_language(proposal.proposer.language)):
        named = {"name": str(proposal.proposer), "title": proposal.title or _("Draft without a title")}
        letter = Letter(
            subject=_("Will you edit “%(title)s” with me?") % named,
            heading=named["title"],
            before=_("%(name)s asks you to edit this proposal with them.") % named,
            after=[
                _("Open the page below and log in, or make an account, with the address to which this mail was sent."),
                _("The link holds for 30 days and for you only."),
            ],
            action=_("Edit the proposal"),
            url=absolute(reverse("events:editing", args=[token])),
            why=_("You get this mail because somebody entered your address. If you do nothing, nothing happens."),
        )
        put(
            letter,
            kind=EDITOR,
            key=f"{EDITOR}:{proposal.pk}:{remark.pk}",
            to=remark.text,
            user=None,
            forum=proposal.forum,
            now=now,
            is_draft=False,
            is_secret=True,
        )


def of_decisions(messages: QuerySet[Message], *, user: User) -> QuerySet[Message]:
    """Of these mails those that tell of decisions, but none that goes to the person who looks: who decides proposals
    checks them and lets them go."""
    return messages.filter(kind__in=DECISIONS).exclude(user=user)


def untold(user: User, *, forum: Forum) -> set[int]:
    """The proposals (primary keys) with a decision that this person does not know of: its mail to them still waits as a
    draft, to be let go or taken back. Two queries."""
    told_of = {(_numbers(one)[0], one.kind) for one in _waiting(user, forum=forum)}
    states = dict(Proposal.objects.filter(pk__in=[pk for pk, _kind in told_of]).values_list("pk", "state"))
    return {pk for pk, kind in told_of if kind != JOINED and states.get(pk) in DECISIONS[kind]}


def _waiting(user: User, *, forum: Forum) -> QuerySet[Message]:
    return Message.objects.filter(user=user, forum=forum, state=Message.State.DRAFT, kind__in=DECISIONS)


def is_over(proposal: Proposal) -> bool:
    """Whether nobody considers a proposal any more, as far as who made it knows (`untold`)."""
    return proposal.state in OVER and proposal.pk not in untold(proposal.proposer, forum=proposal.forum)


# --- asked once more just before sending ------------------------------------------------------------
def _named(messages: Sequence[Message]) -> dict[int, tuple[int, int]]:
    """Message id → the numbers in its key: (row, remark or account)."""
    return {one.pk: (_numbers(one)[0], _numbers(one)[-1]) for one in messages}


def _numbers(message: Message) -> list[int]:
    return [int(part) for part in message.dedupe_key.split(":")[1:]]


def _unwanted_decisions(messages: Sequence[Message], now: datetime) -> set[int]:
    """The proposal went on to another state since the draft was written, or the person no longer edits it."""
    named = _named(messages)
    rows = Proposal.objects.filter(pk__in=[row for row, _n in named.values()])
    states = dict(rows.values_list("pk", "state"))
    people = {*rows.values_list("pk", "proposer"), *rows.values_list("pk", "editors")}
    gone = {one.pk for one in messages if states.get(named[one.pk][0]) not in DECISIONS[one.kind]}
    return gone | {one.pk for one in messages if one.user_id and (named[one.pk][0], one.user_id) not in people}


for _kind in DECISIONS:
    outbox.recheck(_kind)(_unwanted_decisions)


def _unwanted_speaker_letters(messages: Sequence[Message], now: datetime) -> set[int]:
    """As with decisions; or the speaker no longer says yes."""
    asked = {one.pk: _numbers(one)[1] for one in messages}
    coming = Invitation.objects.filter(pk__in=asked.values(), state=Invitation.State.ACCEPTED)
    known = set(coming.values_list("pk", flat=True))
    return _unwanted_decisions(messages, now) | {pk for pk, row in asked.items() if row not in known}


for _kind in (SPEAKER_DECLINED, SPEAKER_WITHDRAWN):
    outbox.recheck(_kind)(_unwanted_speaker_letters)


@outbox.recheck(EDITOR)
def _unwanted_editors(messages: Sequence[Message], now: datetime) -> set[int]:
    """The invitation was taken back or sent anew, or the proposal is no longer considered."""
    named = _named(messages)
    asked = asked_editors(now=now).filter(pk__in=[entry for _row, entry in named.values()])
    wanted = set(asked.exclude(proposal__state__in=OVER).values_list("pk", flat=True))
    return {pk for pk, (_row, entry) in named.items() if entry not in wanted}


@outbox.recheck(INVITED)
def _unwanted_invitations(messages: Sequence[Message], now: datetime) -> set[int]:
    """The speaker was left out or has answered, or the proposal is no longer considered."""
    named = _named(messages)
    rows = Invitation.objects.filter(pk__in=[row for row, _n in named.values()], state=Invitation.State.INVITED)
    wanted = set(rows.exclude(proposal__state__in=NO_SPEAKERS).values_list("pk", flat=True))
    return {pk for pk, (row, _n) in named.items() if row not in wanted}


@outbox.recheck(HOST)
def _unwanted_hosts(messages: Sequence[Message], now: datetime) -> set[int]:
    """The account no longer edits the session."""
    named = _named(messages)
    rows = HostedSession.objects.filter(session__in=[row for row, _n in named.values()])
    wanted = set(rows.values_list("session_id", "user_id"))
    return {pk for pk, name in named.items() if name not in wanted}


@outbox.recheck(LATE)
def _unwanted_late(messages: Sequence[Message], now: datetime) -> set[int]:
    """An outcome was reported meanwhile, or the account no longer organises the session."""
    named = _named(messages)
    rows = HostedSession.objects.filter(session__in=[row for row, _n in named.values()], session__outcomes=None)
    wanted = set(rows.values_list("session_id", "user_id"))
    return {pk for pk, name in named.items() if name not in wanted}
