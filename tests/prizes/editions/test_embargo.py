import re
from datetime import timedelta

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

import prizes.urls
from events.models import HistoryEntry, User
from prizes.editions import embargo
from prizes.editions.embargo import Lifting
from prizes.models import Certificate, Count, Nomination, Winner
from prizes.results import winners
from tests.factories import NOW, UserFactory
from tests.prizes.counted import announced, counted, turn_out
from tests.prizes.factories import nominees_of
from tests.test_security import LINK

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=2)


def test_nothing_is_lifted_without_an_announcement():
    edition = counted()

    assert not embargo.is_lifted(edition, kind="champions", now=LATER)
    assert not embargo.is_promised(edition, kind="champions")
    assert Lifting.of(edition).next(now=NOW) is None


def test_winners_wait_for_the_champions_whatever_their_announcement_says():
    edition = announced(counted(), "winners")
    assert not embargo.is_lifted(edition, kind="winners", now=LATER)
    assert embargo.is_promised(edition, kind="winners")

    announced(edition, "champions", at=LATER)

    assert not embargo.is_lifted(edition, kind="winners", now=LATER - timedelta(seconds=1))
    assert embargo.is_lifted(edition, kind="winners", now=LATER)
    assert Lifting.of(edition).lifted("winners") == LATER


def test_next_is_the_first_moment_that_is_still_to_come():
    edition = announced(announced(counted(), "champions", at=LATER), "winners", at=LATER + timedelta(days=1))
    lifting = Lifting.of(edition)

    assert lifting.next(now=NOW) == LATER
    assert lifting.next(now=LATER) == LATER + timedelta(days=1)
    assert lifting.next(now=LATER + timedelta(days=1)) is None


def test_one_question_reads_the_announcements_once(django_assert_num_queries):
    edition = announced(counted(), "champions", "winners")

    with django_assert_num_queries(1):
        embargo.is_lifted(edition, kind="winners", now=NOW)


