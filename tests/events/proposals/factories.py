"""Rows of the open consultation for tests: a call that is open at NOW, a complete proposal, people who may decide."""

from datetime import timedelta

import factory
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group

from events.models import Call, Proposal
from events.proposals.form import answers as proposal_answers
from tests.factories import (
    NOW,
    ActionLineFactory,
    CountryFactory,
    ForumFactory,
    SDGFactory,
    SessionTypeFactory,
    UserFactory,
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


def confirmed(**values):
    """An account with a confirmed address."""
    user = UserFactory(**values)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def staff(group="programme", **values):
    user = UserFactory(is_staff=True, **values)
    user.groups.add(Group.objects.get(name=group))
    return user


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
