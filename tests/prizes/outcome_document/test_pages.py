"""The pages of the Outcome Document: the public one with its files, and the organisers'."""

import pytest

from events.shared.admin import publishing
from prizes.models import OutcomeDocument
from prizes.outcome_document import versions
from tests.factories import NOW, ForumFactory, UserFactory, staff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
PAGE, ADMIN = "/2020/outcomes/document/", "/admin/prizes/outcomedocument/"
State = OutcomeDocument.State


@pytest.fixture
def row():
    made = versions.ask(ForumFactory(), language="en", by=UserFactory(), now=NOW)
    versions.make_due(NOW)
    made.refresh_from_db()
    return made


def statuses(client, *addresses):
    return [client.get(address).status_code for address in addresses]


def test_public_sees_what_is_published(client, row):
    files = [f"{PAGE}1.{kind}" for kind in ("pdf", "docx")]
    before = (client.get(PAGE).content.decode(), statuses(client, *files))
    publishing.publish(row, by=UserFactory(), now=NOW)
    page, pdf, docx = (client.get(address) for address in (PAGE, *files))

    assert ("Not published yet" in before[0], before[1]) == (True, [404, 404])
    assert (row.pdf_sha256 in page.content.decode(), "Version 1" in page.content.decode()) == (True, True)
    assert (pdf["Content-Type"], b"".join(pdf)[:5]) == ("application/pdf", b"%PDF-")
    assert (b"".join(docx)[:2], docx["Content-Length"]) == (b"PK", str(row.docx.size))
    assert docx["Content-Disposition"] == 'attachment; filename="2020-outcome-document-1.docx"'
    assert pdf["ETag"] == f'"{row.pdf_sha256}"'
    assert statuses(client, f"{PAGE}2.pdf", f"{PAGE}1.exe", "/2021/outcomes/document/") == [404, 404, 404]


def test_file_that_is_lost_is_not_there(client, row):
    publishing.publish(row, by=UserFactory(), now=NOW)
    row.pdf.storage.delete(row.pdf.name)

    assert statuses(client, f"{PAGE}1.pdf") == [404]


def test_organiser_has_one_made_sees_how_far_it_is_and_publishes_it(organiser_site, boss):
    forum = ForumFactory()
    sent = organiser_site.post(f"{ADMIN}make/?forum={forum.slug}", {"forum": forum.pk, "language": "en"})
    row = OutcomeDocument.objects.get()
    row.set_progress(70)
    waits = organiser_site.get(sent["Location"])
    versions.make_due(NOW)
    done = organiser_site.get(sent["Location"])
    change = organiser_site.get(done["Location"]).content.decode()
    file = b"".join(organiser_site.get(f"{ADMIN}{row.pk}/file.pdf"))
    organiser_site.post(ADMIN, {"action": "publish", "_selected_action": row.pk})

    assert sent["Location"] == f"{ADMIN}{row.pk}/making/"
    assert (waits.status_code, waits["Retry-After"], waits["Progress"]) == (503, "3", "70")
    assert '<progress id="progress" value="70" max="100">' in waits.content.decode()
    row.refresh_from_db()
    assert (row.pdf_sha256 in change, file[:5], row.published) == (True, b"%PDF-", NOW)


def test_refusal_stands_in_the_form_and_other_forums_are_not_offered(client, row):
    other = ForumFactory(slug="2021")
    client.force_login(staff("organisers", forum=row.forum))
    versions.ask(row.forum, language="en", by=UserFactory(), now=NOW)

    refused = client.post(f"{ADMIN}make/", {"forum": row.forum.pk, "language": "fr"})
    foreign = client.post(f"{ADMIN}make/", {"forum": other.pk, "language": "fr"})

    assert "being made in another language" in refused.content.decode()
    assert (foreign.status_code, OutcomeDocument.objects.filter(forum=other).exists()) == (200, False)


def test_chair_stands_on_the_home_page(client):
    ForumFactory(chair="Ada Lovelace", chair_title="Minister", chair_message="Welcome **all**")

    page = client.get("/2020/").content.decode()

    assert [words in page for words in ("Ada Lovelace", "Minister", "<strong>all</strong>")] == [True] * 3
