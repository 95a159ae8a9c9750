"""Makes the two sample forums: WSIS Forum 2020 and the current edition."""

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import cycle

from django.db.models.functions import Lower
from django.utils.translation import gettext_noop

from events.models import (
    Commitment,
    CommitmentReport,
    Forum,
    Organisation,
    Outcome,
    Partner,
    PracticalPage,
    Session,
    SessionReport,
    Speaker,
    Theme,
)
from events.reference import standard_rows
from events.reference.standard_rows import data
from events.sample import consultation, draw, drawings, people, sessions, texts, timetable, versions
from events.sample.timetable import GENEVA, Plan

SLUG = "2020"
SPEAKERS_2020 = 846
WOMEN_2020 = 381  # 45 %
SPEAKERS_CURRENT = 420
HOSTS = 14  # of the exhibition hall: two for each day of the week
PORTRAYED = 8  # one speaker of so many has a portrait
DECLARATION = gettext_noop("Sample data: this edition shows the site at work and is not held.")


def make_2020() -> Forum:
    """Make WSIS Forum 2020 with its 164 sessions and 846 speakers. Atomicity is the caller's."""
    standard_rows.load()
    facts = data("wsis-forum-2020")["forum"]
    known, invented = _organisations()
    forum = Forum.objects.create(
        slug=SLUG,
        name=facts["name"],
        theme=facts["theme"],
        starts=date.fromisoformat(facts["starts"]),
        ends=date.fromisoformat(facts["ends"]),
        time_zone=facts["timezone"],
        host=known[facts["host"]],
        chair=facts["chair"],
        is_public=True,
        is_sample=True,
        **data("sample_texts")["forum"],
        registration_opens=datetime(2020, 3, 2, 8, tzinfo=UTC),
        registration_closes=datetime(2020, 9, 8, 16, tzinfo=UTC),
    )
    forum.co_organisers.set([known[name] for name in facts["co_organizers"]])
    rng = draw("2020")
    plans = timetable.plans_2020(rng=rng)
    speakers = _speakers(forum, count=SPEAKERS_2020, women=WOMEN_2020, organisations=invented, rng=rng)
    panels = _fresh_panels(plans, speakers=speakers, rng=rng)
    made = sessions.write(
        forum, plans, known=known, invented=invented, panels=panels, now=datetime(2021, 1, 1, tzinfo=UTC), rng=rng
    )
    versions.first(forum, now=datetime(2020, 6, 1, 8, tzinfo=UTC))
    _outcomes_2020(forum, made=made, known=known)
    _partners(forum, organisations=invented)
    return forum