# --- nothing leaks -----------------------------------------------------------------------------------
VOTES = (48271, 37193, 26117)
PUBLIC = ["/2020/", "/2020/prizes/", "/2020/prizes/results/", "/2020/open-data/"]
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="[^"]*"|"X-CSRFToken": ?"[^"]*"')


def decide(edition, *, first):
    """Results with the nominee `first` of each category ahead, who wins; a certificate for it."""
    Winner.objects.all().delete()
    Certificate.objects.all().delete()
    HistoryEntry.objects.all().delete()
    Count.objects.all().delete()
    order = [VOTES[(place - first) % 3] for place in range(3)]
    counted(edition=edition, votes=(tuple(order),) * 2)
    count = Count.objects.get()
    turn_out(edition, region={"africa": 31847 + first}, country={"ML": 31847 + first})
    Count.objects.filter(pk=count.pk).update(valid_ballots=VOTES[0] * 2 + first, valid_votes=VOTES[1] * 3 + first)
    for number in (1, 2):
        winner = nominees_of(edition, number)[first]
        winners.choose(winner, by=User.objects.get(email="expert@example.org"), reason="Canary reason", now=NOW)
        Certificate.objects.create(nomination=winner, kind="champions", code=f"CANARY{number:06}", issued=NOW)


def addresses(edition):
    """Every address of the prize, linked or not, as of each nominee; and what lists of the organisers can be asked."""
    found = [*PUBLIC, "/2020/schedule.xml", "/2020/schedule.json", "/2020/schedule.csv", "/sitemap.xml", "/robots.txt"]
    for pattern in prizes.urls.urlpatterns:
        for nominee in nominees_of(edition, 1):
            given = {"forum": "2020", "number": 1, "code": nominee.code, "pk": 1, "step": "entity", "table": "results"}
            names = pattern.pattern.converters
            found.append(reverse(f"prizes:{pattern.name}", kwargs={name: given[name] for name in names}))
    found += [f"/2020/prizes/results/{name}.csv" for name in ("region", "country", "stakeholder_type", "eligible")]
    found += ["/verify/CANARY000001/", "/verify/CANARY000001/certificate.pdf"]
    return found


def admin_addresses(edition):
    found = ["/admin/"]
    for model, _admin in admin.site._registry.items():
        name = f"{model._meta.app_label}_{model._meta.model_name}"
        found.append(reverse(f"admin:{name}_changelist"))
        for row in model._default_manager.order_by("pk")[:4]:
            if model._meta.app_label == "prizes" and model._meta.model_name in {"nomination", "category", "edition"}:
                found += [reverse(f"admin:{name}_{page}", args=[row.pk]) for page in ("change", "history", "delete")]
    for query in ("win__isnull=0", "results__is_champion=1", "certificates__isnull=0", "certificates__kind=champions"):
        found.append(f"/admin/prizes/nomination/?{query}")
    found += ["/admin/prizes/category/?winners__isnull=0", "/admin/events/historyentry/?verb=choose-winner"]
    page = reverse("admin:prizes_winner_choose", args=[edition.pk])
    return [*found, page, "/admin/prizes/announcement/propose/", "/admin/prizes/nomination/export/"]


def everything(client, edition, *, is_staff):
    """Every page that this client reaches: of the organisers' pages, or of the public and personal ones in one language."""
    waiting = admin_addresses(edition) if is_staff else addresses(edition)
    seen = {}
    while waiting:
        address = waiting.pop().replace("&amp;", "&")
        kind = re.sub("=[^&]*", "", address) if "?" in address and not address.endswith("=0") else address
        if kind in seen or address.startswith(("/static/", "/fr/", "/ar/", "/accounts/log")):
            continue
        answer = client.get(address)
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        text = TOKEN.sub("", f"{answer.status_code} {answer.headers}\n{content.decode(errors='replace')}")
        seen[kind] = text
        follows = "/admin/prizes/" if is_staff else "/2020/"  # nothing else of the organisers' pages reads a result
        waiting += [link for link in LINK.findall(text) if link.startswith(follows)]
    return seen


@pytest.fixture
def secret(time_machine):
    """A counted edition whose champions and winners nobody announced; the expert who chose them."""
    time_machine.move_to(NOW, tick=False)
    UserFactory(email="expert@example.org")
    return counted(votes=(VOTES, VOTES))


@pytest.mark.parametrize("role", ["visitor", "nominator", "organisers", "programme", "registration desk"])
def test_no_page_depends_on_a_result_before_its_announcement(secret, role):
    user = UserFactory(is_staff=role not in {"visitor", "nominator"})
    if user.is_staff:
        user.groups.add(Group.objects.get(name=role))
    Nomination.objects.update(nominator=user)
    clients = []
    for _again in range(2):
        clients.append(Client())
        if role != "visitor":
            clients[-1].force_login(user)

    decide(secret, first=0)
    one = everything(clients[0], secret, is_staff=user.is_staff)
    decide(secret, first=2)
    other = everything(clients[1], secret, is_staff=user.is_staff)

    assert one.keys() == other.keys()
    assert [address for address in one if one[address] != other[address]] == []
    for address, text in one.items():
        for number in (*VOTES, 31847, VOTES[0] * 2, VOTES[1] * 3):
            assert str(number) not in text.replace(",", "").replace("\u202f", ""), address
        assert "Canary reason" not in text, address


def test_the_same_pages_show_the_result_after_its_announcement(secret):
    """The negative control."""
    decide(secret, first=0)
    before = everything(Client(), secret, is_staff=False)
    announced(secret, "champions", "winners")

    after = everything(Client(), secret, is_staff=False)

    assert "48,271" in after["/2020/prizes/results/"]
    assert "48271" in after["/2020/prizes/results/results.csv"]
    changed = {address for address in before if after.get(address) != before[address]}
    assert {"/2020/prizes/results/", "/verify/CANARY000001/", "/verify/CANARY000001/certificate.pdf"} <= changed


def test_those_with_the_permission_see_the_result_before_its_announcement(secret):
    decide(secret, first=0)
    user = UserFactory(is_staff=True)
    user.groups.add(Group.objects.get(name="prize officers"))
    client = Client()
    client.force_login(user)

    page = client.get("/admin/prizes/result/").content.decode()

    assert "48271" in page.replace(",", "")
    assert "48271" not in client.get("/2020/prizes/results/").content.decode().replace(",", "")
