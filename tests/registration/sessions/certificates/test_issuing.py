"""Certificates of participation: who gets one and when, what they say, and what becomes of those that are no longer valid."""

from datetime import UTC, date, datetime, timedelta

import pytest

from events.models import HistoryEntry, Message
from events.shared.pdf import certificates
from registration.models import Attendance, CertificateRule, ParticipationCertificate
from registration.people.data_rights import own_rows
from registration.sessions.certificates import certificate_page, issuing, participation
from tests.factories import (
    NOW,
    AppearanceFactory,
    AttendanceFactory,
    CertificateRuleFactory,
    ForumFactory,
    RegistrationFactory,
    SessionFactory,
    UserFactory,
    staff,
)
from tests.refusals import refused

pytestmark = pytest.mark.django_db
OVER = datetime(2020, 9, 10, 22, tzinfo=UTC)  # midnight in Geneva, after the last day
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def person():
    return RegistrationFactory(name="Awa Diallo")


def attend(person, number=1, **values):
    return [AttendanceFactory(registration=person, session=SessionFactory(**values)) for _n in range(number)]


def text(client, address):
    answer = client.get(address)
    return answer.status_code, " ".join(answer.content.decode().split())


# --- who, and when ----------------------------------------------------------------------------------
def test_certificates_are_issued_once_when_the_forum_is_over(person):
    rule = CertificateRuleFactory(threshold=2)
    attend(person, 2)
    attend(RegistrationFactory(), 1)

    early, first, second = issuing.issue_due(OVER - HOUR), issuing.issue_due(OVER), issuing.issue_due(OVER + HOUR)

    assert (early, first, second) == (0, 1, 0)
    made = ParticipationCertificate.objects.get()
    assert (made.rule, made.user, made.issued) == (rule, person.user, OVER)


def test_who_attends_enough_only_by_a_correction_gets_theirs_later(person):
    CertificateRuleFactory(threshold=2)
    attend(person, 1)
    assert issuing.issue_due(OVER) == 0

    attend(person, 1)

    assert issuing.issue_due(OVER + 2 * HOUR) == 1


@pytest.mark.parametrize("place", ["forum", "track", "session"])
def test_one_rule_counts_the_same(place):
    session = SessionFactory()
    places = {
        "forum": {},
        "track": {"track": session.forum.tracks.create(name="Ethics")},
        "session": {"session": session},
    }
    rule = CertificateRuleFactory(forum=session.forum, threshold=2, **places[place])
    again = CertificateRule(forum=rule.forum, measure=rule.measure, threshold=5, **places[place])

    assert refused(again.full_clean) == {"measure": ["twice"]}
    again.measure = "minutes"
    again.full_clean()
    rule.full_clean()


@pytest.mark.parametrize("change", [{"withdrawn": NOW}, {"state": "refused"}, {"user__is_active": False}])
def test_nobody_gets_one_who_does_not_take_part(change):
    CertificateRuleFactory()
    attend(RegistrationFactory(**change))

    assert issuing.issue_due(OVER) == 0


def test_cancelled_sessions_and_forums_that_are_hidden_give_none(person):
    CertificateRuleFactory()
    attend(person, 1, state="cancelled")
    hidden = ForumFactory(slug="hidden", is_public=False)
    CertificateRuleFactory(forum=hidden)
    attend(RegistrationFactory(forum=hidden), 1, forum=hidden)

    assert issuing.issue_due(OVER) == 0


def test_a_rule_of_a_track_or_a_session_counts_no_other(person):
    track = person.forum.tracks.create(name="Ethics")
    (inside,) = attend(person, 1, track=track)
    attend(person, 3)
    CertificateRuleFactory(track=track, threshold=2)
    of_session = CertificateRuleFactory(session=inside.session)

    issuing.issue_due(OVER)

    assert [one.rule for one in ParticipationCertificate.objects.all()] == [of_session]


def test_speakers_and_moderators_get_theirs_though_they_are_not_registered():
    speaker, moderator, hidden = UserFactory(), UserFactory(), UserFactory()
    for user, role, released in (
        (speaker, "panellist", True),
        (moderator, "moderator", True),
        (hidden, "speaker", False),
    ):
        AppearanceFactory(speaker__account=user, role=role, is_released=released)
    AppearanceFactory(role="keynote")  # has no account
    CertificateRuleFactory(measure="speaking")
    CertificateRuleFactory(measure="moderating")

    issuing.issue_due(OVER)

    assert set(ParticipationCertificate.objects.values_list("rule__measure", "user")) == {
        ("speaking", speaker.pk),
        ("moderating", moderator.pk),
    }


