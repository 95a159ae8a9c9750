"""Letters, photographs and other files of registrations: given with the form, replaced, read by few, deleted by a date."""

import io
import os
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from events.models import HistoryEntry, Viewing
from registration import tasks
from registration.accreditation import decisions
from registration.accreditation.documents import documents, portraits
from registration.models import Registration, RegistrationFile
from registration.people.data_rights import retention
from registration.registering import registrations
from tests.factories import (
    NOW,
    FocalPointFactory,
    ForumFactory,
    KindFactory,
    OrganisationFactory,
    RegistrationFactory,
    UserFactory,
    allowed,
)
from tests.files import JPEG, PDF, PNG, picture
from tests.refusals import refused
from tests.registration.registering.test_registrations import ANSWERS

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon", "mali")]
PAGE = "/2020/register/documents/"
DECIDE = "registration.decide_registration"
DAY = timedelta(days=1)


@pytest.fixture
def kind():
    return KindFactory(name="Delegate", approval="secretariat", needs_letter=True, needs_photograph=True)


@pytest.fixture
def user():
    return UserFactory()


@pytest.fixture
def site(client, user):
    client.force_login(user)
    return client


def letter(content=PDF, name="Our letter.pdf"):
    return SimpleUploadedFile(name, content)


def save(kind, user, step, /, **answers):
    return registrations.save_step(kind.forum, user=user, step=step, data=answers, now=NOW)


def begin(kind, user):
    """Answer all that is asked before the documents."""
    for step in ("you", "access"):
        save(kind, user, step, kind=kind.pk, **ANSWERS)


def give(forum, user, name="letter", content=PDF, *, title="letter.pdf", now=NOW):
    return documents.keep(forum, user=user, name=name, file=letter(content, title), now=now)


def registered(kind, **values):
    """Somebody who is registered, with a letter and a photograph."""
    row = RegistrationFactory(forum=kind.forum, kind=kind, **{"state": "approved", **values})
    give(kind.forum, row.user)
    give(kind.forum, row.user, "photograph", JPEG, title="me.jpg")
    return row


def address(row, name="letter"):
    return f"/2020/register/files/{row.user_id}/{name}/"


def named():
    return sorted(RegistrationFile.objects.values_list("name", "title"))


def stored():
    return len(default_storage.listdir("registrations")[1])


def text(answer):
    return " ".join(answer.content.decode().split())


# --- giving ---------------------------------------------------------------------------------------
def test_files_are_kept_with_the_draft_and_with_the_registration(site, user, kind):
    """What is wrong is said at its field, and what is right is kept. Then the person reads how it stands."""
    begin(kind, user)
    early = text(site.post("/2020/register/check/", {"consent": "on"}))

    wrong = text(site.post(PAGE, {"letter": letter(), "photograph": letter(name="me.jpg")}))
    program = text(site.post(PAGE, {"letter": letter(b"MZ\x90\0 program")}))
    kept = named()
    answer = site.post(PAGE, {"photograph": letter(PNG, "me.png")})
    again = text(site.get(PAGE))
    site.post(PAGE, {"letter": letter(name="Better.pdf")})
    check = text(site.get("/2020/register/check/"))
    sent = site.post("/2020/register/check/", {"consent": "on"}, follow=True)
    agenda = site.get("/2020/agenda/", follow=True)

    assert all(words in early for words in ("Choose the file with the letter", "Choose the file with the photograph"))
    assert "The picture is no PNG or JPEG" in wrong
    assert "The file is no PDF, PNG or JPEG" in program
    assert kept == [("letter", "Our letter.pdf")]
    assert (answer.status_code, answer["Location"]) == (302, "/2020/register/check/")
    assert all(words in again for words in ("Our letter.pdf", f"/2020/register/files/{user.pk}/photograph/"))
    assert all(words in check for words in ("Better.pdf", "me.jpg"))
    assert named() == [("letter", "Better.pdf"), ("photograph", "me.jpg")]
    assert Registration.objects.get().state == "secretariat"
    assert sent.redirect_chain == agenda.redirect_chain == [("/2020/register/", 302)]
    assert "We have your registration. The secretariat decides on it." in text(sent)
    assert ("You asked to take part" in text(agenda), "Open my agenda" in text(agenda)) == (True, False)


def test_a_replaced_file_is_deleted_once_that_is_certain(user, kind, django_capture_on_commit_callbacks):
    begin(kind, user)
    save(kind, user, "documents", letter=letter())

    with django_capture_on_commit_callbacks(execute=True):
        save(kind, user, "documents", letter=letter())

    assert (stored(), named()) == (1, [("letter", "Our letter.pdf")])