def make_current(now: datetime) -> Forum:
    """Make an edition of 11 weeks whose third week holds the day of `now`. Atomicity is the caller's."""
    known, invented = _organisations()
    today = now.astimezone(GENEVA).date()
    first_day = today - timedelta(days=today.weekday() + 14)
    forum = Forum.objects.create(
        slug=_free_slug(first_day),
        name=f"WSIS Forum {first_day.year} (sample)",
        theme=DECLARATION,
        starts=first_day,
        ends=first_day + timedelta(days=76),
        host=known["ITU"],
        is_public=True,
        is_sample=True,
        chair="Made-up Name",
        letter_signatory="Made-up Name, Coordinator of the Forum",
        **data("sample_texts")["forum"],
        broadcast_audience=3200,
        registration_opens=datetime.combine(first_day - timedelta(days=60), time(8), tzinfo=GENEVA),
        registration_closes=datetime.combine(first_day + timedelta(days=75), time(18), tzinfo=GENEVA),
    )
    forum.co_organisers.set([known[name] for name in ("ITU", "UNESCO", "UNDP", "UNCTAD")])
    rng = draw("current")
    plans = timetable.plans_current(first_day, rng=rng)
    speakers = _speakers(forum, count=SPEAKERS_CURRENT, women=SPEAKERS_CURRENT // 2, organisations=invented, rng=rng)
    panels = _rotating_panels(plans, speakers=speakers, rng=rng)
    made = sessions.write(forum, plans, known=known, invented=invented, panels=panels, now=now, rng=rng)
    coming = _vary(made, now=now)
    versions.first(forum, now=now - timedelta(days=20))
    versions.second(forum, cancelled=coming[5], others=coming[8:], now=now - timedelta(days=1))
    sessions.translate(made, now=now)
    _outcomes_current(forum, made=made, now=now, rng=rng)
    _partners(forum, organisations=invented)
    PracticalPage.objects.bulk_create(
        PracticalPage(forum=forum, order=order, is_public=True, **page)
        for order, page in enumerate(data("sample_texts")["practical_pages"], start=1)
    )
    consultation.make(forum, organisations=invented, now=now)
    return forum


def make_next(forum: Forum) -> Forum:
    """Make the forum of the year after: five days, nothing in its programme yet. Atomicity is the caller's."""
    first_day = forum.starts + timedelta(weeks=53)
    following = Forum(
        slug=_free_slug(first_day),
        name=f"WSIS Forum {first_day.year} (sample)",
        theme=DECLARATION,
        starts=first_day,
        ends=first_day + timedelta(days=4),
        host=forum.host,
        is_public=True,
        is_sample=True,
    )
    following.set_usual_registration()
    following.save()
    return following


def _free_slug(first_day: date) -> str:
    """The year; year and month when that is taken; then with a number."""
    taken = set(Forum.objects.values_list("slug", flat=True)) | {SLUG}
    names = [f"{first_day:%Y}", f"{first_day:%Y-%m}", *[f"{first_day:%Y-%m}-{n}" for n in range(2, 100)]]
    return next(name for name in names if name not in taken)


def _organisations() -> tuple[dict[str, Organisation], list[Organisation]]:
    """Return the known organisations by acronym and name, and the invented ones; make those that are missing."""
    existing = {row.low: row for row in Organisation.objects.annotate(low=Lower("name"))}
    wanted = [
        Organisation(
            name=row["name"],
            acronym=row["acronym"],
            stakeholder_type=row["stakeholder_type"],
            country_id=row["country"],
        )
        for row in data("organisations")
    ]
    rng = draw("organisations")
    codes = cycle([code for culture in people.CULTURES for code in culture.countries])
    wanted += [
        Organisation(name=name, stakeholder_type=kind, country_id=next(codes), is_sample=True)
        for name, kind in people.organisations(rng=rng, places=texts.PLACES)
    ]
    Organisation.objects.bulk_create([row for row in wanted if row.name.lower() not in existing])
    rows = {row.name: row for row in Organisation.objects.all()}
    by_low = {name.lower(): row for name, row in rows.items()}
    mine = [by_low[row.name.lower()] for row in wanted]
    split = len(data("organisations"))
    known = {key: row for row in mine[:split] for key in (row.name, row.acronym) if key}
    return known, mine[split:]


def _speakers(
    forum: Forum, *, count: int, women: int, organisations: list[Organisation], rng: random.Random
) -> list[Speaker]:
    rows = []
    for number, person in enumerate(people.persons(count, women=women, rng=rng)):
        organisation = rng.choice(organisations)
        position = rng.choice(people.POSITIONS[organisation.stakeholder_type])
        rows.append(
            Speaker(
                forum=forum,
                form_of_address=person.form_of_address,
                name=person.name,
                position=position,
                organisation=organisation,
                country_id=person.country,
                gender=person.gender,
                biography=(
                    f"{person.name} is an invented person. In the sample, this is where a speaker’s work as "
                    f"{position.lower()} at {organisation.name}, earlier posts and publications are told in a few lines."
                ),
                photo="" if number % PORTRAYED else drawings.portrait(number // PORTRAYED),
                is_sample=True,
            )
        )
    return Speaker.objects.bulk_create(rows)


def _fresh_panels(plans: list[Plan], *, speakers: list[Speaker], rng: random.Random) -> list[list[Speaker]]:
    """Every speaker has one panel; every third session has a moderator who spoke thirty sessions earlier."""
    panels: list[list[Speaker]] = []
    rest = iter(speakers)
    for number, size in enumerate(sessions.panel_sizes(plans, total=len(speakers), rng=rng)):
        panel = [next(rest) for _n in range(size)]
        if number >= 30 and number % 3 == 0:
            panel.insert(0, panels[number - 30][-1])
        panels.append(panel)
    return panels


def _rotating_panels(plans: list[Plan], *, speakers: list[Speaker], rng: random.Random) -> list[list[Speaker]]:
    """The speakers take turns, so that days lie between two appearances; the hosts stand in the hall only."""
    hosts, turn = cycle(speakers[:HOSTS]), cycle(speakers[HOSTS:])
    return [
        [next(hosts if plan.type_code == "exhibition" else turn) for _n in range(size)]
        for plan, size in zip(
            plans,
            [sessions.PANEL_SIZES.get(plan.type_code, rng.choice([2, 3, 4])) for plan in plans],
            strict=True,
        )
    ]


def _vary(made: list[Session], *, now: datetime) -> list[Session]:
    """Return the coming sessions, small ones among them and one with 12 seats. One, and one that runs now, are interpreted, with
    International Sign, and broadcast."""
    coming = [
        session
        for session in made
        if session.type.code != "exhibition" and session.starts and session.starts > now + timedelta(hours=26)
    ]
    for session in coming[2::9]:
        session.capacity = 40
    coming[0].capacity = 12
    running = [session for session in made if session.is_live(now) and session.type.code != "exhibition"]
    for session in [*running[:1], coming[1]]:
        session.languages, session.captioning, session.interpretation = ["en"], ["en"], sessions.INTERPRETED
        session.broadcast_url = sessions.broadcast(session)
    fields = ["capacity", "languages", "captioning", "interpretation", "broadcast_url"]
    Session.objects.bulk_update(made, fields, batch_size=200)
    return coming


def _outcomes_2020(forum: Forum, *, made: list[Session], known: dict[str, Organisation]) -> None:
    written = data("sample_texts")["outcomes"]
    by_title = {session.title: session for session in made}
    for order, row in enumerate(data("wsis-forum-2020")["outcomes"], start=1):
        told = written[row["title"]]
        outcome = Outcome.objects.create(
            forum=forum,
            session=by_title.get(told["session"]),
            kind=row["kind"],
            title=row["title"],
            text=told["text"],
            order=order,
        )
        outcome.organisations.set([known[name] for name in row.get("organizations", [])])
        outcome.themes.set(Theme.objects.filter(code__in=told["themes"]))
        _sort_as_session(outcome)
    # Of what real organisations promised the sample invents nothing bad.
    states = [CommitmentReport.State.KEPT, CommitmentReport.State.ON_THE_WAY] * 4
    _commitments(forum, states=states, now=datetime.combine(forum.ends, time(12), tzinfo=UTC) + timedelta(days=365))


def _sort_as_session(outcome: Outcome) -> None:
    """Give an outcome the day, the Action Lines and the goals of its session."""
    if (session := outcome.session) is None or session.starts is None:
        return
    outcome.date = session.forum.local(session.starts).date()
    outcome.save(update_fields=["date"])
    outcome.action_lines.set(session.action_lines.all())
    outcome.sdgs.set(session.sdgs.all())


def _outcomes_current(forum: Forum, *, made: list[Session], now: datetime, rng: random.Random) -> None:
    past = [s for s in made if s.ends and s.ends <= now and s.type.code == "thematic_workshop"]
    kinds, themes = cycle(Outcome.Kind.values), cycle(Theme.objects.all())
    for order, session in enumerate(rng.sample(past, k=min(6, len(past))), start=1):
        outcome = Outcome.objects.create(
            forum=forum,
            session=session,
            kind=next(kinds),
            title=f"Follow-up to “{session.title}”"[:250],
            text="The partners of the session agreed on a next step and named who takes it. " + texts.SAMPLE_NOTE,
            order=order,
        )
        outcome.organisations.set(session.organisers.all())
        outcome.themes.set([next(themes)])
        _sort_as_session(outcome)
    _reports(past)
    _commitments(forum, states=[*CommitmentReport.State, None], now=now)


def _commitments(forum: Forum, *, states: Sequence[CommitmentReport.State | None], now: datetime) -> None:
    """A commitment in each of some states (None: nothing is reported), of the first organisation of an outcome or else the host."""
    rows = Outcome.objects.filter(forum=forum, kind__in=Commitment.KINDS)
    for outcome, state in zip(rows, states, strict=False):
        organisation = outcome.organisations.first() or forum.host
        if organisation is None:
            continue
        commitment = Commitment.objects.create(
            outcome=outcome,
            organisation=organisation,
            target="A first version that everybody can use",
            indicator="People who use it",
            due=forum.ends,
        )
        if state:
            commitment.reports.create(
                state=state, text=texts.SAMPLE_REPORT, proof="https://example.org/report", reported=now, confirmed=now
            )


def _reports(past: list[Session]) -> None:
    """One report that the public reads, one that waits for organisers, and one that its hosts have begun."""
    states = SessionReport.State
    for session, state in zip(past, (states.APPROVED, states.SUBMITTED, states.DRAFT), strict=False):
        SessionReport.objects.create(
            session=session,
            state=state,
            submitted=None if state == states.DRAFT else session.ends,
            updated=session.ends,
            key_issues="Participants compared what works where lines are weak and money is short. " + texts.SAMPLE_NOTE,
            quotes="“What we build must still run when the project is over.”",
            way_forward="The partners meet again before the next Forum and tell how far they have come.",
        )


def _partners(forum: Forum, *, organisations: list[Organisation]) -> None:
    kinds = ["strategic", "platinum", "gold", "gold", "sponsor", "partner", "partner", "contributor"]
    private = [row for row in organisations if row.stakeholder_type in {"private_sector", "international_org"}]
    Partner.objects.bulk_create(
        Partner(forum=forum, organisation=organisation, kind=kind, order=order, logo=drawings.logo(organisation.name))
        for order, (kind, organisation) in enumerate(zip(kinds, private, strict=False), start=1)
    )
