"""Rows of the open consultation for tests: a call that is open at NOW, a complete proposal, people who may decide."""

from datetime import timedelta

import factory

from events.models import Call, Message, Proposal
from events.proposals import decisions, mails
from events.proposals.admin import OF_SESSIONS
from events.proposals.form import answers as proposal_answers
from events.shared.history import log
from events.shared.mail import outbox
from tests.factories import (
    NOW,
    ActionLineFactory,
    CountryFactory,
    ForumFactory,
    SDGFactory,
    SessionTypeFactory,
    UserFactory,
    staff,
)


class CallFactory(factory.django.DjangoModelFactory):
    """Open from yesterday to tomorrow."""

    class Meta:
        model = Call
        django_get_or_create = ("forum",)

    forum = factory.SubFactory(ForumFactory)
    opens = NOW - timedelta(days=1)
    closes = NOW + timedelta(days=1)


class ProposalFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Proposal

    forum = factory.SubFactory(ForumFactory)
    proposer = factory.SubFactory(UserFactory)
    organisation_name = "Ministry of Posts"
    stakeholder_type = "government"
    country = factory.SubFactory(CountryFactory)
    title = factory.Sequence(lambda n: f"Proposal {n}")
    description = "Fibre for villages"
    session_type = factory.SubFactory(SessionTypeFactory)
    minutes = 60
    state = "submitted"
    created = NOW - timedelta(hours=3)
    updated = NOW - timedelta(hours=2)
    submitted = NOW - timedelta(hours=2)


def complete(**values):
    """The answers of a workshop that lacks nothing. `speakers`: a list of `speaker()`."""
    speakers = values.pop("speakers", [speaker()])
    return {
        "kind": "workshop",
        "organisation_name": "Ministry of Posts",
        "stakeholder_type": "government",
        "country": CountryFactory().pk,
        "co_organisers": ["Village Net"],
        "title": "Fibre for the north",
        "description": "How we lay it",
        "session_type": SessionTypeFactory().pk,
        "minutes": 60,
        "expected": 80,
        f"line-{ActionLineFactory().pk}": "It lays cables",
        f"goal-{SDGFactory().pk}": "It builds",
        "day-2020-07-23": "wish",
        "day-2020-07-24": "avoid",
        **named(*speakers),
        **values,
    }


def named(*speakers, rows=0):
    """The answers that name these speakers; `rows`: how many rows are sent, the last ones empty."""
    empty = dict.fromkeys(speaker(), "")
    given = [*speakers, *[empty] * (rows - len(speakers))]
    return {f"speaker-{place}-{name}": value for place, one in enumerate(given) for name, value in one.items()}


def speaker(**values):
    return {
        "name": "Awa Traoré",
        "email": "awa@example.org",
        "position": "Engineer",
        "organisation_name": "Village Net",
        "is_moderator": False,
    } | values


def fill(proposal, **values):
    """Write complete answers into a proposal, past the rules."""
    proposal_answers.write(proposal, answers=complete(**values))
    proposal.save()
    return proposal


def verbs_of(proposal):
    """What was done with a proposal, and by its people with its session, in order."""
    rows, session = log.of(proposal), Proposal.objects.get(pk=proposal.pk).session
    if session:
        rows |= log.of(session).filter(verb__in=OF_SESSIONS)
    return list(rows.reverse().values_list("verb", flat=True))


def drafts(proposal):
    """The mails that tell of a decision on a proposal and wait, in the order in which they were written."""
    return list(Message.objects.filter(about=proposal.pk, state="draft", kind__in=mails.DECISIONS).order_by("pk"))


def let_go(proposal):
    """Tell the people of a proposal what is decided; return it as they know it then."""
    outbox.queue(drafts(proposal)[0], now=NOW)
    return Proposal.objects.get(pk=proposal.pk)


def accept(proposal):
    """Accept a proposal, and tell its people."""
    decisions.accept(proposal, by=staff(), now=NOW)
    return let_go(proposal)
