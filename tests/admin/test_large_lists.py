"""Lists of tables that grow: lists, searches and pages ask as many questions with one row as with many; numbers are honest."""

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext

from events.models import Availability, Document, HistoryEntry, MailText, Message, Question, Session, Wish
from events.programme.search import search
from events.shared.admin import word_search
from events.shared.admin.lists import large_lists
from events.shared.pages import revision
from events.shared.tables.admin_bases import OwnTable
from prizes.models import Category, Edition, NominationVersion, Phase, Score
from registration.models import Attendance, Booking, Registration
from registration.registering import people_search
from tests.admin.rows import MAKERS, criterion, number
from tests.admin.test_pages import ADMINS, queries, url
from tests.factories import (
    NOW,
    ActionLineFactory,
    AppearanceFactory,
    AttendanceFactory,
    BookingFactory,
    CountryFactory,
    ForumFactory,
    MessageFactory,
    OrganisationFactory,
    RegistrationFactory,
    RoomFactory,
    SessionFactory,
    SpeakerFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
MANY = 8
HOUR = timedelta(hours=1)
LISTS = [
    (model, one) for model, one in ADMINS if model is not MailText
]  # which has a page of its own in place of a list
GROWING = {Attendance, Booking, HistoryEntry, Message, Registration, Session}  # the others are asked at night
each_list = pytest.mark.parametrize(
    ("model", "model_admin"),
    [
        pytest.param(model, one, id=model._meta.label, marks=() if model in GROWING else pytest.mark.whole)
        for model, one in LISTS
    ],
)


def phase(edition):
    """The next one, of a year that is far away: the vote has not begun, and everything can be changed."""
    n = edition.phases.count()
    if n < len(Phase.Kind.values):
        times = {"starts": datetime(2090, n + 1, 1, tzinfo=UTC), "ends": datetime(2090, n + 1, 9, tzinfo=UTC)}
        edition.phases.create(kind=Phase.Kind.values[n], **times)


# A further row of each inline, below a row of its page.
BELOW = {
    "AccreditationStep": lambda row: row.steps.create(after="approved", by=UserFactory(), at=NOW),
    "Appearance": lambda row: AppearanceFactory(session=row),
    "Availability": lambda row: Availability.objects.create(speaker=row, starts=NOW, ends=NOW + HOUR),
    "Booking": lambda row: BookingFactory(registration=row),
    "Category": lambda row: Category.objects.create(
        edition=row, number=(n := number()), action_line=ActionLineFactory(code=f"Y{n}"), title="Category"
    ),
    "Document": lambda row: Document.objects.create(session=row, title="Paper", file="documents/paper.pdf"),
    "NominationVersion": lambda row: NominationVersion.objects.create(
        nomination=row, number=number(), at=NOW, by=UserFactory(), data={}
    ),
    "OrganisationName": lambda row: row.other_names.create(name=f"Other name {number()}"),
    "Partner": lambda row: row.partners.create(organisation=OrganisationFactory()),
    "Phase": phase,
    "PrizeSponsor": lambda row: row.sponsors.create(organisation=OrganisationFactory()),
    "Question": lambda row: Question.objects.create(call=row, text="Why?", order=number()),
    "Room": lambda row: RoomFactory(forum=row),
    "Score": lambda row: Score.objects.create(assignment=row, criterion=criterion(), points=4),
    "Track": lambda row: row.tracks.create(name=f"Track {number()}"),
    "Wish": lambda row: Wish.objects.create(session=row, starts=NOW, ends=NOW + HOUR),
}
MORE = MAKERS | {Edition: lambda: Edition.objects.create(forum=ForumFactory(slug=f"forum-{number()}"), name="Prizes")}


def add_below(row, model_admin, *, times):
    for inline in model_admin.inlines:
        for _time in range(times):
            BELOW[inline.model.__name__](row)


def searched_word(client, model, model_admin, row):
    """The beginning of what stands in the first column that is searched, the same for all rows of a factory."""
    request = client.get(url(model, "changelist")).wsgi_request
    column, value = model_admin.get_search_fields(request)[0], row
    for name in column.lstrip("=").split("__"):
        value = getattr(value, name)
    return str(value) if column.startswith("=") else re.split(r"\d", str(value))[0].strip() or str(value)


def numbers_of_queries(client, addresses):
    return [len(queries(client, address)) for address in addresses]


def pages_of(client, model, model_admin, row):
    """The addresses of the list, of a search that finds the row, and of its page."""
    row.refresh_from_db()
    found = f"{url(model, 'changelist')}?q={searched_word(client, model, model_admin, row)}"
    assert client.get(found).context["cl"].result_count >= 1
    return [url(model, "changelist"), found, url(model, "change", row.pk), file_of(model, model_admin)]


def file_of(model, model_admin):
    return f"/admin/events/forum/exchange/{model._meta.model_name}.csv?forum=all&{model_admin.query_of_all}"


@each_list
def test_list_search_and_page_ask_as_much_with_one_row_as_with_many(
    organiser_site, settings, tmp_path, model, model_admin
):
    settings.MEDIA_ROOT = tmp_path
    row = MAKERS[model]()
    add_below(row, model_admin, times=1)
    addresses = pages_of(organiser_site, model, model_admin, row)
    for address in addresses[2:]:  # what a process asks once; the list and the search were looked at
        organiser_site.get(address)
    one = numbers_of_queries(organiser_site, addresses)
    for _time in range(MANY):
        MORE[model]()
    add_below(row, model_admin, times=MANY)

    assert numbers_of_queries(organiser_site, pages_of(organiser_site, model, model_admin, row)) == one


@pytest.mark.whole
@each_list
def test_file_of_a_list_has_its_columns_and_all_its_rows(organiser_site, settings, tmp_path, model, model_admin):
    settings.MEDIA_ROOT = tmp_path
    MAKERS[model]()
    shown = organiser_site.get(f"{url(model, 'changelist')}?forum=all&{model_admin.query_of_all}").context

    text = organiser_site.get(file_of(model, model_admin)).content.decode("utf-8-sig")

    header, *rows = csv.reader(io.StringIO(text))
    titles = [str(one["text"]) for one in shown["cl"].headers if one["text"] and "<" not in str(one["text"])]
    assert (len(rows), shown["may_export"]) == (shown["cl"].result_count, True)
    assert isinstance(model_admin, OwnTable) or [title.lower() for title in header] == [t.lower() for t in titles]
    assert [row for row in rows if not any(row) or "<" in "".join(row)] == []


def test_walk_would_see_a_query_for_each_row(organiser_site, monkeypatch):
    monkeypatch.setattr(admin.site.get_model_admin(Attendance), "list_select_related", ["session"])
    address = url(Attendance, "changelist")
    AttendanceFactory()
    organiser_site.get(address)  # what a process asks once
    one = numbers_of_queries(organiser_site, [address])
    AttendanceFactory()

    assert numbers_of_queries(organiser_site, [address]) != one


def test_long_texts_that_a_list_does_not_show_stay_in_the_database(organiser_site):
    AttendanceFactory(session__description="Long. " * 200)
    SessionFactory(description="Long. " * 200)
    MessageFactory(text="Long. " * 200)

    description, text = '"events_session"."description"', '"events_message"."text"'
    for model, column in ((Attendance, description), (Session, description), (Message, text)):
        with CaptureQueriesContext(connection) as asked:
            rows = organiser_site.get(url(model, "changelist")).context["cl"].result_list
        assert rows
        assert [query["sql"] for query in asked if column in query["sql"]] == []


# --- counting -------------------------------------------------------------------------------------
@pytest.fixture
def three_counted(monkeypatch):
    """Lists count three rows, and show two on a page."""
    monkeypatch.setattr(large_lists, "COUNTED", 3)
    monkeypatch.setattr(admin.site.get_model_admin(Registration), "list_per_page", 2)


def words_of(answer):
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def test_list_says_that_there_are_more_than_it_counts(organiser_site, three_counted):
    RegistrationFactory.create_batch(5)

    first, second, third = (organiser_site.get(url(Registration, "changelist"), {"p": page}) for page in (1, 2, 3))

    assert "More than 3. The pages hold the first 3: choose a date or a filter, or search" in words_of(first)
    assert "Select all that the list finds" in words_of(first)
    assert [len(answer.context["cl"].result_list) for answer in (first, second)] == [2, 1]
    assert (third.status_code, third["Location"].endswith("?e=1")) == (302, True)


def test_list_counts_what_it_can_count(organiser_site, three_counted):
    RegistrationFactory.create_batch(3)

    answer = organiser_site.get(url(Registration, "changelist"))

    assert "3 in all." in words_of(answer)
    assert "1 to 2 of 3 1 2 Show the next 1" in words_of(answer)
    assert "Select all 3" in words_of(answer)
    assert "More than" not in words_of(answer)


def test_action_on_all_takes_those_too_that_no_page_holds(organiser_site, three_counted):
    people = RegistrationFactory.create_batch(5)
    sent = {"action": "withdraw", "select_across": "1", "_selected_action": [people[0].pk]}

    asked = words_of(organiser_site.post(url(Registration, "changelist"), sent))
    there, before = Registration.objects.active().count(), revision.current()
    organiser_site.post(url(Registration, "changelist"), sent | {"apply": "1", "reason": "Twice"})

    assert ("Registrations: 5" in asked, there) == (True, 5)
    assert (Registration.objects.active().count(), revision.current()) == (0, before + 1)


# --- dates ----------------------------------------------------------------------------------------
def dates(client, model=Registration, **chosen):
    return [one["display"] for one in client.get(url(model, "changelist"), chosen).context["cl"].date_choices]


def test_dates_lead_from_years_to_months_to_days(organiser_site):
    for day in (datetime(2019, 11, 28, tzinfo=UTC), datetime(2020, 2, 2, tzinfo=UTC), datetime(2021, 1, 3, tzinfo=UTC)):
        RegistrationFactory(created=day)

    november = ["November 2019", "2019", "28 November", "29 November", "30 November"]
    assert dates(organiser_site) == ["All dates", "2019", "2020", "2021"]
    assert dates(organiser_site, created__year=2019) == ["All dates", "2019", "November 2019", "December 2019"]
    assert dates(organiser_site, created__year=2019, created__month=11) == ["All dates", *november]
    chosen = {"created__year": 2020, "created__month": 2, "created__day": 2}
    assert dates(organiser_site, **chosen) == ["All dates", "2 February", "February 2020"]
    assert organiser_site.get(url(Registration, "changelist"), chosen).context["cl"].result_count == 1


# --- search ---------------------------------------------------------------------------------------
def found(client, model, query):
    listed = client.get(url(model, "changelist"), {"q": query, "forum": "all"}).context["cl"].result_list
    return sorted(row.pk for row in listed)


def test_people_are_found_by_beginnings_of_names_organisations_and_the_address(organiser_site):
    user = UserFactory(email="aisha.d@example.org")
    aisha = RegistrationFactory(user=user, name="Aïsha Diallo-O’Brien", organisation="Université de Bamako")
    RegistrationFactory(name="Moussa Keïta")

    for query in ("diallo", "Bam diAL", "aisha.d@", "AISHA.D@EXAMPLE", "diallo-o", "O’Brien"):
        assert found(organiser_site, Registration, query) == [aisha.pk], query
    for query in ("iallo", "diallo keïta", "' & !x:*", "\\", ":*", "!"):
        assert found(organiser_site, Registration, query) == [], query


@pytest.mark.parametrize("most", [1_000, 0])
def test_history_is_found_by_what_it_was_about_by_reason_and_by_who_did_it(organiser_site, monkeypatch, most):
    monkeypatch.setattr(word_search, "MOST_NAMED", most)
    about = {"verb": "change", "model": "events.session", "key": "1", "at": NOW}
    first = HistoryEntry.objects.create(subject="Bridges that last", reason="", **about)
    second = HistoryEntry.objects.create(
        subject="Opening", reason="Asked by UNESCO", actor=UserFactory(name="Aïsha Diallo"), **about
    )

    for query, keys in (("bridge", [first.pk]), ("open unes", [second.pk]), ("DIAL", [second.pk]), ("ridges", [])):
        assert found(organiser_site, HistoryEntry, query) == keys, query


def test_list_action_and_export_over_a_search_take_all_that_is_found(organiser_site):
    """Once a search took the first 200 keys, other ones at each request, and of all forums before the list's filter."""
    old, forum, country, session = ForumFactory(), ForumFactory(slug="2021"), CountryFactory(), SessionFactory()
    for year, number_of_people in ((old, 201), (forum, 1)):
        users = [UserFactory.build() for _number in range(number_of_people)]
        type(users[0]).objects.bulk_create(users)
        people = [RegistrationFactory.build(forum=year, user=user, country=country, name="Bob") for user in users]
        Registration.objects.bulk_create(people)
    AttendanceFactory(registration=people[0], session=SessionFactory(forum=forum))
    BookingFactory(registration=people[0], session=session)
    address = url(Registration, "changelist")
    shown = organiser_site.get(address, {"q": "bob", "forum": old.slug}).context["cl"].result_count

    exported = organiser_site.get("/admin/events/forum/exchange/registration.csv?q=bob&forum=all").content.decode()
    sent = {
        "action": "withdraw",
        "apply": "1",
        "reason": "Twice",
        "select_across": "1",
        "_selected_action": [people[0].pk],
    }
    answer = organiser_site.post(f"{address}?q=bob&forum={forum.slug}", sent, follow=True)

    assert (shown, exported.count(",Bob,")) == (201, 202)
    assert Registration.objects.active().count() == 201
    assert [str(one) for one in answer.context["messages"]] == ["1 withdrawn."]
    assert found(organiser_site, Attendance, "bob") == [people[0].attendances.get().pk]
    assert found(organiser_site, Booking, "bob") == [people[0].bookings.get().pk]


def test_staff_finds_sessions_that_the_public_does_not_see_yet(organiser_site):
    draft = SessionFactory(title="Bridges", state="draft")
    shown = SessionFactory(title="Opening")
    AppearanceFactory(session=shown, speaker=SpeakerFactory(name="Ada Lovelace"), is_released=False)

    assert found(organiser_site, Session, "bridge") == [draft.pk]
    assert found(organiser_site, Session, "lovelace open") == [shown.pk]
    assert found(organiser_site, Session, draft.code.lower()) == [draft.pk]
    assert [search.ranked(shown.forum, query=query, now=NOW) for query in ("bridge", "lovelace")] == [{}, {}]


# --- indexes --------------------------------------------------------------------------------------
ROWS = 3_000
WORD_INDEXES = (
    "events.migrations.0027_words_of_accounts",
    "events.migrations.0062_words_of_the_history",
    "registration.migrations.0004_words_of_registrations",
)


def word_indexes():
    for name in WORD_INDEXES:
        (operation,) = import_module(name).Migration.operations
        yield name.split(".")[0], operation


def many_rows():
    """Of each large table; then PostgreSQL knows how many there are."""
    # Rows that were changed a moment ago would keep this transaction from using an index that it makes.
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE events_user, registration_registration CASCADE")
    forum, country, session = ForumFactory(), CountryFactory(), SessionFactory()
    names = [f"Person {hex(number * 7919)}" for number in range(ROWS)]
    users = [UserFactory.build(name=name) for name in names]
    type(users[0]).objects.bulk_create(users)
    people = [RegistrationFactory.build(forum=forum, user=user, country=country, name=user.name) for user in users]
    Registration.objects.bulk_create(people)
    common = {"session": session, "country": country}
    Attendance.objects.bulk_create(AttendanceFactory.build(registration=one, **common) for one in people)
    Booking.objects.bulk_create(BookingFactory.build(registration=one, session=session) for one in people)
    Message.objects.bulk_create(MessageFactory.build(forum=forum, user=user, to=user.email) for user in users)
    about = {"verb": "change", "model": "events.session", "at": NOW}
    HistoryEntry.objects.bulk_create(HistoryEntry(key=user.pk, subject=user.name, **about) for user in users)
    connection.check_constraints()  # else no index can be made in this transaction
    for label, operation in word_indexes():
        with connection.schema_editor() as editor:
            editor.add_index(apps.get_model(label, operation.model_name), operation.index)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def test_lists_and_searches_use_their_index_among_all_the_others():
    many_rows()
    word = hex(7919 * 1234)
    expected = {
        "registration_words": people_search.people(Registration.objects.order_by(), word)[1],
        "user_words": word_search.beginning(type(UserFactory()).objects.order_by(), word, "name"),
        "history_words": word_search.beginning(HistoryEntry.objects.order_by(), word, "subject", "reason"),
        "message_by_address": Message.objects.order_by().filter(to__startswith="person1234@"),
        "message_newest": Message.objects.all()[:50],
        "attendance_newest": Attendance.objects.all()[:50],
        "registration_newest": Registration.objects.all()[:50],
        "booking_newest": Booking.objects.order_by("-created", "-pk")[:50],
    }

    plans = {index: rows.explain() for index, rows in expected.items()}

    assert {index: plan for index, plan in plans.items() if index not in plan} == {}


@pytest.mark.parametrize("query", ["", "person"])
def test_pages_of_a_list_that_is_sorted_or_searched_hold_each_row_once_in_its_order(organiser_site, query, monkeypatch):
    monkeypatch.setattr(admin.site.get_model_admin(Registration), "list_per_page", 3)
    forum = ForumFactory()
    names = [f"Person {n}" for n in range(8)]
    for n, name in enumerate(names):
        RegistrationFactory(forum=forum, name=name, created=NOW + n * HOUR)

    address = url(Registration, "changelist")
    pages = [organiser_site.get(address, {"q": query, "p": page}).context_data["cl"] for page in (1, 2, 3)]

    assert [[row.name for row in page.result_list] for page in pages] == [
        ["Person 7", "Person 6", "Person 5"],
        ["Person 4", "Person 3", "Person 2"],
        ["Person 1", "Person 0"],
    ]
