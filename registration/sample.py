"""Sample registrations, bookings and attendances, in the proportions that were published for 2020."""

import json
import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from itertools import accumulate, cycle
from pathlib import Path

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.db.models import Count

from events.models import Country, Forum, Organisation, Session, User
from events.models.time_zones import zone_names
from events.sample import draw, people
from registration.accreditation.documents import sample as documents_sample
from registration.certificates import sample as certificates_sample
from registration.door import sample as door_sample
from registration.models import Attendance, Booking, Registration, SeatHold, Source, Stay, Waiting
from registration.registering import sample as kinds_sample

PEOPLE_FOR_EACH_ATTENDANCE = 0.4267  # 15,000 attendances of about 6,400 people
BATCH = 2000
HELD, HELD_OF = 6, 60  # places that are kept for speakers, and of how many
FEW, WAIT = 8, 5  # places of the session that is full, and people who wait for one
OFFERED = timedelta(days=2)  # for so long one of them is kept
MISSED = 7  # one person of so many booked a session to which they did not come
SEEN = 8  # people of a country at the least, in a crowd in which not every country has some
CROWD = 1000
# Shares in percent as they were published (of the stakeholders 89 %; the rest is spread over the last three), the countries
# with many attendees (the others of a region share the rest), and those whose people get mails in French or Arabic.
FACTS = json.loads(Path(__file__).with_suffix(".json").read_text())
REGION_SHARES: dict[str, float] = FACTS["region_shares"]
STAKEHOLDER_SHARES: dict[str, float] = FACTS["stakeholder_shares"]
GENDER_SHARES: dict[str, float] = FACTS["gender_shares"]
LARGE: dict[str, list[str]] = FACTS["large_countries"]


def shares_out(weights: Sequence[int], *, shares: dict[str, float], rng: random.Random) -> list[str]:
    """Give each weight a value so that the sums of the weights of each value have these shares.

    The error of a value is at most the largest weight. No ORM.
    """
    order = list(range(len(weights)))
    rng.shuffle(order)
    total, whole = sum(weights), sum(shares.values())
    quotas = {value: share / whole * total for value, share in shares.items()}
    result = [""] * len(weights)
    for index in order:
        value = max(quotas, key=lambda name: quotas[name])
        result[index] = value
        quotas[value] -= weights[index]
    return result


def register(forum: Forum, *, attendances: int, now: datetime) -> list[Registration]:
    """Make the sample people of a forum and let them attend: exactly `attendances`, in sessions that began before `now`.

    Bookings come with them. Without past sessions nobody attends. Atomicity is the caller's.
    """
    rng = draw(f"people {forum.slug}")
    sessions = list(forum.sessions.filter(state=Session.State.SCHEDULED).order_by("starts", "number"))
    past = [session for session in sessions if session.ends and session.ends <= now]
    count = max(1, round(attendances * PEOPLE_FOR_EACH_ATTENDANCE))
    visits = _visits(count, total=attendances, rng=rng)
    registrations = _registrations(forum, visits=visits, now=now, rng=rng)
    if past:
        _attend(registrations, visits=visits, sessions=past, rng=rng)
    if past and forum.today(now) > forum.ends:
        certificates_sample.make(forum, now=now)
    coming = [session for session in sessions if session.starts and session.starts > now]
    if forum.is_registration_open(now) and not forum.kinds.exists():
        kinds_sample.make(forum, registrations, now=now)
    if coming:
        _book(registrations, sessions=coming, now=now, rng=rng)
    if forum.kinds.exists() and not forum.doors.exists():
        _hold(forum, sessions=coming, now=now)
        door_sample.make(forum, registrations, now=now)
        documents_sample.make(forum, registrations, now=now)
    return registrations


def _visits(count: int, *, total: int, rng: random.Random) -> list[int]:
    """How many sessions each person attends: one at the least, eight at the most, `total` together."""
    visits = [1] * count
    left = total - count
    open_ended = list(range(count))
    while left > 0:
        index = rng.choice(open_ended)
        if visits[index] < 8:
            visits[index] += 1
            left -= 1
    return visits


