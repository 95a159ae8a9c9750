"""The pages that ask before rows are deleted."""

import re

import pytest
from django.urls import reverse

from events.models import Outcome, Theme
from tests.admin.rows import MAKERS

pytestmark = pytest.mark.django_db


def test_what_goes_is_named_in_words_and_tables_that_tie_rows_are_not(organiser_site):
    outcome = MAKERS[Outcome]()
    outcome.themes.add(Theme.objects.create(code="peace", name="Peace"))
    chosen = {"action": "delete_selected", "_selected_action": [outcome.pk]}

    pages = [
        organiser_site.get(reverse("admin:events_outcome_delete", args=[outcome.pk])),
        organiser_site.post(reverse("admin:events_outcome_changelist"), chosen),
    ]

    for page in pages:
        box = page.content.decode().split('<section class="final">')[1].split("</section>")[0]
        assert [re.sub("<[^>]+>", "", item).strip() for item in re.findall("<li>(.*?)</li>", box, re.DOTALL)] == [
            "Outcomes: 1",
            f"Outcome: {outcome}",
        ]
