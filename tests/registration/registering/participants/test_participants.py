"""The public list of participants: who is on it, what it says of them, and that it follows at once."""

import json
import re
from datetime import timedelta
from functools import partial

import pytest
from django.urls import reverse

from events.models import Forum, HistoryEntry
from events.shared.pages import revision
from registration.models import Registration
from registration.people.data_rights import erasures
from registration.registering import registrations
from registration.registering.participants import listing
from registration.sessions.attendance import publishing
from registration.statistics.tables import PublicFigures
from tests.factories import NOW, CountryFactory, ForumFactory, RegistrationFactory, UserFactory, staff, translate
from tests.refusals import refused
from tests.registration.registering.test_registrations import ANSWERS

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mali", "noon")]
PAGE, PDF = "/2020/participants/", "/2020/participants.pdf"


@pytest.fixture
def forum():
    return ForumFactory(list_of_participants="provisional", list_published=NOW)


def person(forum, name, *, code="ML", **more):
    country = CountryFactory(code=code, name={"ML": "Mali", "CH": "Switzerland"}.get(code, code))
    return RegistrationFactory(forum=forum, name=name, country=country, **{"is_listed": True, **more})


def text(client, address=PAGE):
    answer = client.get(address)
    assert answer.status_code == 200
    main = answer.content.decode().partition("<main")[2].partition("</main>")[0]
    return " ".join(re.sub(r"<select.*?</select>|<[^>]+>", " ", main, flags=re.DOTALL).split())


def names(forum):
    return [one.name for _code, one in listing.people(forum)]


def submit(forum, *, user, **told):
    registrations.save_step(forum, user=user, step="you", data=ANSWERS, now=NOW)
    registrations.save_step(forum, user=user, step="access", data=ANSWERS, now=NOW)
    return registrations.submit(forum, user=user, has_consented=True, now=NOW, **told)


def test_nobody_is_listed_who_did_not_tick_the_box(forum, client):
    client.force_login(user := UserFactory())
    registrations.save_step(forum, user=user, step="you", data=ANSWERS, now=NOW)
    registrations.save_step(forum, user=user, step="access", data=ANSWERS, now=NOW)
    check = client.get("/2020/register/check/").content.decode()

    client.post("/2020/register/check/", {"consent": "on"})

    assert re.search(r'<input\s+type="checkbox"\s+name="listed"\s+id="id_listed"\s*>', check)
    assert (Registration.objects.get().is_listed, names(forum)) == (False, [])


def test_box_is_kept_where_another_one_is_missing_and_counts_once_both_are_ticked(forum, client):
    client.force_login(user := UserFactory())
    registrations.save_step(forum, user=user, step="you", data=ANSWERS, now=NOW)
    registrations.save_step(forum, user=user, step="access", data=ANSWERS, now=NOW)

    refused_page = client.post("/2020/register/check/", {"listed": "on"}).content.decode()
    client.post("/2020/register/check/", {"consent": "on", "listed": "on"})

    assert re.search(r'name="listed"\s+id="id_listed"\s+checked', refused_page)
    assert names(forum) == ["Dr Awa Diallo"]


def test_forum_without_a_list_asks_nobody_and_has_no_page(client):
    forum, user = ForumFactory(), UserFactory()
    made = submit(forum, user=user, is_listed=True)
    client.force_login(user)

    assert (made.is_listed, refused(listing.set_listed, made, wanted=True, now=NOW)) == (False, "no-list")
    assert b"List of participants" not in client.get("/2020/register/").content
    assert [client.get(address).status_code for address in (PAGE, PDF)] == [404, 404]


@pytest.mark.parametrize(
    "values",
    [
        {"is_public": False, "list_of_participants": "final", "list_published": NOW},
        {"list_of_participants": "asked"},
    ],
)
def test_list_of_a_hidden_forum_and_one_that_is_not_published_is_not_there(client, values):
    person(ForumFactory(**values), "Awa Diallo")

    assert [client.get(address).status_code for address in (PAGE, PDF)] == [404, 404]


