import pytest

from prizes.editions import log
from prizes.editions.verbs import PrizeVerb
from tests.factories import NOW
from tests.prizes.factories import make_edition

pytestmark = pytest.mark.django_db
LIST = "/admin/events/historyentry/"
WORDS = ["The hall is taken", "Secret project", "Secret why"]


def test_log_of_the_prize_is_for_those_who_may_read_it(client, staff):
    edition = make_edition(categories=0)
    log.record(edition, verb=PrizeVerb.MOVE_PHASE, by=None, now=NOW, subject="voting", reason=WORDS[0])
    log.record(edition, verb=PrizeVerb.CHOOSE_WINNER, by=None, now=NOW, subject=WORDS[1], reason=WORDS[2])
    found = {}

    for group in ("organisers", "prize officers", "programme", "experts"):
        client.force_login(staff(group))
        answer = client.get(LIST)
        body = answer.content.decode()
        found[group] = (answer.status_code, [words for words in WORDS if words in body])
    client.force_login(staff("organisers"))

    assert found == {
        "organisers": (200, WORDS[:1]),
        "prize officers": (200, WORDS),
        "programme": (200, []),
        "experts": (403, []),
    }
    assert list(client.get(f"{LIST}?verb=choose-winner").context["cl"].result_list) == []
