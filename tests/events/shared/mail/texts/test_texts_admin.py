"""Organisers read, edit, preview and give back the words of automatic mails."""

import pytest
from django.urls import reverse

from events.models import MailText
from tests.factories import staff

pytestmark = pytest.mark.django_db
EDIT = reverse("admin:events_mailtext_edit", args=["proposal-received"])


@pytest.fixture
def site(client, forum):
    client.force_login(staff("organisers", forum=forum))
    return client


def sent(answer, **changes):
    """What a browser would send of a page."""
    data = {}
    for one in answer.context["versions"]:
        for name in ("subject", "body"):
            data[f"{one.language}-{name}"] = one.form.initial[name]
    return data | {name.replace("_", "-"): value for name, value in changes.items()}


def test_list_says_in_which_languages_a_forum_has_its_own_words(site, forum):
    MailText.objects.create(forum=forum, kind="reminder", language="fr", subject="A", body="B")

    answer = site.get(reverse("admin:events_mailtext_changelist"), {"forum": forum.slug})

    rows = {text.key: [is_own for _name, is_own in cells] for text, cells in answer.context["rows"]}
    assert (rows["reminder"], rows["changed"]) == ([False, True, False], [False, False, False])
    assert answer.status_code == 200


def test_page_saves_what_was_changed_and_nothing_else(site, forum):
    page = site.get(EDIT)
    assert MailText.objects.count() == 0

    answer = site.post(EDIT, sent(page, en_subject="Got {title}"))

    row = MailText.objects.get()
    assert (answer.status_code, row.forum, row.kind, row.language) == (302, forum, "proposal-received", "en")
    page = site.get(EDIT)
    assert page.context["missing"] == ["French", "Arabic"]
    assert b"Back to the original" in page.content
    assert page.context["versions"][0].preview.subject.startswith("Got ")


def test_one_language_that_is_refused_keeps_all_from_being_saved(site):
    answer = site.post(EDIT, sent(site.get(EDIT), en_subject="Got {title}", fr_body="{nobody}"))

    assert (answer.status_code, MailText.objects.count()) == (200, 0)
    assert set(answer.context["versions"][1].form.errors) == {"body"}
    assert b"Got {title}" in answer.content