def test_list_is_by_country_organisation_and_name_and_tells_four_facts(forum, client):
    person(forum, "Zoé Weber", code="CH", organisation="Zeta")
    person(forum, "Émile Roux", code="CH", organisation="alpha", title="Dr", accessibility_needs="Ramp")
    person(forum, "Ada Roux", code="CH", organisation="Alpha", gender="other", mode="on_site")
    person(forum, "Awa Diallo", organisation="", stakeholder_type="media")

    shown = text(client)

    assert "Mali No organisation Awa Diallo Switzerland Alpha Ada Roux Dr Émile Roux Zeta Zoé Weber" in shown
    page = client.get(PAGE).content.decode()
    secrets = ("@", "Ramp", "on_site", "On site", "media", "Media", "woman", "Woman", "other")
    main = page.partition("<main")[2].partition("</main>")[0]
    assert [word for word in secrets if word in main] == []
    assert '<meta name="robots" content="noindex">' in page


@pytest.mark.parametrize("state", ["refused", "waiting", "secretariat", "focal_point"])
def test_only_who_takes_part_is_on_the_list(forum, state):
    person(forum, "Awa Diallo")
    person(forum, "Jon Lind", state=state)
    person(forum, "Ana Silva", is_listed=False)
    person(ForumFactory(slug="2021"), "Somebody Elsewhere")

    assert names(forum) == ["Awa Diallo"]


def test_withdrawing_ends_the_wish_also_for_who_registers_again(forum):
    user = UserFactory()
    made = submit(forum, user=user, is_listed=True)

    registrations.withdraw(made, now=NOW)
    gone = names(forum)
    registrations.register(forum, user=user, data=ANSWERS, has_consented=True, now=NOW)

    assert (gone, names(forum)) == ([], [])
    assert refused(listing.set_listed, _withdrawn(forum), wanted=True, now=NOW) == "not-registered"


def _withdrawn(forum):
    return person(forum, "Gone", withdrawn=NOW)


def test_erased_people_are_not_on_the_list(forum):
    row = person(forum, "Awa Diallo")
    erasures.ask(row.user, taken_out=[], now=NOW)
    erasures.carry_out_due(NOW + erasures.WAIT)

    row.refresh_from_db()
    assert (names(forum), row.is_listed) == ([], False)


def test_one_goes_on_the_list_and_off_it_by_the_own_page_and_the_history_knows(forum, client):
    row = person(forum, "Awa Diallo", is_listed=False)
    client.force_login(row.user)
    seen = []
    for wanted in ("yes", "no"):
        answer = client.post("/account/listed/2020/", {"wanted": wanted})
        seen.append((answer["Location"], names(forum)))

    assert seen == [("/2020/register/", ["Awa Diallo"]), ("/2020/register/", [])]
    entries = HistoryEntry.objects.filter(verb="set-listed").order_by("pk").values_list("after", flat=True)
    assert list(entries) == [{"is_listed": True}, {"is_listed": False}]


def test_nobody_lists_somebody_else(forum, client):
    row = person(forum, "Awa Diallo", is_listed=False)
    client.force_login(UserFactory())

    client.post("/account/listed/2020/", {"wanted": "yes"})
    registrations.edit(row, data={"is_listed": True, "name": "Awa D."}, by=UserFactory(), now=NOW)

    row.refresh_from_db()
    assert (row.name, row.is_listed) == ("Awa D.", False)


def test_one_leaves_the_list_of_an_archived_forum(client):
    forum = ForumFactory(list_of_participants="final", list_published=NOW, archived=NOW)
    row = person(forum, "Awa Diallo")
    revision.bump()
    client.force_login(row.user)

    client.post("/account/listed/2020/", {"wanted": "no"})

    assert names(forum) == []


def test_pdf_names_them_in_their_letters_and_what_is_drawn_follows(forum, client):
    row = person(forum, "ليلى حداد", organisation="مكتبة *الإسكندرية*")
    first = listing.source(forum, now=NOW)
    answer = client.get(PDF)
    listing.set_listed(row, wanted=False, now=NOW)
    after = listing.source(forum, now=NOW)

    people = first.content["countries"][0]["organisations"][0]
    assert people["name"] == {"text": "مكتبة *الإسكندرية*", "direction": "rtl"}
    assert people["people"] == [{"text": "ليلى حداد", "direction": "rtl"}]
    assert (answer.status_code, answer["Content-Type"], answer.content[:5]) == (200, "application/pdf", b"%PDF-")
    assert answer["X-Robots-Tag"] == "noindex"
    assert (after.content["countries"], after.digest != first.digest) == ([], True)
    assert "حداد" not in json.dumps(after.content, ensure_ascii=False)


