"""The forum of another team does not exist: not in lists, counts, filters, searches, forms, suggestions, actions, files, or
addresses. Whoever may do everything in one forum is asked about another, hidden one. That no page says a word of it:
tests/rights."""

import pytest
from django import forms
from django.contrib import admin, messages
from django.test import Client
from django.urls import reverse

from events.models import (
    Call,
    Country,
    Document,
    Forum,
    HistoryEntry,
    Message,
    Outcome,
    Session,
    Speaker,
    Track,
)
from events.shared.admin.admin_page_bases import SeenRows, admins_of
from events.shared.rights import memberships
from events.shared.tables import spreadsheet_writer
from prizes.models import Category, Criterion, Expert, Nomination
from registration.models import Booking, Registration
from tests.admin import two_forums
from tests.admin.rows import MAKERS
from tests.admin.test_pages import Sent, url
from tests.admin.two_forums import HIDDEN, OF_FORUMS
from tests.events.exchange.imports import agree, errors, preview
from tests.factories import BookingFactory, SessionFactory, allowed, staff

pytestmark = pytest.mark.django_db
NOWHERE = 987_654_321
ALL = {"forum": "all"}


@pytest.fixture(scope="module")
def made(share):
    return share(two_forums.make)


@pytest.fixture
def world(made, settings, waiting_counted_once):
    settings.MEDIA_ROOT = made.folder
    return made.copy()


@pytest.fixture
def team(world, client):
    """A client of somebody who may do everything in the own forum, and nothing elsewhere."""
    client.force_login(allowed(*two_forums.everything(), forum=world.forum))
    return client


def texts(answer):
    return [str(one) for one in messages.get_messages(answer.wsgi_request)]


def test_every_model_of_the_admin_says_where_its_forum_is():
    ours = [model for model in admins_of(admin.site) if model._meta.app_label in two_forums.APPS]
    inlines = {inline.model for one in admins_of(admin.site).values() for inline in one.inlines}

    assert [model._meta.label for model in {*ours, *inlines} if "FORUM" not in vars(model)] == []
    for model in {*ours, *inlines}:
        for path in memberships.forum_paths(model):
            target = model
            for name in () if path == memberships.SELF else path.split("__"):
                target = target._meta.get_field(name).related_model
            assert target is Forum, model


def test_every_inline_and_page_with_a_key_asks_for_the_forum():
    pages = [
        page
        for one in admins_of(admin.site).values()
        for kind in type(one).__mro__
        for page in vars(kind).get("own_pages", ())
    ]
    inlines = [inline for one in admins_of(admin.site).values() for inline in one.inlines]
    asks_itself = {  # by get_object, by the person or their forums, or of the whole site
        *("events_proposal_act", "registration_attendance_file", "registration_scan_inside_export"),
        "registration_tally_figures_file",
        *("events_user_send_link", "events_organisation_merge", "events_forum_next"),
        *("events_forum_export_file", "events_forum_import_sample", "events_forum_import_making"),
        *("events_historyentry_take_back", "events_mailtext_edit", "events_mailing_change", "{model}_history"),
    }

    assert {page.name for page in pages if "<" in page.address and not page.of} <= asks_itself
    assert [inline for inline in inlines if not issubclass(inline, SeenRows)] == []


def test_no_suggestion_is_of_another_forum(world, team):
    asked = 0
    for one in admins_of(admin.site).values():
        for pages in (one, *(inline(one.model, admin.site) for inline in one.inlines)):
            opts = pages.model._meta
            for name in getattr(pages, "autocomplete_fields", ()):
                query = {"app_label": opts.app_label, "model_name": opts.model_name, "field_name": name}
                for term in ("", HIDDEN):
                    answer = team.get("/admin/autocomplete/", query | {"term": term})
                    assert HIDDEN not in answer.content.decode(), query
                asked += answer.status_code == 200
    assert asked > 15


def named(answer):
    """The fields of a page's forms that name rows of forums: the name in the form, and the model of the rows."""
    context = answer.context or {}
    every = [context["adminform"].form] if context.get("adminform") else []
    every += [form for inline in context.get("inline_admin_formsets") or [] for form in inline.formset.forms]
    return {
        form.add_prefix(name): field.queryset.model
        for form in every
        for name, field in form.fields.items()
        if isinstance(field, forms.ModelChoiceField)
        and not field.disabled
        and name != "id"
        and memberships.forum_paths(field.queryset.model)
    }


@pytest.mark.parametrize("models", [{Outcome, Speaker, Session}, pytest.param({*OF_FORUMS}, marks=pytest.mark.whole)])
def test_forms_take_no_row_of_another_forum(world, team, models):
    tried = {model for model in models if takes_no_hidden_row(world, team, model)}

    assert tried >= models & {Outcome, Speaker, Document, Track, Session, Call, Category, Criterion, Expert}


