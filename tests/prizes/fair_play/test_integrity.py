"""The integrity report: each finding on rows just over and just under its threshold."""

from datetime import timedelta

import pytest

from events.models import User
from events.shared.formatting.mail_boxes import box_of
from prizes.fair_play import integrity
from prizes.fair_play.integrity import nominees
from prizes.models import Ballot, Trace, Vote
from prizes.vote import mail_services, network_traces, voter_traces
from registration.models import Registration
from tests.factories import NOW, CountryFactory, ForumFactory, RegistrationFactory, UserFactory
from tests.prizes.factories import make_edition, nominees_of
from tests.refusals import refused

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_keys")]


@pytest.fixture
def edition(db):
    return make_edition(categories=1, nominees=2)


def begin(edition, *, number=1, began=NOW, emails=None, **values):
    """Ballots of new accounts, begun at a moment; with `emails`, one for each."""
    users = [UserFactory.build(**({"email": email} if email else {})) for email in emails or [None] * number]
    rows = [
        Ballot(edition=edition, user=user, began=began, **{"country": CountryFactory()} | values)
        for user in User.objects.bulk_create(users)
    ]
    Ballot.objects.bulk_create(rows)
    voter_traces.catch_up(edition)
    return rows


def groups(slug, edition):
    return [(group.label, group.ballots) for group in integrity.finding(slug).groups(edition)]


def check_group(slug, edition, rows, *, place=0):
    """The group at `place` is found by its key, and holds exactly these ballots."""
    finding = integrity.finding(slug)
    group = finding.groups(edition)[place]
    assert finding.group(edition, group.key) == group
    assert list(finding.ballots(edition, group.key)) == sorted(rows, key=lambda row: row.pk)


def test_nothing_is_found_among_few_ordinary_ballots_or_none(edition):
    other = make_edition(categories=1, nominees=1, forum=ForumFactory(slug="2021"))
    begin(other, number=20)
    begin(edition, number=3)
    empty = make_edition(categories=1, nominees=1, forum=ForumFactory(slug="2022"))

    for finding in integrity.FINDINGS:
        assert (finding.groups(edition), finding.groups(empty), finding.group(edition, 1)) == ([], [], None)
        assert str(finding.title)
        assert "%" not in finding.explanation
    assert integrity.finding("choices") is None


# --- bursts ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(("median", "is_burst"), [(4, True), (5, False)])
def test_burst_is_five_times_the_median_and_twenty_ballots(edition, median, is_burst):
    for place in range(9):
        begin(edition, number=median, began=NOW - timedelta(hours=place + 1))
    burst = begin(edition, number=19, began=NOW) + begin(edition, began=NOW + timedelta(minutes=9, seconds=59))
    begin(edition, number=19, began=NOW + timedelta(minutes=10))

    found = [("Ten minutes from 22 July, 14:20 Geneva (12:20 UTC)", 20)]
    assert groups("bursts", edition) == (found if is_burst else [])
    if is_burst:
        check_group("bursts", edition, burst)


# --- addresses and networks ------------------------------------------------------------------------
def left(edition, ips, **values):
    rows = begin(edition, number=len(ips), **values)
    for row, ip in zip(rows, ips, strict=True):
        network_traces.leave(row, ip=ip)
    return rows


def test_shared_addresses_have_numbers_and_no_hash_and_a_ballot_counts_once(edition):
    five = left(edition, ["203.0.113.7"] * 5)
    six = left(edition, ["198.51.100.1"] * 6)
    left(edition, ["192.0.2.1"] * 4)
    for row in five:
        network_traces.leave(row, ip="203.0.113.7")
        network_traces.leave(row, ip=f"198.51.101.{row.pk % 250}")

    assert groups("addresses", edition) == [("Address 1", 6), ("Address 2", 5)]
    check_group("addresses", edition, six)
    check_group("addresses", edition, five, place=1)


def test_shared_network(edition):
    """A group is found by its own number, and in its own edition only."""
    rows = left(edition, [f"203.0.113.{place}" for place in range(20)])
    left(edition, [f"198.51.100.{place}" for place in range(19)])
    other = make_edition(categories=1, nominees=1, forum=ForumFactory(slug="2021"))

    assert groups("networks", edition) == [("Network 1", 20)]
    check_group("networks", edition, rows)
    finding = integrity.finding("networks")
    key = finding.groups(edition)[0].key
    second = rows[1].traces.get(kind="network").pk
    assert (finding.group(edition, second), finding.group(other, key)) == (None, None)
    assert not finding.ballots(other, key).exists()


# --- mail ------------------------------------------------------------------------------------------
def test_throw_away_domains(edition, settings):
    settings.THROWAWAY_DOMAINS = ["bin.example"]
    mails = ["a@mailinator.com", "b@MAILINATOR.com", "c@bin.example", "d@x.bin.example", "e@example.org"]
    rows = begin(edition, emails=[*mails, "f@mailinator.com.example"])

    assert groups("throw-away", edition) == [("mailinator.com", 2), ("bin.example", 2)]
    check_group("throw-away", edition, rows[:2])
    check_group("throw-away", edition, rows[2:4], place=1)
    settings.THROWAWAY_DOMAINS = ["example.org"]  # listed since
    assert groups("throw-away", edition) == [("mailinator.com", 2), ("example.org", 1)]


