import pytest

from prizes.models import Attachment, EarlierWinner, Linkage, NominationVersion
from tests.factories import NOW, CountryFactory, SDGFactory, staff
from tests.files import stored
from tests.prizes.factories import NominationFactory

pytestmark = pytest.mark.django_db
LIST = "/admin/prizes/nomination/"


@pytest.fixture
def row(edition):
    category = edition.categories.first()
    row = NominationFactory(category=category, title="Fibre for the north", links=["https://example.org/a"])
    NominationFactory(category=category, title="Fibre for the north 2", entity_name="Near one")
    Linkage.objects.create(nomination=row, sdg=SDGFactory(), text="It links <b>them</b>")
    NominationVersion.objects.create(nomination=row, number=1, at=NOW, by=row.nominator, data={"title": "As it was"})
    file = stored(b"%PDF-1.4", "nominations/a.pdf")
    Attachment.objects.create(nomination=row, title="<i>Report</i>", file=file, uploaded=NOW)
    return row


def member(client, group):
    user = staff(group)
    client.force_login(user)
    return user


def withdraw(client, row, **more):
    data = {"action": "withdraw", "_selected_action": [row.pk], "select_across": "0", **more}
    return client.post(LIST, data, follow=True)


def test_page_shows_all_that_was_submitted_and_changes_nothing(client, row):
    member(client, "prize officers")
    EarlierWinner.objects.create(year=2017, title="Fibre for the norths", title_key="fibre for the norths")

    html = client.get(f"{LIST}{row.pk}/change/").content.decode()
    client.post(f"{LIST}{row.pk}/change/", {"title": "Other", "state": "nominated", "description": "x"})

    for words in (
        "Fibre for the north 2 · Near one",
        "Fibre for the norths · 2017",
        "It links &lt;b&gt;them&lt;/b&gt;",
        "As it was",
        "https://example.org/a",
    ):
        assert words in html
    file = row.attachments.get()
    address = f"/2020/prizes/nominate/{row.code}/files/{file.pk}/"
    assert f'<a href="{address}"><bdi>&lt;i&gt;Report&lt;/i&gt;</bdi></a>' in html
    assert 'name="_save"' not in html
    row.refresh_from_db()
    assert (row.title, row.state) == ("Fibre for the north", "submitted")
    answer = client.get(address)
    assert b"".join(answer.streaming_content) == b"%PDF-1.4"
    answer.close()


@pytest.mark.parametrize("state", ["draft", "withdrawn"])
def test_drafts_and_their_files_are_nobodys_to_read(client, row, state):
    draft = NominationFactory(category=row.category, state=state, submitted=None, title="Canary draft")
    file = Attachment.objects.create(
        nomination=draft, title="Plan", file=stored(b"%PDF", "nominations/a.pdf"), uploaded=NOW
    )
    member(client, "prize officers")

    listed = [client.get(LIST, asked) for asked in ({}, {"state__exact": state}, {"q": "Canary"}, {"q": draft.code})]
    pages = [client.get(f"{LIST}{draft.pk}/{page}/") for page in ("change", "history")]
    done = withdraw(client, draft, apply="1", reason="Canary reason").content

    assert [b"Canary draft" in page.content for page in listed] == [False] * 4
    assert [page.status_code for page in pages] == [302, 404]
    assert client.get(f"/2020/prizes/nominate/{draft.code}/files/{file.pk}/").status_code == 404
    draft.refresh_from_db()
    assert (draft.state, b"1 withdrawn." in done) == (state, False)


def test_earlier_winner_gets_the_key_of_its_title(client):
    CountryFactory()
    member(client, "prize officers")
    data = {"year": "2018", "title": "E-Santé: Mali", "entity_name": "", "country": ""}

    client.post("/admin/prizes/earlierwinner/add/", data)
    refused = client.post("/admin/prizes/earlierwinner/add/", data | {"title": "…"}).content.decode()

    assert EarlierWinner.objects.get().title_key == "e sante mali"
    assert "Enter a title with letters or digits" in refused