def takes_no_hidden_row(world, team, model):
    tried = 0
    for address in (url(model, "change", world.own[model].pk), url(model, "add")):
        page = team.get(address)
        for name, target in named(page).items() if page.status_code == 200 else ():
            values = Sent(page.content.decode()).values
            answer = team.post(address, {**values, name: [str(world.hidden[target].pk)], "_save": "Save"})
            assert answer.status_code == 200, (address, name)
            every = [answer.context["adminform"].form]
            every += [form for one in answer.context["inline_admin_formsets"] for form in one.formset.forms]
            assert any(name in {form.add_prefix(field) for field in form.errors} for form in every), (address, name)
            assert HIDDEN not in answer.content.decode(), (address, name)
            tried += 1
    return tried


# --- actions --------------------------------------------------------------------------------------
REFUSED = "Not all that you chose is here for you to do this with. Nothing was done: choose again."


def act(client, model, action, *rows, **more):
    sent = {"action": action, "_selected_action": [row.pk for row in rows], **more}
    return client.post(f"{url(model, 'changelist')}?forum=all", sent)


def test_action_over_two_forums_of_which_one_is_hidden_does_nothing(world, team):
    rows = [world.own[Registration], world.hidden[Registration]]

    answer = act(team, Registration, "withdraw", *rows)

    assert texts(answer) == [REFUSED]
    assert Registration.objects.filter(withdrawn__isnull=False).count() == 0
    nobody = act(team, Registration, "withdraw", rows[0], Registration(pk=NOWHERE))
    assert (texts(nobody)[-1], nobody.status_code) == (REFUSED, answer.status_code)


@pytest.mark.parametrize("more", [{}, {"select_across": "1"}])
def test_action_over_two_forums_of_which_one_is_read_only_does_nothing(world, client, more):
    person = staff("organisers", forum=world.forum)
    allowed("registration.view_registration", forum=world.other, user=person)
    client.force_login(person)
    rows = [world.own[Registration], world.hidden[Registration]]
    assert {row.pk for row in rows} <= {
        row.pk for row in client.get(url(Registration, "changelist"), ALL).context["cl"].result_list
    }

    assert texts(act(client, Registration, "withdraw", *rows, **more)) == [REFUSED]
    assert Registration.objects.filter(withdrawn__isnull=False).count() == 0
    assert texts(act(client, Registration, "withdraw", rows[0], apply="1", reason="Twice"))[-1] == "1 withdrawn."


def test_deletion_over_two_forums_deletes_nothing(world, team):
    rows = [world.own[Track], world.hidden[Track]]

    act(team, Track, "delete_selected", *rows, post="yes")

    assert Track.objects.filter(pk__in=[row.pk for row in rows]).count() == 2


def test_action_is_refused_again_after_it_asked(world, team):
    """The page that asks for a reason is sent with other rows than it was opened for."""
    rows = [world.own[Nomination], world.hidden[Nomination]]
    Nomination.objects.update(state="submitted")

    act(team, Nomination, "withdraw", *rows, apply="1", reason="Because")

    assert not Nomination.objects.filter(state="withdrawn").exists()


# --- tables and files -----------------------------------------------------------------------------
def test_export_holds_rows_of_forums_in_which_one_may_export(world, client):
    person = staff("organisers", forum=world.forum)
    allowed("registration.view_registration", forum=world.other, user=person)
    client.force_login(person)

    sent = client.get("/admin/events/forum/exchange/registration.csv").content.decode()

    assert ("2020" in sent, "xanadu" in sent, HIDDEN in sent) == (True, False, False)


def send_rows(client, forum, header, *rows):
    """Send a table of speakers."""
    return preview(client, spreadsheet_writer.csv_bytes(header, rows=rows), "speaker", forum=forum.pk)


def test_import_into_another_forum_is_that_into_none(world, team):
    header, said = ["forum", "name"], []
    for slug in ("xanadu", "nowhere"):
        page = send_rows(team, world.forum, header, ["2020", "Ada Lovelace"], [slug, "Grace Hopper"])
        said.append([text.replace(slug, "it") for text in errors(page)])
        agree(team, page)
    assert said == [["row 3, column Forum: It is for “it”, and you chose another forum"]] * 2
    assert "forum" in send_rows(team, world.other, header, ["xanadu", "Grace Hopper"]).context["form"].errors
    assert not Speaker.objects.filter(name="Grace Hopper").exists()


@pytest.mark.parametrize("is_left", [False, True])
def test_import_is_carried_out_while_the_forum_is_still_ones_own_only(world, client, is_left):
    """The attack: look at the preview, lose the role, agree to it."""
    person = allowed(*two_forums.everything(), forum=world.forum)
    allowed(*two_forums.everything(), forum=world.other, user=person)
    client.force_login(person)
    seen = send_rows(client, world.other, ["forum", "name"], ["xanadu", "Grace Hopper"])
    if is_left:
        person.memberships.filter(forum=world.other).delete()

    page = agree(client, seen)

    assert Speaker.objects.filter(name="Grace Hopper").exists() == (not is_left)
    assert (HIDDEN in page.content.decode()) == (not is_left)