def test_addresses_that_differ_by_dots_or_a_tag(edition):
    same = begin(edition, emails=["awa.traore@example.org", "awatraore+vote2@example.org", "A.w.a.Traore@EXAMPLE.org"])
    google = begin(edition, emails=["moussa@gmail.com", "m.oussa@googlemail.com"])
    begin(edition, emails=["awa.traore@example.com", "+tag@example.org", ".@example.org", "awa@traore.example.org"])

    assert groups("boxes", edition) == [("Mail box 1", 3), ("Mail box 2", 2)]
    check_group("boxes", edition, same)
    check_group("boxes", edition, google, place=1)


@pytest.mark.parametrize(
    ("address", "box", "domains"),
    [
        ("A.w.a+1+2@Example.ORG", "awa@example.org", ["example.org"]),
        ("awa@googlemail.com", "awa@gmail.com", ["googlemail.com"]),
        ("+tag@example.org", "+tag@example.org", ["example.org"]),  # nothing is left before the @
        ("awa@x.example.org", "awa@x.example.org", ["x.example.org", "example.org"]),
        ("awa", "awa", []),
    ],
)
def test_what_an_address_tells(address, box, domains):
    assert (box_of(address), mail_services.domains_of(address)) == (box, domains)


# --- speed -----------------------------------------------------------------------------------------
def filled(edition, *, chosen, seconds):
    times = {"first_choice": NOW, "last_choice": NOW + timedelta(seconds=seconds)} if chosen else {}
    return begin(edition, chosen=chosen, **times)[0]


def test_ballots_filled_faster_than_a_person_can_read():
    many = make_edition(categories=6, nominees=1)
    for chosen, seconds in [(6, 10), (4, 0), (0, 0)]:  # slow enough, too few choices, none
        filled(many, chosen=chosen, seconds=seconds)
    fast = [filled(many, chosen=6, seconds=seconds) for seconds in (0, 2.4, 2.5, 4.9, 5, 9.9)]
    five = filled(many, chosen=5, seconds=7.9)

    assert groups("fast", many) == [
        ("0 to 0.5 seconds a choice", 2),
        ("0.5 to 1 seconds a choice", 2),
        ("1 to 2 seconds a choice", 3),
    ]
    for place, rows in enumerate((fast[:2], fast[2:4], [*fast[4:], five])):
        check_group("fast", many, rows, place=place)


# --- nominees, after the close ---------------------------------------------------------------------
def voted(edition, nominee, *, number, country="ML", **values):
    """Full ballots for a nominee."""
    country = CountryFactory(code=country) if country else None
    values = {"is_complete": True, "stakeholder_type": "academia", "country": country} | values
    rows = begin(edition, number=number, **values)
    Vote.objects.bulk_create(
        [Vote(ballot=row, category=nominee.category, nominee=nominee, tracker="T", nonce="N", cast=NOW) for row in rows]
    )
    return rows


def shares(edition, dimension):
    edition.polls_sealed = NOW
    edition.save(update_fields=["polls_sealed"])
    return [(s.nominee, s.value, s.votes, s.total, s.percent) for s in nominees.shares(edition, dimension=dimension)]


def test_what_concerns_nominees_is_not_told_before_the_close(edition):
    for dimension in nominees.NomineeDimension.values:
        assert refused(nominees.shares, edition, dimension=dimension) == "polls-open"


def test_share_of_one_country_and_of_a_stakeholder_type(edition):
    one, other = nominees_of(edition, 1)
    voted(edition, one, number=20)
    voted(edition, one, number=5, country="FR", stakeholder_type="government")
    voted(edition, other, number=20)
    voted(edition, other, number=21, country="FR", stakeholder_type="government")

    assert shares(edition, "country") == [(one, "Mali", 20, 25, 80), (other, "France", 21, 41, 51)]
    assert shares(edition, "stakeholder-type") == [(one, "Academia", 20, 25, 80), (other, "Government", 21, 41, 51)]


def test_small_numbers_half_shares_unknown_countries_and_ballots_that_do_not_count_are_left_out(edition):
    one, other = nominees_of(edition, 1)
    voted(edition, one, number=19)
    voted(edition, one, number=5, is_quarantined=True)
    voted(edition, one, number=5, is_complete=False)
    voted(edition, other, number=30, country=None)
    voted(edition, other, number=20, country="FR")

    assert shares(edition, "country") == []


def test_share_of_an_organisation(edition):
    """As the voters' registrations for this forum name it, however they wrote it."""
    one = nominees_of(edition, 1)[0]
    elsewhere = ForumFactory(slug="2019")
    rows = voted(edition, one, number=22)
    Trace.objects.all().delete()
    for place, row in enumerate(rows):
        name = ["University of Bamako", " university of bamako"][place % 2]
        RegistrationFactory(user=row.user, forum=edition.forum, organisation=name)
        RegistrationFactory(user=row.user, forum=elsewhere, organisation="Other")
    voted(edition, one, number=2)  # and what was missing of those before

    assert shares(edition, "organisation") == [(one, "university of bamako", 22, 24, 92)]
    Registration.objects.update(organisation="Other")
    assert shares(edition, "organisation") == [(one, "Organisation 1", 22, 24, 92)]
