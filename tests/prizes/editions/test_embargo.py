import re
from datetime import timedelta

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import URLPattern, reverse

import prizes.urls
from events.models import HistoryEntry, User, Viewing
from events.shared.admin.admin_page_bases import admins_of
from prizes.editions import embargo
from prizes.editions.embargo import Lifting
from prizes.models import Certificate, Count, Nomination, Winner
from prizes.results import winners
from tests.factories import NOW, UserFactory, join
from tests.prizes.counted import announced, counted, turn_out
from tests.prizes.factories import make_edition, nominees_of
from tests.test_never_public import LINK

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=2)


def test_nothing_is_lifted_without_an_announcement():
    edition = make_edition(categories=0)

    assert not embargo.is_lifted(edition, kind="champions", now=LATER)
    assert not embargo.is_promised(edition, kind="champions")
    assert Lifting.of(edition).next(now=NOW) is None


def test_winners_wait_for_the_champions_whatever_their_announcement_says(django_assert_num_queries):
    edition = announced(make_edition(categories=0), "winners")
    assert not embargo.is_lifted(edition, kind="winners", now=LATER)
    assert embargo.is_promised(edition, kind="winners")

    announced(edition, "champions", at=LATER)

    assert not embargo.is_lifted(edition, kind="winners", now=LATER - timedelta(seconds=1))
    with django_assert_num_queries(1):
        assert embargo.is_lifted(edition, kind="winners", now=LATER)
    assert Lifting.of(edition).lifted("winners") == LATER


def test_next_is_the_first_moment_that_is_still_to_come():
    edition = announced(make_edition(categories=0), "champions", at=LATER)
    lifting = Lifting.of(announced(edition, "winners", at=LATER + timedelta(days=1)))

    assert lifting.next(now=NOW) == LATER
    assert lifting.next(now=LATER) == LATER + timedelta(days=1)
    assert lifting.next(now=LATER + timedelta(days=1)) is None


