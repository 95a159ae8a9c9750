import pytest

from events.proposals import statistics
from tests.events.proposals.factories import CallFactory, ProposalFactory
from tests.factories import CountryFactory

pytestmark = pytest.mark.django_db


def test_public_figures(django_assert_num_queries):
    forum = CallFactory().forum
    few = statistics.public_figures(ProposalFactory(forum=forum).forum)
    japan = CountryFactory(code="JP", region="asia", prize_region="asia-pacific")
    ProposalFactory.create_batch(4, forum=forum)
    ProposalFactory.create_batch(6, forum=forum, country=japan, stakeholder_type="academia", state="declined")
    ProposalFactory(forum=forum, country=None, stakeholder_type="united_nations", state="accepted")
    ProposalFactory(forum=forum, state="draft", submitted=None)
    ProposalFactory(forum=forum, state="withdrawn")

    with django_assert_num_queries(2):
        found = statistics.public_figures(forum)

    assert few == (1, None, None)
    assert found.total == 12
    assert found.by_type == [("Government", None), ("United Nations", None), ("Academia", 6)]
    assert found.by_region == [("Africa", None), ("Asia and Australasia", 6), ("No country", None)]