@pytest.mark.parametrize("is_left", [False, True])
def test_programme_is_brought_in_while_the_forum_is_still_ones_own_only(world, client, is_left):
    person = allowed(*two_forums.everything(), forum=world.forum)
    allowed(*two_forums.everything(), forum=world.other, user=person)
    client.force_login(person)
    seen = send_programme(client, forum=world.other.pk)
    if is_left:
        person.memberships.filter(forum=world.other).delete()

    answer = agree(client, seen)

    assert Session.objects.filter(title="Talk", forum=world.other).exists() == (not is_left), texts(answer)
    assert (HIDDEN in answer.content.decode()) == (not is_left)
    if is_left:
        assert texts(answer) == ["The file is not here any more. Choose it again"]


def send_programme(client, **sent):
    return preview(client, b"title,starts,ends,room\nTalk,2020-07-01 10:00,11:00,Hall\n", **sent)


def test_programme_is_brought_into_ones_own_forum_only(world, team):
    page = team.get("/admin/events/forum/import/")
    choices = [key for key, _label in page.context["form"].fields["forum"].choices]
    assert [key for key in choices if key] == [world.forum.pk]
    assert "slug" not in page.context["form"].fields

    assert "forum" in send_programme(team, forum=world.other.pk).context["form"].errors


# --- pages of our own -----------------------------------------------------------------------------
def test_first_page_is_of_ones_own_forum(world, team):
    page = team.get("/admin/", {"forum": "xanadu"})

    assert page.context["board"].forum == world.forum
    assert HIDDEN.lower() not in page.content.decode().lower()
    assert team.post("/admin/tally/", {"forum": "xanadu"}).status_code == 404
    assert team.post("/admin/tally/", {"forum": "2020"}).status_code == 302


def test_first_page_leaves_out_what_one_may_not_see_in_its_forum(world, client):
    """Two roles: what one may do in the one forum does not show in the other."""
    person = staff("organisers", forum=world.forum)
    allowed("events.view_session", forum=world.other, user=person)
    client.force_login(person)

    own, other = (client.get("/admin/", {"forum": slug}).context["board"] for slug in ("2020", "xanadu"))

    assert (own.chart is None, own.outbox is None) == (False, False)
    assert (other.forum, other.chart, other.outbox) == (world.other, None, None)
    assert [one.words for one in other.waiting if "mail" in one.words or "proposal" in one.words] == []


def test_mails_of_accounts_are_for_who_reads_those_of_all_forums(world, team):
    account = MAKERS[Message](subject="Your code")
    assert account.forum is None

    assert account.pk not in {row.pk for row in team.get(url(Message, "changelist")).context["cl"].result_list}
    assert team.get(url(Message, "change", account.pk)).status_code == 302


def test_undelivered_mails_of_another_forum_are_not_sent_again(world, team):
    Message.objects.update(state="failed", last_error="550 gone", to="a@example.org")

    page = team.get(reverse("admin:events_message_undelivered"))
    team.post(
        reverse("admin:events_message_undelivered"),
        {"verb": "send_again", "group": [group.key for group in page.context["groups"]]},
    )

    assert [group.number for group in page.context["groups"]] == [Message.objects.filter(forum=world.forum).count()]
    assert set(Message.objects.exclude(forum=world.forum).values_list("state", flat=True)) == {"failed"}


def test_search_of_people_looks_only_into_what_one_may_read_in_that_forum(world, client):
    person = allowed(
        "registration.view_registration", "registration.view_booking", "events.view_session", forum=world.forum
    )
    allowed("registration.view_booking", forum=world.other, user=person)
    client.force_login(person)
    session = SessionFactory(forum=world.other, description="Kubla", title="Dome")
    booking = BookingFactory(session=session, registration__forum=world.other, registration__name="Khan")

    def found(query):
        return [row.pk for row in client.get(url(Booking, "changelist"), {"q": query, **ALL}).context["cl"].result_list]

    assert (found("khan"), found("dome")) == ([booking.pk], [booking.pk])
    assert (found("kubla"), found(booking.registration.user.email)) == ([], [])


# --- what belongs to the whole site ---------------------------------------------------------------
def test_what_belongs_to_the_whole_site_is_read_in_one_forum_and_written_in_all(world, client, team):
    country = Country.objects.first()
    everywhere = Client()
    everywhere.force_login(allowed(*two_forums.everything()))
    sent = {"name": "Elsewhere", "region": country.region, "prize_region": country.prize_region}

    assert team.get(url(Country, "change", country.pk)).status_code == 200
    for page, args in (("change", [country.pk]), ("delete", [country.pk]), ("add", [])):
        assert team.post(url(Country, page, *args), sent).status_code == 403, page
    assert team.get(url(Forum, "add")).status_code == 403
    assert everywhere.post(url(Country, "change", country.pk), sent).status_code == 302
    assert everywhere.get(url(Forum, "add")).status_code == 200


def test_history_tells_nothing_of_another_forum(world, team):
    from events.shared.history import log
    from tests.factories import NOW

    for rows, forum in ((world.own, world.forum), (world.hidden, world.other)):
        for row in (rows[Session], rows[Document], rows[Nomination], rows[Speaker]):
            assert log.record(row, verb="change", by=None, now=NOW).forum_id == forum.pk, row

    listed = team.get(url(HistoryEntry, "changelist")).context["cl"].result_list

    assert {entry.forum_id for entry in listed} == {world.forum.pk}
