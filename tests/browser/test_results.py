"""The results and the page that verifies a certificate, in a real browser: accessible, and nothing wider than a phone."""

import pytest

from prizes.models import Certificate
from tests.factories import NOW
from tests.prizes.counted import announced, counted, crown, turn_out
from tests.prizes.factories import nominees_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.whole
def test_results_hold_on_every_screen(live_site, page, every_screen):
    edition = counted(champions_per_category=2)
    crown(edition)
    turn_out(edition, region={"africa": 12, "europe": 9}, country={"ML": 12, "FR": 9}, eligible={"ML": 20})
    announced(edition, "champions", "winners")
    certificate = Certificate.objects.create(nomination=nominees_of(edition, 1)[0], kind="winners", issued=NOW)

    for address in ("/2020/prizes/results/", f"/verify/{certificate.code}/"):
        page.goto(f"{live_site}{address}")
        every_screen(page)
