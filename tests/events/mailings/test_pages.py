"""The organisers' pages of what they write to people: each button, as those who may and those who may not."""

import pytest

from events.models import HistoryEntry, Mailing, Message, Viewing
from tests.factories import RegistrationFactory, SpeakerFactory, allowed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
LIST = "/admin/events/mailing/"


def page_of(mailing):
    return f"{LIST}{mailing.pk}/change/"


def typed(*keys, **values):
    """A form as the page sends it; `keys`: the groups that stand on it."""
    said = {"kind": "mailing-news", "starts_0": "", "starts_1": "", "per_minute": "", "group": list(keys)}
    return said | {"subject_en": "News", "text_en": "Dear {name}"} | values


def test_a_message_is_written_from_nothing_tested_and_sent(forum, organiser_site, boss):
    RegistrationFactory(forum=forum, name="Awa")

    begun = organiser_site.post(f"{LIST}add/?forum={forum.slug}", typed(do="add", new="registered"))
    row = Mailing.objects.get()
    page = organiser_site.get(page_of(row)).content.decode()
    organiser_site.post(page_of(row), typed("registered", do="test", number="1"))
    sent = organiser_site.post(page_of(row), typed("registered", do="send", number="1"), follow=True)

    row.refresh_from_db()
    assert (begun.status_code, begun["Location"]) == (302, page_of(row))
    assert "Send to 1 person" in page
    assert "Dear Awa" in page
    assert list(Message.objects.values_list("to", "kind")) == [(boss.email, "mailing-test")]
    assert (row.state, row.people, row.author) == ("sending", 1, boss)
    assert "1 mail is queued." in sent.content.decode()
    verbs = HistoryEntry.objects.filter(model="events.mailing").order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == ["begin-mailing", "write-to"]


def test_what_is_wrong_is_told_at_its_field_and_nothing_is_lost(forum, organiser_site, mailing):
    RegistrationFactory(forum=forum)
    row = mailing("registered")
    for values, field, word in [
        ({"text_en": "Dear {nmae}"}, "text_en", "{nmae}"),
        ({"subject_en": "{{name}}"}, "subject_en", "{{name}}"),
        ({"text_en": ""}, "text_en", "neither"),
        ({"starts_0": "2020-07-32", "starts_1": "10:00"}, "starts", "date"),
        ({"per_minute": "0"}, "per_minute", "1"),
        ({"do": "send", "number": "1", "text_en": "{session}"}, "text_en", "{session}"),
    ]:
        page = organiser_site.post(page_of(row), typed("registered", "speakers", **{"do": "save"} | values))

        form = page.context["form"]
        assert (page.status_code, list(form.errors), word in form.errors[field][0]) == (200, [field], True), values
        assert [one.group.key for one in page.context["rows"]] == ["registered", "speakers"], (values, field)
        assert (Mailing.objects.get().state, Message.objects.count()) == ("draft", 0), (values, field)


def test_a_number_that_is_not_the_one_shown_sends_nothing(forum, organiser_site, mailing):
    row = mailing("registered")
    RegistrationFactory.create_batch(2, forum=forum)
    for number in ["1", "", "two", "-2", "9" * 5_000]:
        page = organiser_site.post(page_of(row), typed("registered", do="send", number=number))

        assert "the number of people is now 2" in page.content.decode(), number
        assert Mailing.objects.get().state == "draft", number


def test_names_are_shown_to_who_asks_and_that_is_written_down(forum, organiser_site, mailing):
    person = RegistrationFactory(forum=forum, name="Awa").user
    row = mailing("registered", texts={"ar": {"subject": "أ", "text": "ب"}})

    page = organiser_site.get(f"{page_of(row)}?names=1").content.decode()

    assert "<bdi>Awa</bdi>" in page
    assert Viewing.objects.filter(kind="list", people__contains=[person.pk]).exists()


def test_who_may_not_see_the_people_of_a_group_sees_neither_names_nor_number(forum, client, mailing):
    SpeakerFactory(forum=forum, name="Hidden Person", email="hidden@example.org")
    row = mailing("speakers")
    client.force_login(allowed("events.view_mailing", "events.change_mailing", forum=forum))

    page = client.get(f"{page_of(row)}?names=1").content.decode()
    client.post(page_of(row), typed("speakers", do="send", number="1"))

    assert ("Hidden" in page, "hidden@" in page, Mailing.objects.get().state) == (False, False, "draft")