def test_mails_go_out_where_the_rule_says_so_and_not_for_what_was_withdrawn_meanwhile(person):
    CertificateRuleFactory(by_mail=True)
    CertificateRuleFactory(by_mail=False)
    attend(person)

    tasks_found = issuing.issue_due(OVER)

    mail = Message.objects.get()
    made = ParticipationCertificate.objects.get(pk=mail.about)
    assert (tasks_found, mail.to, made.rule.by_mail) == (2, person.user.email, True)
    assert f"/verify/{made.code}/" in mail.text
    issuing.withdraw(made, reason="An error", by=staff(), now=OVER)
    assert issuing.certificate_mails._withdrawn([mail], OVER) == {mail.pk}


def stay(person, length, *, is_open=False, **values):
    """A session of 90 minutes, of which somebody was there for some."""
    session = SessionFactory(**values)
    times = {"first_seen": session.starts, "last_seen": session.starts + (0 * length if is_open else length)}
    AttendanceFactory(registration=person, session=session, **times)
    return session


@pytest.mark.parametrize(
    ("measure", "threshold", "number"),
    [("minutes", 100, 1), ("minutes", 101, 0), ("share", 55, 1), ("share", 56, 0), ("sessions", 2, 1)],
)
def test_a_rule_counts_minutes_or_their_share_of_the_sessions(person, measure, threshold, number):
    stay(person, 40 * MINUTE)
    stay(person, 60 * MINUTE)
    CertificateRuleFactory(measure=measure, threshold=threshold)

    assert issuing.issue_due(OVER) == number  # 100 minutes of 180


def test_minutes_that_are_not_known_do_not_count_unless_the_forum_says_so(person):
    stay(person, 40 * MINUTE)
    stay(person, 0 * MINUTE, is_open=True)
    CertificateRuleFactory(measure="minutes", threshold=60)

    unknown = issuing.issue_due(OVER)
    ForumFactory._meta.model.objects.update(open_stays_count=True)
    to_the_end = issuing.issue_due(OVER)

    assert (unknown, to_the_end) == (0, 1)


@pytest.mark.parametrize(
    ("is_open", "words"),
    [
        (False, "took part in 2 sessions of the Forum, 1 h 45 min in all."),
        (True, "took part in 2 sessions of the Forum."),
    ],
)
@pytest.mark.parametrize("counts", [False, True])
def test_the_sentence_gives_minutes_only_where_all_are_known(person, is_open, words, counts):
    person.forum.open_stays_count = counts
    person.forum.save()
    stay(person, 75 * MINUTE)
    stay(person, 30 * MINUTE, is_open=is_open)
    rule = CertificateRuleFactory()

    part = participation.parts(rule, now=OVER)[person.user_id]

    assert certificate_page.sentence(rule, part) == words


# --- what they say ----------------------------------------------------------------------------------
@pytest.fixture
def made(person):
    rule = CertificateRuleFactory()
    attend(person, 2)
    issuing.issue(rule, now=OVER)
    return ParticipationCertificate.objects.select_related("rule__forum", "user").get()


def test_the_page_says_what_is_certified(client, made):
    code = made.code

    status, page = text(client, f"/verify/{code[:4].lower()}-{code[4:]}/".replace("-", ""))
    _status, page = text(client, f"/verify/{code}/")

    assert status == 302
    for words in (
        "This certificate is genuine.",
        "Awa Diallo",
        "took part in 2 sessions of the Forum.",
        "WSIS Forum 2020",
        "11 September 2020",
    ):
        assert words in page
    answer = client.get(f"/verify/{code}/participation.pdf")
    assert (answer.status_code, answer["Content-Type"], answer.content[:5]) == (200, "application/pdf", b"%PDF-")
    assert client.get(f"/verify/{code}/certificate.pdf").status_code == 404
    assert client.get("/verify/ZZZZZZZZZZZZ/participation.pdf").status_code == 404


@pytest.mark.parametrize("name", ["დავით", "Ana ישראל"])
def test_a_name_in_letters_that_no_font_has_stands_in_latin_ones_or_on_the_page_that_verifies(
    only_required_fonts, client, made, name
):
    made.user.registrations.update(name=name)

    without = certificates.content(certificate_page.page(made, issuing.held_part(made, now=OVER)))
    _status, verified = text(client, f"/verify/{made.code}/")
    made.user.registrations.update(latin_name="Ana Israel")
    with_one = certificates.content(certificate_page.page(made, issuing.held_part(made, now=OVER)))
    _status, both = text(client, f"/verify/{made.code}/")

    assert (without["name"]["text"], with_one["name"]["text"]) == ("Named at the address below", "Ana Israel")
    assert (name in verified, "There is no font for this name" in verified) == (True, True)
    assert (name in both, "Ana Israel" in both, "There is no font for this name" in both) == (True, True, False)


