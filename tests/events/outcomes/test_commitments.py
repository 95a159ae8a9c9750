"""Commitments that are followed up: owners report, organisers confirm, the public reads how many were kept."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from events.models import ActionLine, Commitment, CommitmentReport, Message, Outcome
from events.outcomes.commitments import commitment_figures, commitment_mails, commitment_reports
from events.shared.history import log
from events.shared.mail import outbox
from events.shared.pages import revision
from tests.factories import NOW, ForumFactory, OrganisationFactory, UserFactory, confirmed, staff
from tests.refusals import refused

pytestmark = pytest.mark.django_db
LINK = "https://example.org/proof"


def make(forum=None, *, owner=None, title="A network", kind="commitment", **more):
    outcome = Outcome.objects.create(forum=forum or ForumFactory(), kind=kind, title=title)
    return Commitment.objects.create(
        outcome=outcome, organisation=OrganisationFactory(), owner=owner or UserFactory(), **more
    )


def report(commitment, state="kept", *, by=None, proof=LINK, now=NOW, **more):
    return commitment_reports.report(commitment, by=by or commitment.owner, state=state, proof=proof, now=now, **more)


def confirm(report, *, now=NOW):
    return commitment_reports.confirm(report, by=staff(), now=now)


# --- reporting and confirming ---------------------------------------------------------------------
def test_what_an_owner_says_is_public_once_it_is_confirmed(client, noon):
    commitment = make(target="A line to each village", indicator="Villages", due=NOW.date())
    page = f"/2020/outcomes/{commitment.outcome_id}/"
    before = client.get(page).content.decode()
    row, was = report(commitment, text="All are connected"), revision.current()
    waits = client.get(page).content.decode()

    confirm(row)

    assert revision.current() == was + 1
    after = client.get(page).content.decode()
    told = ("Nothing reported", "All are connected", LINK, "Kept")
    assert [[words in text for words in told] for text in (before, waits, after)] == [
        [True, False, False, False],
        [True, False, False, False],
        [False, True, True, True],
    ]
    assert [words for words in ("A line to each village", "Villages", "22 July 2020") if words not in after] == []
    told = client.get(f"/api/v1/outcomes/{commitment.outcome_id}/").json()["commitment"]
    assert (told["state"], told["proof"], told["target"]) == ("kept", LINK, "A line to each village")
    assert f"{commitment.outcome_id}/" in client.get("/2020/outcomes.csv").content.decode().splitlines()[1]
    assert ",kept," in client.get("/2020/outcomes.csv").content.decode()
    assert [entry.verb for entry in log.of(commitment)] == ["confirm-commitment", "report-commitment"]
    assert refused(confirm, row) == "wrong-state"


def test_a_second_report_takes_the_place_of_one_that_waits_and_follows_one_that_is_confirmed():
    commitment = make()
    report(commitment, "on-the-way")
    first = report(commitment, "changed", now=NOW + timedelta(hours=1))
    assert CommitmentReport.objects.count() == 1
    confirm(first)

    report(commitment, "kept", now=NOW + timedelta(days=1))

    assert [one.state for one in commitment.reports.all()] == ["kept", "changed"]
    with pytest.raises(IntegrityError), transaction.atomic():
        CommitmentReport.objects.create(commitment=commitment, state="kept", reported=NOW)


def test_nobody_confirms_what_the_owner_wrote_after_they_read_it(organiser_site):
    commitment = make()
    read = report(commitment, "on-the-way", text="Half of it")
    report(commitment, "kept", text="All of it", proof="https://example.org/other")

    chosen = {"action": "confirm", "_selected_action": [read.pk]}
    organiser_site.post(reverse("admin:events_commitmentreport_changelist"), chosen)

    assert not CommitmentReport.objects.exclude(confirmed=None).exists()
    assert refused(confirm, read) == "outdated"


def test_reports_are_refused():
    commitment = make()

    assert refused(report, commitment, by=UserFactory()) == "not-yours"
    assert refused(report, commitment, proof="") == {"proof": ["missing"]}
    assert refused(report, commitment, "") == {"state": ["missing"]}
    assert refused(report, commitment, "broken") == {"state": ["invalid_choice"]}
    wrong = refused(report, commitment, "changed", proof="javascript:alert(1)", text="a" * 2001)
    assert wrong == {"proof": ["invalid"], "text": ["max_length"]}
    assert report(commitment, "not-kept", proof="").state == "not-kept"


def test_owner_reports_on_a_page_that_nobody_else_finds(client, noon):
    commitment = make()
    page = reverse("events:commitment", args=["2020", commitment.outcome_id])
    client.force_login(UserFactory())
    assert (client.get(page).status_code, client.post(page, {"state": "kept"}).status_code) == (404, 404)
    client.force_login(commitment.owner)

    wrong = client.post(page, {"state": "kept"}).content.decode()
    sent = client.post(page, {"state": "kept", "proof": LINK, "text": "Done"}, follow=True).content.decode()

    assert "Give a link that shows it" in wrong
    assert "The public reads it once the organisers have confirmed it." in sent
    assert ("With the organisers" in sent, CommitmentReport.objects.get().by) == (True, commitment.owner)


def test_owner_reports_on_what_is_hidden_by_the_address_of_the_mail(client):
    commitment = make()
    pages = [reverse(f"events:{name}", args=["2020", commitment.outcome_id]) for name in ("commitment", "outcome")]
    client.force_login(commitment.owner)
    shown = client.get(pages[0]).content.decode()
    Outcome.objects.update(is_public=False)

    answer, public = (client.get(page) for page in pages)

    assert (answer.status_code, public.status_code) == (200, 404)
    assert [f'href="{pages[1]}"' in text for text in (shown, answer.content.decode())] == [True, False]
    assert f'href="{pages[0]}"' in client.get("/account/").content.decode()


def test_no_owner_is_named_while_the_forum_is_hidden(organiser_site):
    outcome = Outcome.objects.create(forum=ForumFactory(is_public=False), kind="launch", title="A network")
    data = {"outcome": outcome.pk, "organisation": OrganisationFactory().pk, "email": confirmed().email}

    answer = organiser_site.post(reverse("admin:events_commitment_add"), data)

    errors = answer.context["adminform"].form.errors.as_data()
    assert {name: [one.code for one in found] for name, found in errors.items()} == {"email": ["hidden-forum"]}
    assert (Commitment.objects.count(), Message.objects.count()) == (0, 0)


def test_organisers_set_and_take_away_an_owner_and_confirm(organiser_site):
    owner = confirmed()
    outcome = Outcome.objects.create(forum=ForumFactory(), kind="launch", title="A network")
    other = Outcome.objects.create(forum=outcome.forum, kind="publication", title="A book")
    add = reverse("admin:events_commitment_add")
    data = {"outcome": outcome.pk, "organisation": OrganisationFactory().pk, "email": owner.email}

    wrong = organiser_site.post(add, data | {"outcome": other.pk, "email": "nobody@example.org"})
    organiser_site.post(add, data)

    errors = wrong.context["adminform"].form.errors
    assert {name: len(found) for name, found in errors.items()} == {"outcome": 1, "email": 1}
    commitment = Commitment.objects.get()
    assert commitment.owner == owner
    message = Message.objects.get()
    assert (message.kind, message.to) == ("commitment-owner", owner.email)
    assert f"/2020/outcomes/{outcome.pk}/report/" in message.text
    assert outbox.unwanted([message], now=NOW) == set()
    row = report(commitment)
    chosen = {"action": "confirm", "_selected_action": [row.pk]}
    answer = organiser_site.post(reverse("admin:events_commitmentreport_changelist"), chosen, follow=True)
    assert "1 confirmed." in answer.content.decode()
    change = reverse("admin:events_commitment_change", args=[commitment.pk])
    organiser_site.post(change, data | {"email": "", "target": "More"})
    commitment.refresh_from_db()
    assert (commitment.owner, commitment.target) == (owner, "More")
    organiser_site.post(change, data | {"email": "", "is_left": "on"})
    commitment.refresh_from_db()
    assert commitment.owner is None
    assert outbox.unwanted([message], now=NOW) == {message.pk}


# --- what the owner is told -----------------------------------------------------------------------
def test_owner_is_told_that_a_report_is_confirmed():
    commitment = make()

    confirm(report(commitment))

    mail = Message.objects.get()
    assert (mail.kind, mail.to, mail.subject) == (
        "commitment-confirmed",
        commitment.owner.email,
        "Confirmed: your report on “A network”",
    )
    assert mail.unsubscribe_url in mail.text
    assert outbox.unwanted([mail], now=NOW) == set()
    Commitment.objects.update(owner=None)
    assert outbox.unwanted([mail], now=NOW) == {mail.pk}


def test_a_report_that_is_sent_back_tells_the_owner_why_and_waits_on_their_page(client, organiser_site, noon):
    commitment = make()
    row = report(commitment, text="All are connected")
    changelist, chosen = reverse("admin:events_commitmentreport_changelist"), {"_selected_action": [row.pk]}

    asked = organiser_site.post(changelist, chosen | {"action": "send_back"})
    done = organiser_site.post(
        changelist, chosen | {"action": "send_back", "apply": "1", "reason": "Another project"}, follow=True
    )

    mail = Message.objects.get()
    client.force_login(commitment.owner)
    page = client.get(reverse("events:commitment", args=["2020", commitment.outcome_id])).content.decode()
    assert (asked.status_code, "1 report is sent back." in done.content.decode()) == (200, True)
    assert (mail.kind, mail.to, "Another project" in mail.text) == (
        "commitment-sent-back",
        commitment.owner.email,
        True,
    )
    assert [words in page for words in ("Sent back", "Another project", "All are connected")] == [True] * 3
    report(commitment, text="Now with another link")
    assert [(one.sent_back, one.text) for one in commitment.reports.all()] == [("", "Now with another link")]
    assert log.of(commitment).filter(verb="send-back-commitment").get().reason == "Another project"


def test_reports_are_not_sent_back_without_a_reason_or_once_they_are_public():
    row = report(make())

    assert refused(commitment_reports.send_back, row, reason=" ", by=staff(), now=NOW) == {"reason": ["no-reason"]}
    confirm(row)
    assert refused(commitment_reports.send_back, row, reason="Why", by=staff(), now=NOW) == "wrong-state"


# --- figures --------------------------------------------------------------------------------------
def test_page_says_how_many_of_last_years_were_kept_by_line_and_goal(client, noon):
    before, forum = ForumFactory(slug="2019", name="WSIS Forum 2019"), ForumFactory()
    type(before).objects.filter(pk=before.pk).update(starts="2019-04-08", ends="2019-04-12")
    line = ActionLine.objects.get(code="C2")
    for state in ("kept", "kept", "on-the-way", None):
        commitment = make(before, title=f"Promise {state}")
        commitment.outcome.action_lines.add(line)
        commitment.outcome.sdgs.add(9)
        if state:
            confirm(report(commitment, state))
    confirm(report(make(before, title="Hidden promise")))
    Outcome.objects.filter(title="Hidden promise").update(is_public=False)
    report(make(forum, title="This year’s"))

    last, this = (commitment_figures.figures(one, now=NOW) for one in (before, forum))
    page = client.get("/2020/commitments/").content.decode()

    assert (last.all.total, last.kept, last.all.counts) == (4, 2, [1, 2, 0, 0, 1])
    assert [(one.label, one.counts, one.address) for one in last.by_line] == [
        ("C2 Infrastructure", [1, 2, 0, 0, 1], "?action_line=C2")
    ]
    assert [one.address for one in last.by_goal] == ["?sdg=9"]
    assert (this.all.total, this.kept) == (1, 0)
    assert ("2 of 4 commitments were kept." in page, "0 of 1 commitment was kept." in page) == (True, True)
    assert ("Promise kept" in page, "This year’s" in page, "Hidden promise" in page) == (True, True, False)
    assert "/2019/outcomes/?action_line=C2" in page


@pytest.mark.parametrize("rows", [1, 3])
def test_page_asks_as_often_for_three_as_for_one(client, django_assert_num_queries, rows):
    forum = ForumFactory()
    for _n in range(rows):
        commitment = make(forum)
        commitment.outcome.sdgs.add(9)
        confirm(report(commitment))

    with django_assert_num_queries(8):
        assert "were kept" in client.get("/2020/commitments/").content.decode() or rows == 1


# --- the yearly mail ------------------------------------------------------------------------------
def test_owners_are_asked_once_a_year_until_it_is_final():
    commitment = make()  # the forum ended on 10 September 2020
    year = datetime(2021, 9, 12, 12, tzinfo=UTC)
    quiet = [datetime(2020, 12, 1, tzinfo=UTC), year - timedelta(days=9), year + timedelta(days=90)]
    assert [commitment_mails.ask(moment) for moment in quiet] == [0, 0, 0]

    assert [commitment_mails.ask(moment) for moment in (year, year + timedelta(days=20))] == [1, 0]

    message = Message.objects.get()
    assert (message.kind, message.to) == ("commitment-yearly", commitment.owner.email)
    assert f"/2020/outcomes/{commitment.outcome_id}/report/" in message.text
    assert outbox.unwanted([message], now=year) == set()
    row = report(commitment, "on-the-way", now=year)
    assert outbox.unwanted([message], now=year) == {message.pk}
    confirm(row, now=year)
    assert commitment_mails.ask(year.replace(year=2022)) == 1
    confirm(report(commitment, now=year.replace(year=2022)), now=year)
    assert commitment_mails.ask(year.replace(year=2023)) == 0


@pytest.mark.parametrize("fault", ["no owner", "closed", "hidden", "sample", "not public"])
def test_nobody_is_asked_without_a_reason(fault):
    commitment = make()
    forum, owner = commitment.outcome.forum, commitment.owner
    changes = {
        "no owner": (commitment, {"owner": None}),
        "closed": (owner, {"is_active": False}),
        "hidden": (forum, {"is_public": False}),
        "sample": (forum, {"is_sample": True}),
        "not public": (commitment.outcome, {"is_public": False}),
    }
    row, values = changes[fault]
    type(row).objects.filter(pk=row.pk).update(**values)

    assert commitment_mails.ask(datetime(2021, 9, 12, 12, tzinfo=UTC)) == 0