def _registrations(forum: Forum, *, visits: list[int], now: datetime, rng: random.Random) -> list[Registration]:
    countries = _countries(visits, rng=rng)
    kinds = shares_out(visits, shares=STAKEHOLDER_SHARES, rng=rng)
    genders = shares_out(visits, shares=GENDER_SHARES, rng=rng)
    users = _users(len(visits))
    zones, cultures = _zones(), _cultures(Country.objects.all())
    begin = forum.registration_opens.astimezone(UTC)
    end = min(now, forum.sessions.earliest("starts").starts or now) - timedelta(minutes=30)
    known = list(Organisation.objects.filter(is_sample=True).order_by("pk"))
    rows = []
    for number, user in enumerate(users):
        text = f"{rng.choice(people.WORDS)} {rng.choice(['Group', 'Institute', 'Network', 'Office'])}"
        home = known[number * 7 % len(known)] if known and number % 3 else None
        code = countries[number].code
        language = "fr" if code in FACTS["french_speaking"] else "ar" if code in FACTS["arabic_speaking"] else "en"
        # The nearer the forum, the more register on a day.
        created = begin + (end - begin) * (1 - rng.random() ** 2)
        rows.append(
            Registration(
                forum=forum,
                user=user,
                name=rng.choice(cultures[code]).name(genders[number], rng=rng),
                organisation=home.name if home else text,
                affiliation=home,
                stakeholder_type=kinds[number],
                country=countries[number],
                gender=genders[number],
                time_zone=zones.get(code, "UTC"),
                language=language,
                languages=sorted({language, "en"}),
                consented=created,
                created=created,
                wants_reminders=rng.random() < 0.9,
                is_sample=True,
            )
        )
    Registration.objects.bulk_create(rows, batch_size=BATCH)
    return rows


def _countries(visits: list[int], *, rng: random.Random) -> list[Country]:
    """A country for each person: shares of the regions as published, in each region every country once first; in a small crowd
    some with so many people that the map shows them."""
    pools: dict[str, Iterable[Country]] = {}
    known = {country.code: country for country in Country.objects.order_by("code")}
    for region, large in LARGE.items():
        everyone = [country for country in known.values() if country.region == region]
        rng.shuffle(everyone)
        weights = [12 if country.code in large else 2 for country in everyone]
        rest = rng.choices(everyone, weights=weights, k=len(visits))
        if len(visits) < CROWD:
            shown = round(len(visits) * REGION_SHARES[region] * 0.007) // SEEN
            everyone = [known[code] for code in large[:shown]] * SEEN
        pools[region] = cycle([*everyone, *rest])
    return [next(iter(pools[region])) for region in shares_out(visits, shares=REGION_SHARES, rng=rng)]


def _cultures(countries: Iterable[Country]) -> dict[str, list[people.Culture]]:
    """The cultures whose names are heard in each country: its own; else those of countries of the same region."""
    region_of = {country.code: country.region for country in countries}
    return {
        code: [culture for culture in people.CULTURES if code in culture.countries]
        or [culture for culture in people.CULTURES if region in {region_of.get(c) for c in culture.countries[:3]}]
        for code, region in region_of.items()
    }


def _users(count: int) -> list[User]:
    """Accounts sampleNNNN@sample.invalid without a usable password; those that exist are taken up."""
    model = get_user_model()
    emails = [f"sample{number:04d}@sample.invalid" for number in range(1, count + 1)]
    existing = set(model.objects.filter(email__endswith="@sample.invalid").values_list("email", flat=True))
    model.objects.bulk_create(
        [
            model(email=email, name=f"Sample {email[6:].split('@')[0]}", password=make_password(None))
            for email in emails
            if email not in existing
        ],
        batch_size=BATCH,
    )
    users = {user.email: user for user in model.objects.filter(email__endswith="@sample.invalid")}
    return [users[email] for email in emails]


def _zones() -> dict[str, str]:
    """The first time zone of each country, from the table that comes with the zones."""
    known = set(zone_names())
    zones: dict[str, str] = {}
    for line in files("tzdata").joinpath("zoneinfo", "zone1970.tab").read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        codes, _place, name = line.split("\t")[:3]
        for code in codes.split(","):
            if name in known:
                zones.setdefault(code, name)
    return zones