# --- what is no longer valid --------------------------------------------------------------------
def gone(client, made):
    """What strangers read of a certificate that is not valid: it names nobody."""
    file = client.get(f"/verify/{made.code}/participation.pdf").status_code
    status, page = text(client, f"/verify/{made.code}/")
    assert (status, file, "Awa Diallo" in page, "is genuine" in page) == (200, 404, False, False)
    return page


def test_a_withdrawn_one_says_so_and_is_not_issued_again(client, made):
    by = staff()

    issuing.withdraw(made, reason="Somebody else was there", by=by, now=OVER)

    page = gone(client, made)
    assert ("This certificate was withdrawn." in page, "Somebody else was there" in page) == (True, False)
    assert refused(issuing.withdraw, made, reason="Again", by=by, now=OVER) == "withdrawn-already"
    assert issuing.issue_due(OVER + HOUR) == 0
    entry = HistoryEntry.objects.get(verb="withdraw-certificate")
    assert (entry.actor, entry.reason) == (by, "Somebody else was there")
    mail = Message.objects.get(kind="certificate-withdrawn")
    assert (mail.to, "Somebody else was there" in mail.text) == (made.user.email, True)


def test_one_whose_attendance_was_corrected_does_not_hold_until_it_is_enough_again(client, made):
    made.rule.threshold = 2
    made.rule.save()
    assert text(client, f"/verify/{made.code}/")[1].count("is genuine") == 1
    lost = Attendance.objects.first()
    session, registration = lost.session, lost.registration
    registration.stays.filter(session=session).delete()
    lost.delete()

    assert "is no longer valid" in gone(client, made)

    AttendanceFactory(session=session, registration=registration)
    assert text(client, f"/verify/{made.code}/")[1].count("is genuine") == 1


@pytest.mark.parametrize("name", ["registrations", "certificates"])
def test_when_what_is_held_was_kept_for_its_time_none_holds_and_none_is_issued(client, made, name):
    period = next(one for one in own_rows.PERIODS if one.kind == name)

    period.clear(made.rule.forum, OVER)

    assert issuing.issue_due(OVER + HOUR) == 0
    if name == "registrations":
        assert "is no longer valid" in gone(client, made)
    else:
        assert client.get(f"/verify/{made.code}/").status_code == 404
        assert not CertificateRule.objects.exists()


def test_a_hidden_forum_shows_none(client, made):
    ForumFactory._meta.model.objects.update(is_public=False)

    assert client.get(f"/verify/{made.code}/").status_code == 404
    assert client.get(f"/verify/{made.code}/participation.pdf").status_code == 404


# --- the organisers' pages --------------------------------------------------------------------------
def test_organisers_withdraw_one_with_a_reason(organiser_site, made):
    page = f"/admin/registration/participationcertificate/{made.pk}/withdraw/"

    nothing = organiser_site.post(page, {"reason": ""})
    done = organiser_site.post(page, {"reason": "Somebody else was there"})
    made.refresh_from_db()

    assert (nothing.status_code, done.status_code) == (200, 302)
    assert (made.reason, made.withdrawn is None) == ("Somebody else was there", False)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"threshold": "0"}, "threshold"),
        ({"measure": "share", "threshold": "101"}, "__all__"),
        ({"track": "other"}, "track"),
        ({"track": "own", "session": "own"}, "__all__"),
    ],
)
def test_rules_that_make_no_sense_are_refused(organiser_site, values, field):
    forum, other = ForumFactory(), ForumFactory(slug="other", starts=date(2021, 6, 1), ends=date(2021, 6, 2))
    tracks = {"own": forum.tracks.create(name="Ours").pk, "other": other.tracks.create(name="Theirs").pk}
    data = {"forum": forum.pk, "measure": "sessions", "threshold": "1", "track": "", "session": ""} | values
    data["track"] = tracks.get(data["track"], "")
    data["session"] = SessionFactory(forum=forum).pk if data["session"] else ""

    answer = organiser_site.post("/admin/registration/certificaterule/add/", data)

    assert answer.status_code == 200
    assert list(answer.context["adminform"].form.errors) == [field]