def test_name_with_markup_is_text(forum, client):
    person(forum, "<script>alert(1)</script>", organisation="<b>Bold</b> #heading[x]")

    page = client.get(PAGE).content.decode()

    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<b>Bold" not in page
    assert client.get(PDF).content[:5] == b"%PDF-"


def test_filter_by_country(forum, client):
    person(forum, "Awa Diallo")
    person(forum, "Zoé Weber", code="CH")
    CountryFactory(code="NO", name="Norway")

    one, none = text(client, f"{PAGE}?country=CH"), text(client, f"{PAGE}?country=NO")

    assert ("Zoé Weber" in one, "Awa Diallo" in one) == (True, False)
    assert "Nobody is on the list yet." in none
    bad = [client.get(f"{PAGE}?country={word}").status_code for word in ("XX", "<b>", "ch", "%00")]
    assert bad == [404, 404, 404, 400]
    assert "Awa Diallo" in text(client, f"{PAGE}?page=nonsense")


def test_state_is_said_with_its_day(forum, client, time_machine):
    later = NOW + timedelta(days=3)
    time_machine.move_to(later)
    provisional = text(client)
    Forum.objects.update(list_of_participants="final")
    final = text(client)

    assert ("Provisional list, as it stands on 25 July 2020" in provisional) is True
    assert "Final list, published on 22 July 2020" in final


def test_long_list_comes_in_pages_of_little_weight(forum, client):
    mali = CountryFactory()
    make = partial(
        RegistrationFactory.build, forum=forum, country=mali, is_listed=True, organisation="Université de Bamako"
    )
    users = [UserFactory() for _n in range(401)]
    Registration.objects.bulk_create(
        make(user=user, name=f"Person {n:03} of a long name", link_seed=f"s{n}") for n, user in enumerate(users)
    )

    answers = [client.get(f"{PAGE}?country=ML&page={n}") for n in (1, 3)]

    assert max(len(answer.content) for answer in answers) <= 45_000
    assert [b"Person 000" in one.content for one in answers] == [True, False]
    assert [b"Person 400" in one.content for one in answers] == [False, True]
    assert b"page=2&amp;country=ML" in answers[0].content


def test_page_in_arabic_sorts_and_says_countries_in_arabic(forum, client):
    person(forum, "Awa Diallo")
    translate(CountryFactory(), "ar", name="مالي")
    revision.bump()

    page = client.get(f"/ar{PAGE}").content.decode()

    assert ('dir="rtl"' in page, "<h2>مالي</h2>" in page, "<bdi>Awa Diallo</bdi>" in page) == (True, True, True)


def test_organisers_ask_publish_and_take_back_with_a_line_in_the_history(client):
    forum = ForumFactory()
    client.force_login(staff("organisers"))
    address = reverse("admin:events_forum_participants", args=[forum.pk])
    seen = []
    for state in ("asked", "provisional", "final", "none"):
        client.post(address, {"state": state})
        forum.refresh_from_db()
        seen.append((forum.list_of_participants, forum.list_published is not None))

    assert seen == [("asked", False), ("provisional", True), ("final", True), ("none", False)]
    kept = HistoryEntry.objects.filter(model="events.forum", verb="change").order_by("pk")
    assert [entry.after for entry in kept] == [{"list_of_participants": state} for state, _public in seen]
    again = client.post(address, {"state": "none"})
    assert (again.status_code, b"The list is so already" in again.content) == (200, True)
    assert client.post(address, {"state": "everybody"}).status_code == 200


@pytest.mark.parametrize(("listed", "expected"), [(20, 20), (16, 0), (15, 20), (0, 20)])
def test_figure_of_people_registered_waits_where_it_would_tell_of_a_few_who_are_not_listed(forum, listed, expected):
    """Whoever counts the names of the list takes them from the figure: 1 to 4 people would be left."""
    for number in range(20):
        person(forum, f"Person {number}", is_listed=number < listed)

    publishing.publish(forum, now=NOW)

    assert (PublicFigures(forum).registered or 0) == expected


def test_figure_of_people_registered_knows_no_list_that_is_not_public(forum):
    Forum.objects.update(list_of_participants="asked", list_published=None)
    for number in range(20):
        person(forum, f"Person {number}", is_listed=number < 16)

    publishing.publish(Forum.objects.get(), now=NOW)

    assert PublicFigures(forum).registered == 20
