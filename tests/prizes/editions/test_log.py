import pytest

from prizes.editions import log
from prizes.editions.verbs import PrizeVerb
from tests.factories import NOW
from tests.prizes.factories import make_edition

pytestmark = pytest.mark.django_db
LIST = "/admin/events/historyentry/"


@pytest.fixture
def edition():
    edition = make_edition()
    log.record(edition, verb=PrizeVerb.MOVE_PHASE, by=None, now=NOW, subject="voting", reason="The hall is taken")
    log.record(edition, verb=PrizeVerb.CHOOSE_WINNER, by=None, now=NOW, subject="Secret project", reason="Secret why")
    return edition


@pytest.mark.parametrize(
    ("group", "status", "shown"),
    [
        ("organisers", 200, ["The hall is taken"]),
        ("prize officers", 200, ["The hall is taken", "Secret project", "Secret why"]),
        ("programme", 200, []),
        ("experts", 403, []),
    ],
)
def test_log_of_the_prize_is_for_those_who_may_read_it(client, staff, edition, group, status, shown):
    client.force_login(staff(group))

    answer = client.get(LIST)

    body = answer.content.decode()
    assert answer.status_code == status
    assert [words for words in ("The hall is taken", "Secret project", "Secret why") if words in body] == shown


def test_filter_does_not_tell_of_winners(client, staff, edition):
    client.force_login(staff("organisers"))

    found = client.get(f"{LIST}?verb=choose-winner").context["cl"].result_list

    assert list(found) == []