def test_an_account_gives_so_many_photographs_an_hour(client, user, kind, monkeypatch):
    """Each is decoded in a process of its own: a script that sends one after the other would keep the site busy."""
    monkeypatch.setattr(documents, "PHOTOGRAPHS", 2)
    other, drawn = UserFactory(), []
    monkeypatch.setattr(documents.portraits, "portrait", lambda file: drawn.append(file) or file)

    def send(one):
        begin(kind, one) if not named() else None
        client.force_login(one)
        return text(client.post(PAGE, {"letter": letter(), "photograph": letter(JPEG, "me.jpg")}))

    pages = [send(user) for _time in range(3)]
    begin(kind, other)
    send(other)

    sentence = "You have given many photographs. Give the next one in an hour"
    assert [sentence in page for page in pages] == [False, False, True]
    assert len(drawn) == 3


# --- photographs ----------------------------------------------------------------------------------
def test_a_portrait_is_small_upright_and_says_nothing_but_itself():
    """The left half red, the camera turned: the red half is on top. Place and camera are gone."""
    taken = Image.new("RGB", (800, 600), "blue")
    taken.paste("red", (0, 0, 400, 600))
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Canary camera"
    exif.get_ifd(0x8825)[1] = "N"
    file = io.BytesIO()
    taken.save(file, "JPEG", exif=exif, comment=b"Canary")

    made = portraits.portrait(letter(file.getvalue(), "IMG_1.JPG"))

    content = made.read()
    with Image.open(io.BytesIO(content)) as seen:
        top, foot = seen.getpixel((140, 20)), seen.getpixel((140, 340))
        assert (seen.format, seen.size, dict(seen.getexif())) == ("JPEG", (280, 360), {})
    assert (made.name, len(content) < 30_000, b"Canary" in content) == ("IMG_1.jpg", True, False)
    assert (top[0] > 200 > top[2], foot[2] > 200 > foot[0]) == (True, True)


@pytest.mark.parametrize("mode", ["RGBA", "P", "L", "LA", "1", "CMYK"])
def test_portraits_are_made_of_every_kind_of_picture(mode):
    file = io.BytesIO()
    Image.new(mode, (50, 40)).save(file, "JPEG" if mode == "CMYK" else "PNG")

    with Image.open(io.BytesIO(portraits.portrait(letter(file.getvalue())).read())) as seen:
        assert (seen.mode, seen.size) == ("RGB", (280, 360))


def test_what_cannot_be_decoded_in_time_and_memory_is_refused(monkeypatch):
    for content in (b"", PDF, JPEG[:200], PNG[:40], picture("GIF")):
        assert refused(portraits.portrait, letter(content)) == "file-broken"
    monkeypatch.setattr(portraits, "LONGEST", 0.001)
    assert refused(portraits.portrait, letter(JPEG)) == "file-broken"


# --- asked again ----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "approval", "before", "state"),
    [
        ("letter", "secretariat", "approved", "secretariat"),
        ("photograph", "secretariat", "approved", "secretariat"),
        ("letter", "secretariat", "refused", "secretariat"),
        ("letter", "none", "approved", "approved"),
    ],
)
def test_another_document_is_decided_on_again_where_somebody_decides(kind, name, approval, before, state):
    kind.approval = approval
    kind.save()
    row = registered(kind, state=before)

    save(kind, row.user, "documents", **{name: letter(JPEG, "letter.jpg")})

    row.refresh_from_db()
    assert row.state == state
    assert [one.before for one in row.steps.all()] == ([] if state == before else [before])
    assert HistoryEntry.objects.filter(verb="edit-registration", after={"fields": [name]}).exists()


