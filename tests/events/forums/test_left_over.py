"""What is still last year's in a forum that was made from another."""

from datetime import date, datetime, timedelta

import pytest

from events.forums.left_over import LeftOver
from events.models import Call, Forum, PracticalPage
from tests.events.forums.test_next_forum import made_from
from tests.factories import NOW, ForumFactory, KindFactory, RegistrationQuestionFactory, boss

pytestmark = pytest.mark.django_db


def left(new, old, *, now=NOW):
    return LeftOver(Forum.objects.get(pk=new.pk), slug=old.slug, starts=old.starts, ends=old.ends, now=now)


def said(found):
    return [(str(one.row), one.field, one.words) for one in found]


def test_texts_that_name_the_year_or_the_address_of_the_one_before():
    old = ForumFactory(name="WSIS Forum 2020", slug="spring")
    text = (
        "In Hall 5, as in " + "every year " * 9 + "until 2020, or in 20201. See /spring/programme/ and /spring-fair/."
    )
    PracticalPage.objects.create(forum=old, slug="venue", title="Venue", text=text)
    RegistrationQuestionFactory(forum=old, text="Come?", type="choice", choices=["In 2020", "No"])

    new = made_from(old, slug="autumn", by=boss())

    assert sorted(said(left(new, old).texts()), reverse=True) == [
        ("Venue", "Text", "… every year every year every year until 2020, or in 20201. See /spring/programme/ an …"),
        ("Come?", "Choices", '["In 2020", "No"]'),
    ]


def test_dates_that_are_past_or_fall_out_of_a_shorter_forum_or_out_of_their_window():
    old = ForumFactory(starts=date(2020, 6, 22), ends=date(2020, 6, 26))
    late = datetime.combine(date(2020, 6, 26), datetime.min.time(), tzinfo=old.zone)
    Call.objects.create(forum=old, opens=late - timedelta(days=200), closes=late)
    kind = KindFactory(forum=old, opens=old.registration_opens)

    new = made_from(old, days=3, by=boss())
    type(kind).objects.filter(forum=new).update(opens=new.registration_opens - timedelta(hours=1))
    found = left(new, old)

    assert found.days_gone == 2
    assert sorted((one.kind, *said([one])[0]) for one in found.dates()) == [
        ("Call for proposals", new.name, "Closes", "25 June 2021 is a day that the forum does not have any more"),
        (
            "Kind of registration",
            str(kind),
            "",
            "Registration for the forum is not open then. Change the forum’s dates first",
        ),
    ]


def test_forum_of_the_same_length_with_dates_to_come_has_nothing_wrong():
    old = ForumFactory()
    KindFactory(forum=old, opens=old.registration_opens, closes=old.registration_closes)

    found = left(made_from(old, by=boss()), old)

    assert (found.days_gone, said(found.dates())) == (0, [])
    later = left(made_from(old, by=boss(), slug="b"), old, now=NOW + timedelta(days=250))
    assert [field for _row, field, _words in said(later.dates())] == ["Registration opens", "Opens"]


def test_links_what_is_not_said_and_what_is_not_public():
    old = ForumFactory(chair="Ada", theme="Bridges")
    PracticalPage.objects.create(forum=old, slug="visa", title="Visa", text="See https://example.org/visa (open).")

    new = made_from(old, by=boss())
    Forum.objects.filter(pk=new.pk).update(theme="Roads")
    found = left(new, old)

    assert said(found.links()) == [("Visa", "Text", "https://example.org/visa")]
    assert [field for _row, field, _words in said(found.not_said())] == [
        "Who signs certificates",
        "Office of the person who signs certificates",
        "Chair",
        "Message of the chair",
        "Office of the chair",
        "Who signs letters of invitation",
    ]
    assert [row for row, _field, _words in said(found.not_public())] == [new.name, "Visa"]
