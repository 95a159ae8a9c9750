"""The integrity report: each finding on rows just over and just under its threshold."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from events.models import User
from prizes.fair_play import integrity, mail_domains, quarantines
from prizes.fair_play.integrity import nominees
from prizes.models import Ballot, Trace
from prizes.vote import network_traces
from tests.factories import NOW, CountryFactory, ForumFactory, RegistrationFactory, UserFactory
from tests.prizes.factories import fill_ballot, make_edition, nominees_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folders(settings, tmp_path):
    settings.KEYS_DIR, settings.MEDIA_ROOT = tmp_path / "keys", tmp_path / "media"


@pytest.fixture
def edition(db):
    return make_edition(categories=1, nominees=2)


def begin(edition, *, number=1, began=NOW, email=None, **values):
    """Ballots of new accounts, begun at a moment; with an `email`, one."""
    rows = [
        Ballot(
            edition=edition,
            user=UserFactory(**({"email": email} if email else {})),
            began=began,
            country=CountryFactory(),
            **values,
        )
        for _ballot in range(number)
    ]
    return Ballot.objects.bulk_create(rows)


def groups(slug, edition):
    return [(group.label, group.ballots) for group in integrity.finding(slug).groups(edition)]


def check_group(slug, edition, rows, *, place=0):
    """The group at `place` is found by its key, and holds exactly these ballots."""
    finding = integrity.finding(slug)
    group = finding.groups(edition)[place]
    assert finding.group(edition, group.key) == group
    assert list(finding.ballots(edition, group.key)) == sorted(rows, key=lambda row: row.pk)


@pytest.mark.parametrize("finding", integrity.FINDINGS, ids=lambda finding: finding.slug)
def test_nothing_is_found_among_few_ordinary_ballots(edition, finding):
    other = make_edition(categories=1, nominees=1, forum=ForumFactory(slug="2021"))
    begin(other, number=20, began=NOW)
    begin(edition, number=3)

    assert list(finding.groups(edition)) == []
    assert finding.group(edition, 1) is None
    assert str(finding.title)
    assert str(finding.explanation)


@pytest.mark.parametrize("finding", integrity.FINDINGS, ids=lambda finding: finding.slug)
def test_edition_without_ballots_has_no_findings(edition, finding):
    assert list(finding.groups(edition)) == []


def test_no_finding_of_another_name():
    assert integrity.finding("choices") is None


# --- bursts ----------------------------------------------------------------------------------------
def test_burst_is_five_times_the_median_and_twenty_ballots(edition):
    for place in range(9):
        begin(edition, number=4, began=NOW - timedelta(hours=place + 1))
    burst = begin(edition, number=19, began=NOW) + begin(edition, began=NOW + timedelta(minutes=9, seconds=59))
    begin(edition, number=19, began=NOW + timedelta(minutes=10))

    assert groups("bursts", edition) == [("Ten minutes from 22 July, 14:20 Geneva (12:20 UTC)", 20)]
    check_group("bursts", edition, burst)


def test_busy_hour_is_no_burst(edition):
    for place in range(9):
        begin(edition, number=5, began=NOW - timedelta(hours=place + 1))
    begin(edition, number=24, began=NOW)

    assert groups("bursts", edition) == []


# --- addresses and networks ------------------------------------------------------------------------
def left(edition, ips, **values):
    rows = begin(edition, number=len(ips), **values)
    for row, ip in zip(rows, ips, strict=True):
        network_traces.leave(row, ip=ip)
    return rows


def test_shared_addresses_have_numbers_and_no_hash(edition):
    five = left(edition, ["203.0.113.7"] * 5)
    six = left(edition, ["198.51.100.1"] * 6)
    left(edition, ["192.0.2.1"] * 4)

    assert groups("addresses", edition) == [("Address 1", 6), ("Address 2", 5)]
    check_group("addresses", edition, six)
    check_group("addresses", edition, five, place=1)


def test_ballot_filled_twice_from_an_address_counts_once(edition):
    rows = left(edition, ["203.0.113.7"] * 5)
    for row in rows:
        network_traces.leave(row, ip="203.0.113.7")
        network_traces.leave(row, ip=f"198.51.100.{row.pk % 250}")

    check_group("addresses", edition, rows)
    assert groups("addresses", edition) == [("Address 1", 5)]


def test_shared_network(edition):
    rows = left(edition, [f"203.0.113.{place}" for place in range(20)])
    left(edition, [f"198.51.100.{place}" for place in range(19)])

    assert groups("networks", edition) == [("Network 1", 20)]
    check_group("networks", edition, rows)


def test_group_of_an_edition_is_not_found_in_another(edition):
    left(edition, ["203.0.113.7"] * 5)
    other = make_edition(categories=1, nominees=1, forum=ForumFactory(slug="2021"))
    finding = integrity.finding("addresses")
    key = finding.groups(edition)[0].key

    assert finding.group(other, key) is None
    assert not finding.ballots(other, key).exists()


def test_only_the_first_row_is_the_number_of_a_group(edition):
    left(edition, ["203.0.113.7"] * 5)
    finding = integrity.finding("addresses")
    key = finding.groups(edition)[0].key
    second = Trace.objects.filter(kind="address", pk__gt=key).first()

    assert finding.group(edition, second.pk) is None


def test_long_lists_are_read_in_pages_with_two_queries(edition):
    for place in range(7):
        left(edition, [f"203.0.{place}.7"] * 5)
    finding = integrity.finding("addresses")

    with CaptureQueriesContext(
        connection,
    ) as queries:
        page = Paginator(finding.groups(edition), 3).page(3)
        labels = [group.label for group in page]

    assert (labels, len(queries)) == (["Address 7"], 2)


# --- mail ------------------------------------------------------------------------------------------
def test_throw_away_domains(edition, settings):
    settings.THROWAWAY_DOMAINS = ["bin.example"]
    rows = [
        begin(edition, email=email)[0]
        for email in ("a@mailinator.com", "b@MAILINATOR.com", "c@bin.example", "d@x.bin.example", "e@example.org")
    ]
    begin(edition, email="f@mailinator.com.example")

    assert groups("throw-away", edition) == [("mailinator.com", 2), ("bin.example", 1), ("x.bin.example", 1)]
    check_group("throw-away", edition, rows[:2])


def test_list_of_domains_is_clean():
    domains = mail_domains.throwaway()

    assert len(domains) > 50
    assert {name for name in domains if name != name.strip().lower() or "." not in name or "#" in name} == set()


def test_addresses_that_differ_by_dots_or_a_tag(edition):
    same = [
        begin(edition, email=email)[0]
        for email in ("awa.traore@example.org", "awatraore+vote2@example.org", "A.w.a.Traore@EXAMPLE.org")
    ]
    google = [begin(edition, email=email)[0] for email in ("moussa@gmail.com", "m.oussa@googlemail.com")]
    for email in ("awa.traore@example.com", "+tag@example.org", ".@example.org", "awa@traore.example.org"):
        begin(edition, email=email)

    assert groups("boxes", edition) == [("awatraore@example.org", 3), ("moussa@gmail.com", 2)]
    check_group("boxes", edition, same)
    check_group("boxes", edition, google, place=1)


def box(address):
    """The same by hand."""
    name, _at, host = address.lower().partition("@")
    host = "gmail.com" if host == "googlemail.com" else host
    return f"{name.split('+')[0].replace('.', '')}@{host}"


SIGNS = st.text("ab.+", max_size=6)


@given(st.lists(st.tuples(SIGNS, st.sampled_from(["example.org", "Gmail.com", "googlemail.com", "x.mailinator.com"]))))
def test_database_reads_addresses_as_people_do(parts):
    addresses = [f"{name}@{host}" for name, host in parts]
    rows = [User(email=f"{place}-{address}") for place, address in enumerate(addresses)]
    User.objects.bulk_create(rows)
    found = User.objects.filter(pk__in=[row.pk for row in rows]).annotate(
        domain=mail_domains.domain_of("email"), value=mail_domains.box_of("email")
    )

    values = dict(found.values_list("email", "value"))
    User.objects.filter(pk__in=[row.pk for row in rows]).delete()

    assert values == {row.email: box(row.email) for row in rows}


# --- speed -----------------------------------------------------------------------------------------
@pytest.fixture
def many(db):
    return make_edition(categories=6, nominees=1)


def filled(edition, *, chosen, seconds):
    row = begin(edition, chosen=chosen)[0]
    Ballot.objects.filter(pk=row.pk).update(first_choice=NOW, last_choice=NOW + timedelta(seconds=seconds))
    return row


def test_ballots_filled_faster_than_a_person_can_read(many):
    slow = [filled(many, chosen=6, seconds=10), filled(many, chosen=4, seconds=0)]
    fast = [filled(many, chosen=6, seconds=seconds) for seconds in (0, 2.4, 2.5, 4.9, 5, 9.9)]
    five = filled(many, chosen=5, seconds=7.9)

    assert groups("fast", many) == [
        ("0 to 0.5 seconds a choice", 2),
        ("0.5 to 1 seconds a choice", 2),
        ("1 to 2 seconds a choice", 3),
    ]
    for place, rows in enumerate((fast[:2], fast[2:4], [*fast[4:], five])):
        check_group("fast", many, rows, place=place)
    assert slow


def test_ballot_that_took_no_choice_yet_is_not_fast(many):
    begin(many, chosen=0)

    assert groups("fast", many) == []


# --- nominees, after the close ---------------------------------------------------------------------
def voted(edition, nominee, *, number, country="ML", **values):
    return [
        fill_ballot(edition, {1: nominee}, country=CountryFactory(code=country), **values) for _ballot in range(number)
    ]


def seal(edition):
    edition.polls_sealed = NOW
    edition.save(update_fields=["polls_sealed"])


@pytest.mark.parametrize("dimension", nominees.Dimension.values)
def test_what_concerns_nominees_is_not_told_before_the_close(edition, dimension):
    with pytest.raises(ValidationError) as refusal:
        nominees.shares(edition, dimension=dimension)

    assert refusal.value.code == "polls-open"


def test_share_of_one_country(edition):
    one, other = nominees_of(edition, 1)
    voted(edition, one, number=20)
    voted(edition, one, number=5, country="FR")
    voted(edition, other, number=20)
    voted(edition, other, number=21, country="FR")
    seal(edition)

    found = nominees.shares(edition, dimension="country")

    assert [(s.nominee, s.value, s.votes, s.total, s.percent) for s in found] == [
        (one, "Mali", 20, 25, 80),
        (other, "France", 21, 41, 51),
    ]


def test_small_numbers_half_shares_and_unknown_countries_are_left_out(edition):
    one, other = nominees_of(edition, 1)
    voted(edition, one, number=19)
    for row in voted(edition, other, number=30):
        Ballot.objects.filter(pk=row.pk).update(country=None)
    voted(edition, other, number=20, country="FR")
    seal(edition)

    assert nominees.shares(edition, dimension="country") == []


def test_ballots_that_do_not_count_have_no_share(edition):
    one = nominees_of(edition, 1)[0]
    voted(edition, one, number=19)
    voted(edition, one, number=5, is_quarantined=True)
    voted(edition, one, number=5, required=2)
    seal(edition)

    assert nominees.shares(edition, dimension="country") == []


def test_share_of_a_stakeholder_type(edition):
    one = nominees_of(edition, 1)[0]
    voted(edition, one, number=20, stakeholder_type="government")
    voted(edition, one, number=3)
    seal(edition)

    assert [(s.value, s.votes, s.total) for s in nominees.shares(edition, dimension="stakeholder-type")] == [
        ("Government", 20, 23)
    ]


def test_share_of_an_organisation(edition):
    """As the voters' registrations for this forum name it, however they wrote it."""
    one = nominees_of(edition, 1)[0]
    elsewhere = ForumFactory(slug="2019")
    for place, row in enumerate(voted(edition, one, number=22)):
        name = ["University of Bamako", " university of bamako"][place % 2]
        RegistrationFactory(user=row.user, forum=edition.forum, organisation=name)
        RegistrationFactory(user=row.user, forum=elsewhere, organisation="Other")
    voted(edition, one, number=2)
    seal(edition)

    assert [(s.value, s.votes, s.total) for s in nominees.shares(edition, dimension="organisation")] == [
        ("university of bamako", 22, 24)
    ]


# --- with the quarantines --------------------------------------------------------------------------
def test_ballots_of_a_group_can_be_proposed(edition):
    rows = left(edition, ["203.0.113.7"] * 5)
    finding = integrity.finding("addresses")
    numbers = finding.ballots(edition, finding.groups(edition)[0].key).values_list("pk", flat=True)

    quarantine = quarantines.propose(
        edition, ballots=numbers, kind="script", reason="One address", by=UserFactory(), now=NOW
    )

    assert set(quarantine.ballots.all()) == set(rows)
