"""The organisers' pages: make the next forum, what is still last year's, the archive."""

import pytest
from django.contrib import messages
from django.urls import reverse

from events.models import Call, Forum, Membership, Role, Room
from tests.events.forums.test_archive import AFTER, archived
from tests.factories import NOW, ForumFactory, KindFactory, RoomFactory, staff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
SENT = {"name": "WSIS Forum 2021", "slug": "2021", "weeks": "52", "days": "81", "parts": ["rooms", "kinds"]}


def page(name, forum):
    return reverse(f"admin:events_forum_{name}", args=[forum.pk])


def text_of(answer):
    return " ".join(answer.content.decode().split())


def errors(answer):
    return {name: [str(one) for one in said] for name, said in answer.context["form"].errors.items()}


def test_next_forum_is_made_and_leads_to_what_is_still_last_year_s(organiser_site):
    forum = ForumFactory(place="Geneva 2020")
    RoomFactory(forum=forum, name="Hall 2020")
    KindFactory(forum=forum, name="Delegates")
    Call.objects.create(forum=forum, opens=NOW, closes=NOW.replace(hour=20))

    answer = organiser_site.post(page("next", forum), SENT, follow=True)

    new = Forum.objects.get(slug="2021")
    assert answer.redirect_chain == [(page("left_over", new), 302)]
    assert [str(one) for one in messages.get_messages(answer.wsgi_request)] == [
        "“WSIS Forum 2021” is made. Nobody outside sees it yet."
    ]
    assert "Geneva 2020" in text_of(answer)
    assert [room.name for room in new.rooms.all()] == ["Hall 2021"]
    assert (new.kinds.count(), Call.objects.filter(forum=new).exists()) == (1, False)


def test_bad_input_stands_at_its_field_with_what_was_typed(organiser_site):
    forum = ForumFactory()

    answer = organiser_site.post(
        page("next", forum), {"name": "", "slug": "été 27", "weeks": "0", "days": "a", "parts": ["x"]}
    )

    assert answer.status_code == 200
    assert errors(answer).keys() == {"name", "slug", "weeks", "days", "parts"}
    assert errors(answer)["slug"] == ["Use letters from a to z without accents, digits and hyphens"]
    assert answer.context["form"]["days"].value() == "a"
    assert Forum.objects.count() == 1


def test_tick_of_roles_is_for_supervisors_of_all_forums(client, organiser_site):
    forum = ForumFactory()
    staff(Role.PROGRAMME, forum=forum)

    organiser_site.post(page("next", forum), SENT | {"with_roles": "on"})
    client.force_login(staff(Role.ORGANISER))
    form = client.get(page("next", forum)).context["form"]
    client.post(page("next", forum), SENT | {"slug": "2022", "with_roles": "on"})

    assert "with_roles" not in form.fields
    assert list(Membership.objects.exclude(forum=None).values_list("forum__slug", flat=True)) == ["2020", "2021"]


def test_forum_is_archived_and_taken_out_by_pages_that_ask(organiser_site):
    forum = ForumFactory(starts="2020-05-01", ends="2020-05-05")

    asked = organiser_site.get(page("archive", forum))
    done = organiser_site.post(page("archive", forum), follow=True)
    forum.refresh_from_db()
    was_archived = forum.archived
    without = organiser_site.post(page("take_out", forum), {"reason": ""})
    organiser_site.post(page("take_out", forum), {"reason": "A session was missing"})
    forum.refresh_from_db()

    assert asked.status_code == 200
    assert was_archived is not None
    assert "is archived. Its pages stay where they are." in text_of(done)
    assert errors(without).keys() == {"reason"}
    assert forum.archived is None


def test_room_cannot_be_added_to_an_archived_forum(organiser_site):
    forum = archived()

    sent = {"forum": forum.pk, "name": "Hall", "order": "0"}
    answer = organiser_site.post(reverse("admin:events_room_add"), sent)
    ForumFactory(slug="2031")
    of_another = organiser_site.post(f"{reverse('admin:events_room_add')}?forum=2031", sent)

    assert answer.status_code == 403
    assert of_another.context["adminform"].form.errors.keys() == {"forum"}
    assert (Room.objects.count(), forum.archived) == (0, AFTER)
