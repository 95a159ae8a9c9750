"""What stands in the Outcome Document: what the public sees, with the figures of the public pages."""

from datetime import timedelta

import pytest
from django.utils import translation

from events.models import Commitment, Outcome, Partner, SessionReport
from prizes.models import PrizeSponsor
from prizes.outcome_document import content
from prizes.outcome_document.parts import prose
from registration.sessions.attendance import tally
from tests.factories import (
    NOW,
    ActionLineFactory,
    AppearanceFactory,
    AttendanceFactory,
    ForumFactory,
    OrganisationFactory,
    RegistrationFactory,
    SessionFactory,
    SpeakerFactory,
    translate,
)
from tests.prizes.counted import announced, counted, crown
from tests.prizes.factories import nominees_of
from tests.prizes.outcome_document.reading import parts_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


def lines(document):
    """All the document says, a line for each part."""
    return [line for part in parts_of(document) for line in said(part)]


def said(part):
    if part["kind"] == "heading":
        return [f"{part['level']} {part['words']['text']}"]
    if part["kind"] == "paragraph":
        return ["".join(run["text"] for run in part["runs"]).replace("\u2003", " ")]
    if part["kind"] == "lines":
        return [line for one in part["lines"] for line in said(one)]
    if part["kind"] == "tiles":
        return [" ".join(tile) for tile in part["tiles"]]
    if "alt" in part:
        return [part["alt"]]
    return [" | ".join(part["head"]), *(" | ".join(cell["text"] for cell in row) for row in part["rows"])]


def made(forum, language="en"):
    with translation.override(language):
        return content.document(forum, version=1, now=NOW)


def held(forum, *codes, **values):
    session = SessionFactory(forum=forum, **values)
    session.action_lines.set([ActionLineFactory(code=code) for code in codes])
    return session


def attend(session, number, **values):
    for _n in range(number):
        AttendanceFactory(registration=RegistrationFactory(forum=session.forum, **values), session=session)


def test_session_stands_once_with_all_that_is_known_of_it_and_its_other_lines_lead_there():
    forum = ForumFactory()
    session = held(forum, "C2", "C5", title="Fibre")
    session.organisers.add(OrganisationFactory(name="World Radio"))
    speaker = SpeakerFactory(forum=forum, form_of_address="Dr", name="Amélie Ngô", position="Engineer")
    AppearanceFactory(session=session, speaker=speaker, role="moderator")
    SessionReport.objects.create(session=session, state="approved", key_issues="# Lines\n\nThe *last* mile")
    session.outcomes.create(forum=forum, kind="launch", title="A network")
    attend(session, 7)
    tally.recount(forum, now=NOW)

    found = lines(made(forum))

    start = found.index("2 Fibre")
    assert found[start + 1 : start + 11] == [
        "Thursday 23 July 2020, 14:00–15:30 Geneva · Thematic Workshop",
        "Organisers World Radio",
        "Action Lines C2, C5",
        "Attendances 7",
        "3 Panellists",
        "Dr Amélie Ngô Engineer Moderator",
        "3 Key issues",
        "Lines",
        "The last mile",
        "3 Outcomes",
    ]
    assert found[start + 11] == "Launch A network"
    assert [line for line in found if "Fibre" in line] == ["2 Fibre", "Fibre", "Fibre | 7 | 100.0% | 7"]
    assert found.index("1 C5 Building confidence and security in the use of ICTs") < found.index("Fibre")


def test_session_without_hosts_lines_report_or_attendance_has_what_there_is():
    forum = ForumFactory()
    held(forum, title="Alone", description="What we\nplan")

    found = lines(made(forum))

    start = found.index("1 Further sessions")
    assert found[start + 1 : start + 5] == [
        "2 Alone",
        "Thursday 23 July 2020, 14:00–15:30 Geneva · Thematic Workshop",
        "3 Description",
        "What we plan",
    ]


def test_nothing_that_the_public_does_not_see():
    forum = ForumFactory()
    held(forum, "C2", title="Canary", embargoed_until=NOW + timedelta(days=1))
    held(forum, "C2", title="Canary", state="draft")
    held(forum, "C2", title="Canary", state="cancelled")
    shown = held(forum, "C2", title="Shown")
    AppearanceFactory(session=shown, speaker=SpeakerFactory(forum=forum, name="Canary"), is_released=False)
    SessionReport.objects.create(session=shown, state="submitted", key_issues="Canary")
    shown.outcomes.create(forum=forum, kind="launch", title="Canary", is_public=False)
    Outcome.objects.create(forum=forum, kind="launch", title="Canary", is_public=False)
    attend(shown, 3)
    attend(held(forum, "C5"), 30)
    tally.recount(forum, now=NOW)

    found = lines(made(forum))

    assert [line for line in found if "Canary" in line] == []
    assert ("2 Shown" in found, "Attendances 3" in found, "not shown attendances" in found) == (True, False, True)