# --- nothing leaks -----------------------------------------------------------------------------------
VOTES = (48271, 37193, 26117)
PUBLIC = ["/2020/", "/2020/prizes/", "/2020/prizes/results/", "/2020/open-data/"]
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="[^"]*"|"X-CSRFToken": ?"[^"]*"')


def decide(edition, *, first):
    """Results with the nominee `first` of each category ahead, who wins; a certificate for it."""
    for model in (Winner, Certificate, HistoryEntry, Count):
        model.objects.all().delete()
    order = [VOTES[(place - first) % 3] for place in range(3)]
    counted(edition=edition, votes=(tuple(order),) * 2)
    turn_out(edition, region={"africa": 31847 + first}, country={"ML": 31847 + first})
    Count.objects.update(valid_ballots=VOTES[0] * 2 + first, valid_votes=VOTES[1] * 3 + first)
    for number in (1, 2):
        winner = nominees_of(edition, number)[first]
        winners.choose(winner, by=User.objects.get(email="expert@example.org"), reason="Canary reason", now=NOW)
        Certificate.objects.create(nomination=winner, kind="champions", code=f"CANARY{number:06}", issued=NOW)


def addresses(edition):
    """Every address of the prize, linked or not, as of each nominee; and what lists of the organisers can be asked."""
    found = [*PUBLIC, "/2020/schedule.xml", "/2020/schedule.json", "/2020/schedule.csv", "/sitemap.xml", "/robots.txt"]
    alone = [one for one in prizes.urls.urlpatterns if isinstance(one, URLPattern)]
    patterns = [*((one, {"forum"}) for one in prizes.urls.OF_A_FORUM), *((one, set()) for one in alone)]
    for pattern, above in patterns:
        for nominee in nominees_of(edition, 1)[::2]:  # the first and the last: one of them wins
            given = {"forum": "2020", "number": 1, "code": nominee.code, "pk": 1, "step": "entity", "table": "results"}
            given["ending"], given["kind"] = "csv", "pdf"
            given["line"] = edition.categories.get(number=1).action_line.code
            names = {*pattern.pattern.converters, *above}
            found.append(reverse(f"prizes:{pattern.name}", kwargs={name: given[name] for name in names}))
    tables = (
        "region",
        "country",
        "stakeholder_type",
        "eligible",
        "champions_by_region",
        "champions_by_stakeholder_type",
    )
    found += [f"/2020/prizes/results/{name}.csv" for name in tables]
    found += ["/verify/CANARY000001/", "/verify/CANARY000001/certificate.pdf"]
    return found


def admin_addresses(edition):
    found = ["/admin/"]
    for model in admins_of(admin.site).keys() - {Viewing}:  # that the walk before this one looked at people
        name = f"{model._meta.app_label}_{model._meta.model_name}"
        found.append(reverse(f"admin:{name}_changelist"))
        for row in model._default_manager.order_by("pk")[:4]:
            if model._meta.app_label == "prizes" and model._meta.model_name in {"nomination", "category", "edition"}:
                found += [reverse(f"admin:{name}_{page}", args=[row.pk]) for page in ("change", "history", "delete")]
    for query in ("win__isnull=0", "results__is_champion=1", "certificates__isnull=0", "certificates__kind=champions"):
        found.append(f"/admin/prizes/nomination/?{query}")
    found += ["/admin/prizes/category/?winners__isnull=0", "/admin/events/historyentry/?verb=choose-winner"]
    page = reverse("admin:prizes_winner_choose", args=[edition.pk])
    return [*found, page, reverse("admin:prizes_edition_announce", args=[edition.pk])]


def everything(user, edition):
    """Every page that a person reaches: of the organisers' pages, or of the public and personal ones in one language. A
    visitor follows no links: what they lead to, the nominator sees."""
    client, is_staff = Client(), bool(user and user.is_staff)
    # Nothing else of the organisers' pages reads a result; lists in another order say the same.
    follows = re.compile(r"/admin/prizes/(?!.*[?&;]o=)" if is_staff else "/2020/" if user else "$^")
    if user:
        client.force_login(user)
    waiting = admin_addresses(edition) if is_staff else addresses(edition)
    seen = {}
    while waiting:
        address = waiting.pop().replace("&amp;", "&")
        kind = re.sub("=[^&]*", "", address) if "?" in address and not address.endswith("=0") else address
        if kind in seen or address.startswith(("/static/", "/fr/", "/ar/", "/accounts/log")):
            continue
        answer = client.get(address)
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        del answer.headers["X-Request-ID"]  # another one each time
        text = TOKEN.sub("", f"{answer.status_code} {answer.headers}\n{content.decode(errors='replace')}")
        seen[kind] = text
        waiting += filter(follows.match, LINK.findall(text))
    return seen


@pytest.fixture
def secret(noon):
    """A counted edition whose champions and winners nobody announced; the expert who chose them."""
    UserFactory(email="expert@example.org")
    return counted(votes=(VOTES, VOTES))


def test_no_page_depends_on_a_result_before_its_announcement(secret):
    """For a visitor, a nominator, and somebody with the rights of all who may not see results. The announcement is the
    negative control: the same walk then finds them."""
    nominator, staff = UserFactory(), UserFactory()
    for role in ("organisers", "programme", "registration desk", "supervisors"):
        join(staff, role)
    Nomination.objects.update(nominator=nominator)
    walks = []

    for first in (0, 2):
        decide(secret, first=first)
        walks.append([everything(user, secret) for user in (None, nominator, staff)])
    announced(secret, "champions", "winners")
    after = everything(None, secret)

    for one, other in zip(*walks, strict=True):
        assert one.keys() == other.keys()
        assert [address for address in one if one[address] != other[address]] == []
        for address, text in one.items():
            for number in (*VOTES, 31847, VOTES[0] * 2, VOTES[1] * 3):
                assert str(number) not in text.replace(",", "").replace("\u202f", ""), address
            assert "Canary reason" not in text, address
    assert "48,271" in after["/2020/prizes/results/"]
    assert "48271" in after["/2020/prizes/results/results.csv"]
    changed = {address for address, text in walks[1][0].items() if after.get(address) != text}
    assert {"/2020/prizes/results/", "/verify/CANARY000001/", "/verify/CANARY000001/certificate.pdf"} <= changed


def test_those_with_the_permission_see_the_result_before_its_announcement(secret, client, staff):
    decide(secret, first=0)
    client.force_login(staff("prize officers"))

    pages = [client.get(page).content.decode() for page in ("/admin/prizes/result/", "/2020/prizes/results/")]

    assert ["48271" in page.replace(",", "") for page in pages] == [True, False]
