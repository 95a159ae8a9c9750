"""The organisers' page of an edition: dates and rules change with a reason, through the rules, and stand in the log."""

from datetime import timedelta

import pytest
from django.urls import reverse

from events.models import HistoryEntry
from prizes.models import Category, Edition, Phase
from tests.factories import NOW, ForumFactory
from tests.prizes.factories import make_edition

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]

DAY = timedelta(days=1)
KINDS = list(Phase.Kind.values)


@pytest.fixture
def edition():
    return make_edition(phase="review")


def page_of(edition):
    return reverse("admin:prizes_edition_change", args=[edition.pk])


def fields_of(form):
    """What a browser sends back of an untouched form: name → value."""
    sent = {}
    for bound in form:
        value = bound.value()
        widgets = getattr(bound.field.widget, "widgets", None)
        if bound.field.disabled:
            continue
        if widgets:
            parts = bound.field.widget.decompress(value)
            for place, (widget, part) in enumerate(zip(widgets, parts, strict=True)):
                sent[f"{bound.html_name}_{place}"] = widget.format_value(part) or ""
        elif value is not None and value is not False:
            sent[bound.html_name] = value
    return sent


def form_of(client, edition):
    """The data of the untouched page."""
    context = client.get(page_of(edition)).context
    sent = fields_of(context["adminform"].form)
    for inline in context["inline_admin_formsets"]:
        sent |= fields_of(inline.formset.management_form)
        for form in inline.formset.initial_forms if inline.has_change_permission else []:
            sent |= fields_of(form)
    return sent


def move(sent, kind, *, ends=None, starts=None, reason=""):
    place = KINDS.index(kind)
    for name, moment in [("starts", starts), ("ends", ends)]:
        if moment:
            local = moment.astimezone(Edition(time_zone="Europe/Zurich").zone)
            sent |= {f"phases-{place}-{name}_0": f"{local:%Y-%m-%d}", f"phases-{place}-{name}_1": f"{local:%H:%M}"}
    return {**sent, f"phases-{place}-reason": reason}


def errors(answer):
    """The sentences at the fields of the phases, and above them."""
    formset = answer.context["inline_admin_formsets"][0].formset
    rows = [(name, text) for row in formset.errors for name, texts in row.items() for text in texts]
    return rows + [("", text) for text in formset.non_form_errors()]


# --- dates -----------------------------------------------------------------------------------------
def test_page_saved_untouched_logs_nothing_and_another_time_zone_moves_nothing(organiser_site, edition):
    before, sent = list(edition.phases.values()), form_of(organiser_site, edition)

    assert organiser_site.post(page_of(edition), sent).status_code == 302
    assert not HistoryEntry.objects.exists()
    assert organiser_site.post(page_of(edition), sent | {"time_zone": "Asia/Tokyo"}).status_code == 302

    assert list(edition.phases.values()) == before
    assert HistoryEntry.objects.get().after == {"time_zone": "Asia/Tokyo"}


@pytest.mark.parametrize(
    ("ends", "field", "sentence"),
    [
        (-1, "ends", "This end has passed already. Choose one in the future"),
        (15, "", "A phase starts before the one before it has ended."),
    ],
)
def test_forbidden_dates_are_refused_at_their_field(organiser_site, edition, ends, field, sentence):
    before = list(edition.phases.values())
    sent = move(form_of(organiser_site, edition), "review", reason="Because", ends=NOW + ends * DAY)

    answer = organiser_site.post(page_of(edition), sent)

    assert errors(answer) == [(field, sentence)]
    assert list(edition.phases.values()) == before
    assert not HistoryEntry.objects.exists()


def test_new_edition_with_phases_is_saved_and_logged(organiser_site):
    forum = ForumFactory()
    rows = {f"{name}-TOTAL_FORMS": 0 for name in ("phases", "categories", "sponsors")}
    rows |= {f"{name}-INITIAL_FORMS": 0 for name in ("phases", "categories", "sponsors")}
    sent = rows | {
        "forum": forum.pk,
        "name": "Prizes",
        "time_zone": "Asia/Tokyo",
        "languages": ["en"],
        "nominees_per_category": 20,
        "champions_per_category": 5,
        "winners_per_category": 1,
        "screening_readers": 0,
        "reviews_per_nomination": 3,
        "smallest_block": 1,
        "phases-TOTAL_FORMS": 1,
        "phases-0-kind": "submission",
        "phases-0-starts_0": "2020-08-01",
        "phases-0-starts_1": "09:00",
        "phases-0-ends_0": "2020-08-02",
        "phases-0-ends_1": "09:00",
    }

    broken = organiser_site.post(reverse("admin:prizes_edition_add"), sent | {"phases-0-ends_0": "2020-07-31"})
    done = organiser_site.post(reverse("admin:prizes_edition_add"), sent)

    assert broken.status_code == 200
    words = "The end is not after the start. Choose a later end"
    assert [text for row in errors(broken) for text in row] == ["ends", words]
    assert done.status_code == 302
    phase = Phase.objects.get(edition__forum=forum)
    assert phase.starts.isoformat() == "2020-08-01T00:00:00+00:00"
    assert set(HistoryEntry.objects.values_list("verb", flat=True)) == {"add-edition", "add-phase"}


# --- rules -----------------------------------------------------------------------------------------
def test_categories_and_the_edition_are_fixed_once_the_vote_has_begun(organiser_site):
    edition = make_edition(phase="voting", nominees=0)
    row, add = edition.categories.first(), reverse("admin:prizes_category_add")
    sent = {"edition": edition.pk, "number": 99, "title": "Late", "action_line": row.action_line_id}

    inline = organiser_site.get(page_of(edition)).context["inline_admin_formsets"][1]
    late = organiser_site.post(add, sent)

    assert (inline.has_add_permission, inline.has_change_permission, inline.has_delete_permission) == (False,) * 3
    address = reverse("admin:prizes_category_change", args=[row.pk])
    assert organiser_site.post(address, {"title": "Other"}).status_code == 403
    address = reverse("admin:prizes_category_delete", args=[row.pk])
    assert organiser_site.post(address, {"post": "yes"}).status_code == 403
    assert late.context["adminform"].form.errors == {
        "edition": ["The vote has begun: its categories cannot be changed any more"]
    }
    assert organiser_site.get(reverse("admin:prizes_edition_delete", args=[edition.pk])).status_code == 403
    other = make_edition(phase="review", forum=ForumFactory(slug="2019"))
    assert organiser_site.post(add, sent | {"edition": other.pk}).status_code == 302
    assert Category.objects.get(number=99).edition == other