def test_figures_are_those_of_the_page_of_statistics_with_shares_to_the_tenth():
    forum = ForumFactory()
    session = held(forum, "C2")
    attend(session, 21, gender="woman")
    attend(session, 10, gender="man")
    attend(session, 2, gender="other")
    tally.recount(forum, now=NOW)

    found = lines(made(forum))

    assert "33 attendances, all sessions added up" in found
    start = found.index("2 By gender")
    assert found[start + 1 : start + 4] == [
        "Group | Attendances | Share | Different people",
        "Woman | 21 | 63.6% | 21",
        "Not shown: Man, Other.",
    ]


def test_prize_tells_no_more_than_is_announced():
    edition = counted()
    champion = nominees_of(edition, 1)[0]
    type(champion).objects.filter(pk=champion.pk).update(title="Radio")
    crown(edition)
    PrizeSponsor.objects.create(edition=edition, organisation=OrganisationFactory(name="Giver"))

    before = lines(made(edition.forum))
    announced(edition, "champions")
    champions = lines(made(edition.forum))
    announced(edition, "winners")
    winners = lines(made(edition.forum))

    rows = [[line for line in found if line.startswith("Radio |")] for found in (before, champions, winners)]
    assert [[row.split(" | ")[2] for row in found] for found in rows] == [[], ["Champion"], ["Winner"]]
    assert ("The champions are not announced yet." in before, "Giver" in before) == (True, True)
    assert [line for line in winners if line.endswith("valid votes")] == ["39 valid votes"]


def test_message_of_the_chair_is_that_of_the_language_as_far_as_there_is_one():
    forum = ForumFactory(chair="Ada Lovelace", chair_title="Minister", chair_message="Welcome")
    translate(forum, "fr", chair_message="Bienvenue")
    Partner.objects.create(forum=forum, organisation=OrganisationFactory(name="Giver"), kind="gold")

    found = {language: lines(made(forum, language)) for language in ("en", "fr")}

    assert found["en"][:4] == ["1 Message of the chair", "Welcome", "Ada Lovelace", "Minister"]
    assert found["fr"][1:4] == ["Bienvenue", "Ada Lovelace", "Minister"]
    start = found["en"].index("1 Partners and sponsors")
    assert found["en"][start + 1 : start + 3] == ["2 Gold sponsor", "Giver"]


def test_commitment_of_an_owner_who_was_erased_stands_with_its_organisation():
    forum = ForumFactory()
    outcome = Outcome.objects.create(forum=forum, kind="commitment", title="Ten masts")
    row = Commitment.objects.create(
        outcome=outcome, organisation=OrganisationFactory(name="World Radio"), owner=None, target="Ten"
    )
    row.reports.create(state="kept", reported=NOW, confirmed=NOW)

    found = lines(made(forum))

    start = found.index("1 Annex: commitments")
    assert found[start + 1 : start + 4] == [
        "1 of 1 commitment was kept.",
        "Commitment | Organisation | Target | Due | State",
        "Ten masts | World Radio | Ten |  | Kept",
    ]


def test_facts_in_latin_letters_keep_their_order_from_right_to_left():
    forum = ForumFactory()
    speaker = SpeakerFactory(forum=forum, form_of_address="Dr", name="Amélie Ngô", position="Engineer")
    AppearanceFactory(session=held(forum, "C2"), speaker=speaker)

    arabic, english = ([one for one in lines(made(forum, language)) if "Ngô" in one] for language in ("ar", "en"))

    assert [one.startswith("Dr Amélie Ngô\u200f Engineer") for one in arabic] == [True]
    assert [one.startswith("Dr Amélie Ngô Engineer") for one in english] == [True]


def test_direction_is_that_of_each_paragraph():
    parts = list(prose("Words\n\nكلمات\n\n- العربية here"))

    assert [(part.style, part.direction) for part in parts] == [("text", "ltr"), ("text", "rtl"), ("item", "rtl")]


@pytest.mark.parametrize("number", [1, 3])
def test_number_of_queries_does_not_depend_on_the_number_of_sessions(number, django_assert_num_queries):
    forum = ForumFactory()
    for _n in range(number):
        session = held(forum, "C2")
        AppearanceFactory(session=session)
        SessionReport.objects.create(session=session, state="approved", key_issues="Words")
        outcome = session.outcomes.create(forum=forum, kind="commitment", title="A network")
        outcome.organisations.add(OrganisationFactory())
        Commitment.objects.create(outcome=outcome, organisation=OrganisationFactory())
    tally.recount(forum, now=NOW)

    with django_assert_num_queries(44):
        made(forum)


def test_cover_says_who_the_chair_is_and_how_the_message_begins():
    forum = ForumFactory(
        chair="Ada Lovelace", chair_title="Minister", chair_message=f"Welcome **all** {'and all ' * 100}\n\nMore"
    )

    cover = made(forum).cover
    without = made(ForumFactory(slug="2027")).cover

    assert (cover.chair["text"], len(cover.message["text"].split())) == ("Ada Lovelace, Minister", 80)
    assert cover.message["text"].startswith("Welcome all")
    assert "More" not in cover.message["text"]
    assert (without.chair["text"], without.message["text"]) == ("", "")
