import pytest

from events.proposals import statistics
from tests.events.proposals.factories import CallFactory, ProposalFactory
from tests.factories import CountryFactory

pytestmark = pytest.mark.django_db


def test_public_figures(django_assert_num_queries):
    forum = CallFactory().forum
    japan = CountryFactory(code="JP", region="asia", prize_region="asia-pacific")
    ProposalFactory.create_batch(5, forum=forum)
    ProposalFactory.create_batch(6, forum=forum, country=japan, stakeholder_type="academia", state="declined")
    ProposalFactory(forum=forum, country=None, stakeholder_type="united_nations", state="accepted")
    ProposalFactory(forum=forum, state="draft", submitted=None)
    ProposalFactory(forum=forum, state="withdrawn")

    with django_assert_num_queries(2):
        found = statistics.public_figures(forum)

    assert found.total == 12
    assert {one.value: one.number for one in found.by_type} == {
        "government": None,
        "united_nations": None,
        "academia": 6,
    }
    assert {one.value: one.number for one in found.by_region} == {"africa": None, "": None, "asia": 6}


def test_figures_of_few():
    found = statistics.public_figures(ProposalFactory().forum)

    assert (found.total, found.by_type, found.by_region) == (1, None, None)
