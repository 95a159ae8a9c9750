"""Rows of the prize for tests: an edition in a phase, nominations, ballots with votes and their commitments."""

from datetime import timedelta

import factory

from events.models import ActionLine, Role
from prizes.chain import commitments
from prizes.models import Ballot, Category, Commitment, Edition, Nomination, Phase, Vote
from tests.factories import NOW, CountryFactory, ForumFactory, UserFactory, staff
from tests.factories import confirmed as voter

STEP = timedelta(days=20)
DESCRIPTION = " ".join(["word"] * 160)


def officer(**values):
    """A prize officer of all forums."""
    return staff(Role.PRIZE_OFFICER, **values)


def set_phase(edition, phase, *, now=NOW):
    """Place the five phases of 20 days each so that `phase` is open at `now`, for ten days now and ten more."""
    kinds = list(Phase.Kind.values)
    first = now - STEP / 2 - kinds.index(phase) * STEP
    edition.phases.all().delete()
    for place, kind in enumerate(kinds):
        Phase.objects.create(edition=edition, kind=kind, starts=first + place * STEP, ends=first + (place + 1) * STEP)
    edition.refresh_from_db()
    return edition


def make_edition(*, phase="voting", categories=3, nominees=3, now=NOW, **values):
    """A public edition in a phase, with categories 1 … n; from the voting on with published nominees in each."""
    values = {
        "forum": values.pop("forum", None) or ForumFactory(),
        "name": "WSIS Prizes 2020",
        "is_public": True,
    } | values
    kinds = list(Phase.Kind.values)
    has_nominees = kinds.index(phase) >= kinds.index("voting")
    if has_nominees:
        values.setdefault("nominees_published", now - timedelta(days=11))
    edition = Edition.objects.create(**values)
    set_phase(edition, phase, now=now)
    lines = ActionLine.objects.filter(parts__isnull=True).order_by("order", "code")[:categories]
    for number, line in enumerate(lines, start=1):
        row = Category.objects.create(edition=edition, number=number, action_line=line, title=line.short_name)
        for _place in range(nominees if has_nominees else 0):
            NominationFactory(category=row, edition=edition, state="nominated")
    return edition


class NominationFactory(factory.django.DjangoModelFactory):
    """A complete nomination, submitted unless the test says otherwise; give it a `category`."""

    class Meta:
        model = Nomination

    edition = factory.SelfAttribute("category.edition")
    nominator = factory.SubFactory(UserFactory)
    state = "submitted"
    entity_name = factory.Sequence(lambda n: f"Entity {n}")
    entity_key = factory.LazyAttribute(lambda o: f"ML:{o.entity_name.casefold()}")
    stakeholder_type = "government"
    country = factory.SubFactory(CountryFactory)
    title = factory.Sequence(lambda n: f"Project {n}")
    title_key = factory.LazyAttribute(lambda o: o.title.casefold())
    starts_on = NOW.date() - timedelta(days=900)
    ends_on = NOW.date() - timedelta(days=300)
    project_status = "completed"
    website = "https://project.example.org/"
    description = DESCRIPTION
    economic_impact = social_impact = environmental_impact = partnerships = challenges = DESCRIPTION
    created = updated = submitted = NOW - timedelta(days=60)


def nominees_of(edition, number):
    """The nominated projects of a category, in order of their ids."""
    return list(Nomination.objects.filter(category__edition=edition, category__number=number).order_by("pk"))


def fill_ballot(edition, choices, *, user=None, cast=NOW, required=None, **values):
    """A ballot with a vote and a waiting commitment for each of `choices` (category number → nomination).

    Complete when every category with nominees is chosen (or `required` are), or any where partial ballots count.
    """
    needed = (
        required
        if required is not None
        else edition.categories.filter(nominations__state="nominated").distinct().count()
    )
    is_complete = len(choices) >= needed if edition.require_all_categories else bool(choices)
    country = values.pop("country", None) or CountryFactory()
    ballot = Ballot.objects.create(
        edition=edition,
        user=user or voter(),
        country=country,
        region=country.prize_region,
        stakeholder_type=values.pop("stakeholder_type", "academia"),
        secret=commitments.new_secret(),
        chosen=len(choices),
        is_complete=is_complete,
        began=cast,
        first_choice=cast,
        last_choice=cast,
        **values,
    )
    for number, nominee in choices.items():
        nonce = commitments.new_nonce()
        tracker = commitments.tracker(ballot.secret, edition=edition.forum.slug, number=number)
        Vote.objects.create(
            ballot=ballot, category=nominee.category, nominee=nominee, tracker=tracker, nonce=nonce, cast=cast
        )
        value = commitments.commitment(nonce=nonce, tracker=tracker, number=number, nominee=nominee.code)
        Commitment.objects.create(edition=edition, value=value)
    return ballot