# --- reading --------------------------------------------------------------------------------------
def test_the_person_and_who_decides_read_a_file_and_nobody_else(kind):
    kind.approval = "focal_point"
    kind.save()
    home, forum = OrganisationFactory(), kind.forum
    row = registered(kind, affiliation=home)
    answer = give(forum, row.user, "question-7")
    letter_row = RegistrationFile.objects.get(user=row.user, name="letter")
    point, other_point = FocalPointFactory(forum=forum, organisation=home), FocalPointFactory(forum=forum)
    elsewhere = FocalPointFactory(forum=ForumFactory(slug="2021"), organisation=home)
    readers = {
        "the person": row.user,
        "who decides": allowed(DECIDE, forum=forum),
        "who decides elsewhere": allowed(DECIDE, forum=elsewhere.forum),
        "who changes": allowed("registration.change_registration", "registration.view_registration"),
        "focal point": point.user,
        "of another organisation": other_point.user,
        "at another forum": elsewhere.user,
        "stranger": UserFactory(),
    }

    def may(one):
        return [name for name, user in readers.items() if documents.may_read(one, user=user)]

    assert may(letter_row) == ["the person", "who decides", "focal point"]
    assert may(answer) == ["the person", "who decides"]
    letter_row.forum.is_public = False
    assert may(letter_row) == ["who decides"]
    letter_row.forum.is_public = True
    kind.approval = "secretariat"
    kind.save()
    assert may(letter_row) == ["the person", "who decides"]
    Registration.objects.update(withdrawn=NOW)
    assert may(letter_row) == ["the person"]
    Registration.objects.all().delete()  # a draft is nobody else's
    assert may(letter_row) == ["the person"]


def test_a_file_is_served_for_one_person_inert_and_each_look_is_written_down(client, kind, settings):
    """While the forum is hidden too; staff show their second step first."""
    row, officer = registered(kind), allowed(DECIDE, forum=kind.forum)
    client.force_login(row.user)
    own = client.get(address(row))
    assert b"".join(own.streaming_content).startswith(b"%PDF-")
    kind.forum.is_public = False
    kind.forum.save()
    hidden = client.get(address(row)).status_code
    client.force_login(officer)

    answer, shown = client.get(address(row)), client.get(address(row, "photograph"))

    for one in (answer, shown):
        b"".join(one.streaming_content)
        assert one["X-Content-Type-Options"] == "nosniff"
        assert one["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert {"private", "no-store"} <= set(one["Cache-Control"].split(", "))
    assert hidden == 404
    assert answer["Content-Disposition"] == 'attachment; filename="letter.pdf"'
    assert shown["Content-Disposition"] == 'inline; filename="me.jpeg"'
    seen = Viewing.objects.values_list("by", "model", "forum", "people")
    assert list(seen) == [(officer.pk, "registration.registrationfile", kind.forum.pk, [row.user.pk])] * 2
    settings.REQUIRE_MFA = True
    assert (client.get(address(row)).status_code, Viewing.objects.count()) == (302, 2)


# --- how long -------------------------------------------------------------------------------------


def test_files_go_after_the_forum_and_before_it_those_of_who_left_but_not_what_they_gave_since(kind):
    withdrawn, refused_one, stays = registered(kind), registered(kind, state="secretariat"), registered(kind)
    back, asked = registered(kind), registered(kind, state="secretariat")
    for row in (withdrawn, back):
        registrations.withdraw(row, now=NOW)
    for row in (refused_one, asked):
        decisions.refuse(row, reason="No", by=allowed(DECIDE), now=NOW)
    give(kind.forum, back.user, now=NOW + 29 * DAY)
    registrations.save_step(kind.forum, user=asked.user, step="documents", data={"letter": letter()}, now=NOW + DAY)

    assert retention.clear_due(NOW + 30 * DAY - timedelta(seconds=1)) == {}
    assert retention.clear_due(NOW + 30 * DAY) == {"documents": 5}
    both = ["letter", "photograph"]
    left = [(row.user_id, name) for row, names in ((stays, both), (back, both[:1]), (asked, both)) for name in names]
    assert sorted(RegistrationFile.objects.values_list("user", "name")) == left

    # Whoever stays: a month after the forum.
    ends = NOW.replace(month=9, day=10)
    RegistrationFile.objects.exclude(user=stays.user).delete()
    assert retention.clear_due(ends + 30 * DAY) == {}
    assert retention.clear_due(ends + 31 * DAY)["documents"] == 2
    assert (named(), Registration.objects.get(pk=stays.pk).name) == ([], stays.name)
    told = HistoryEntry.objects.filter(verb="clear-period", after__what="documents").latest("pk")
    assert (told.after["rows"], told.after["files"]) == (2, 2)


def test_a_stored_file_that_no_row_names_goes_after_a_day(kind):
    registered(kind)
    for name in ("lost", "young"):
        default_storage.save(f"registrations/{name}.pdf", letter())
    for name in default_storage.listdir("registrations")[1]:
        age = DAY if name == "young.pdf" else 2 * DAY
        os.utime(default_storage.path(f"registrations/{name}"), ((NOW - age).timestamp(),) * 2)

    tasks.clear_periods()

    assert [default_storage.exists(f"registrations/{name}.pdf") for name in ("lost", "young")] == [False, True]
    assert stored() == 3