def _attend(
    registrations: list[Registration], *, visits: list[int], sessions: list[Session], rng: random.Random
) -> None:
    popularity = list(accumulate(rng.uniform(0.6, 1.8) * (4 if session.broadcast_url else 1) for session in sessions))
    attendances, stays, bookings = [], [], []
    for registration, wanted in zip(registrations, visits, strict=True):
        chosen: dict[int, Session] = {}
        while len(chosen) < min(wanted, len(sessions)):
            session = rng.choices(sessions, cum_weights=popularity)[0]
            chosen[session.pk] = session
        for session in chosen.values():
            assert session.starts is not None  # noqa: S101  the database lets no scheduled session be without
            entered = session.starts + timedelta(minutes=rng.randint(-10, 20))
            visit = Attendance.entry(registration, session=session, at=entered, source=Source.SAMPLE)
            visit.last_seen += timedelta(minutes=rng.choice([0, 0, 15, 25]))
            attendances.append(visit)
            left = visit.last_seen if visit.last_seen > entered else None
            own = {"registration": registration, "session": session}
            stays.append(Stay(began=entered, ended=left, source=Source.SAMPLE, **own))
            if rng.random() < 0.7:
                bookings.append(_booking(registration, session=session, before=entered))
    bookings += _missed(
        registrations[::MISSED], sessions=sessions, seen={(a.registration_id, a.session_id) for a in attendances}
    )
    Attendance.objects.bulk_create(attendances, batch_size=BATCH)
    Stay.objects.bulk_create(stays, batch_size=BATCH)
    Booking.objects.bulk_create(bookings, batch_size=BATCH)


def _missed(
    registrations: list[Registration], *, sessions: list[Session], seen: set[tuple[int, int]]
) -> Iterator[Booking]:
    """Bookings of people who did not come."""
    rng = draw("missed")
    for registration in registrations:
        session = rng.choice(sessions)
        if session.starts and (registration.pk, session.pk) not in seen:
            yield _booking(registration, session=session, before=session.starts)


def _booking(registration: Registration, *, session: Session, before: datetime) -> Booking:
    """Booked between the registration and `before`, as early as a few days after the registration."""
    created = min(registration.created + timedelta(hours=36), before - timedelta(minutes=30))
    return Booking(registration=registration, session=session, created=created)


def _book(registrations: list[Registration], *, sessions: list[Session], now: datetime, rng: random.Random) -> None:
    """Book coming sessions, mostly of the next weeks; the smallest keeps one seat free."""
    near = [session for session in sessions if session.starts and session.starts < now + timedelta(days=20)] or sessions
    free = {session.pk: session.seats for session in sessions}
    bookings = []
    smallest = min((s for s in near if s.capacity), key=lambda s: s.capacity or 0, default=None)
    if smallest is not None and smallest.capacity:
        for registration in registrations[: smallest.capacity - 1]:
            bookings.append(_booking(registration, session=smallest, before=now))
        free[smallest.pk] = 0
    if full := _fill(registrations, sessions=[one for one in near if one.capacity is None], now=now):
        free[full.pk] = 0
    for registration in registrations:
        for session in rng.sample(near, k=min(len(near), rng.choice([2, 3, 4, 6]))):
            seats = free[session.pk]
            if seats == 0:
                continue
            free[session.pk] = None if seats is None else seats - 1
            bookings.append(_booking(registration, session=session, before=now))
    Booking.objects.bulk_create(bookings, batch_size=BATCH)


def _fill(registrations: list[Registration], *, sessions: list[Session], now: datetime) -> Session | None:
    """One session has few places, all booked but one that is offered, and a waiting list; None where there are too few sessions or
    people."""
    if not sessions or len(registrations) < FEW + WAIT:
        return None
    session = sessions[len(sessions) // 2]
    session.capacity = FEW
    session.save(update_fields=["capacity", "updated"])
    session.forum.offer_minutes = OFFERED // timedelta(minutes=1)
    session.forum.save(update_fields=["offer_minutes"])
    *late, _last = registrations[-FEW - WAIT - 1 :]
    Booking.objects.bulk_create(_booking(one, session=session, before=now) for one in late[: FEW - 1])
    Waiting.objects.bulk_create(
        Waiting(
            registration=one,
            session=session,
            joined=max(one.created, now - timedelta(hours=WAIT + 1 - place)),
            offered_until=None if place else min(now + OFFERED, session.starts or now),
        )
        for place, one in enumerate(late[FEW - 1 :])
    )
    return session


def _hold(forum: Forum, *, sessions: list[Session], now: datetime) -> None:
    """In one session some places are kept for speakers, until an hour before it begins."""
    booked = Booking.objects.filter(session__in=sessions).values_list("session").annotate(n=Count("pk"))
    few = {key for key, number in booked if number <= HELD_OF - HELD}
    free = [one for one in sessions if one.capacity is None and one.pk in few]
    kind = forum.kinds.filter(slug="speaker").first()
    if free and kind:
        session = free[len(free) // 3]
        session.capacity = HELD_OF
        session.save(update_fields=["capacity", "updated"])
        SeatHold.objects.create(session=session, kind=kind, seats=HELD)
