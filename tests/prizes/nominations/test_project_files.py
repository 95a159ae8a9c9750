"""Files of a nomination: what is taken, who may have them, and how they are served."""

import io

import pytest
from django.conf import settings as project
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from events.models import HistoryEntry
from prizes.models import Assignment, Attachment, Expert
from prizes.nominations import project_files, submission
from tests.factories import NOW, ActionLineFactory, CountryFactory, SDGFactory, UserFactory
from tests.prizes.factories import make_edition, set_phase, voter
from tests.prizes.nominations.test_submission import draft, refused, submit

pytestmark = pytest.mark.django_db
MEGABYTE = 1024 * 1024
PDF = b"%PDF-1.7\n1 0 obj\n"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 20
POLYGLOT = b"%PDF-1.4\n<html><script>canary()</script>\n%%EOF\nPK\x03\x04"


@pytest.fixture
def edition(time_machine):
    time_machine.move_to(NOW, tick=False)
    ActionLineFactory()
    SDGFactory()
    CountryFactory()
    return make_edition(phase="submission")


@pytest.fixture
def row(edition):
    return draft(edition, voter())


def file(content=PDF, name="paper.pdf"):
    return SimpleUploadedFile(name, content)


def add(row, content=PDF, *, name="paper.pdf", title="", by=None):
    return project_files.add(row, by=by or row.nominator, title=title, file=file(content, name), arrived=NOW, now=NOW)


def address(attachment, place=""):
    return f"/2020/prizes/nominate/{attachment.nomination.code}/files/{attachment.pk}/{place}"


def fetch(client, path):
    """The answer with its bytes read and its file closed."""
    answer = client.get(path)
    answer.body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    answer.close()
    return answer


def logged_in(user):
    client = Client()
    client.force_login(user)
    return client


# --- what is taken ----------------------------------------------------------------------------------
@pytest.mark.parametrize(("content", "kind"), [(PDF, "pdf"), (PNG, "png"), (JPEG, "jpeg")])
def test_kinds_by_content_whatever_the_name(row, content, kind):
    attachment = add(row, content, name="x.exe")

    answer = fetch(logged_in(row.nominator), address(attachment))

    assert answer["Content-Disposition"] == f'attachment; filename="x.{kind}"'
    assert answer.body == content


@pytest.mark.parametrize(
    "content",
    [b"MZ\x90\0 program", b"\x7fELF", b"<html>%PDF-", b" %PDF-1.4", b"PK\x03\x04", b"GIF89a", b"<svg/>", b"x"],
)
def test_executables_and_others_named_pdf_are_refused(row, content, settings):
    with pytest.raises(Exception, match="The file is no PDF, PNG or JPEG") as caught:
        add(row, content)

    assert caught.value.code == "file-type"
    assert not Attachment.objects.exists()
    assert not [path for path in settings.MEDIA_ROOT.glob("**/*") if path.is_file()]


def test_empty_file_is_refused(row):
    assert refused(lambda: add(row, b"")) == "file-type"


def test_size_and_number_have_limits(row):
    assert refused(lambda: add(row, PDF.ljust(10 * MEGABYTE + 1))) == "file-too-large"
    add(row, PDF.ljust(10 * MEGABYTE))
    for _number in range(4):
        add(row)
    assert refused(lambda: add(row)) == "too-many-files"
    assert row.attachments.count() == 5


@pytest.mark.parametrize(
    ("name", "title", "shown"),
    [
        ("../../etc/passwd.pdf", "", "passwd"),
        ("C:\\\\reports\\\\Année 1.pdf", "", "Année 1"),
        (".pdf", "", ".pdf"),
        ("a.pdf", " My report ", "My report"),
        ("x" * 300 + ".pdf", "", "x" * 150),
    ],
)
def test_names_of_files(row, name, title, shown):
    attachment = add(row, name=name, title=title)

    assert attachment.title == shown[:150]
    assert attachment.file.name.startswith("nominations/")
    assert "passwd" not in attachment.file.name


def test_polyglot_is_served_as_nothing_but_a_download(row):
    attachment = add(row, POLYGLOT, name="page.html")

    answer = fetch(logged_in(row.nominator), address(attachment))

    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"].startswith("attachment;")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert {"private", "no-store"} <= set(answer["Cache-Control"].split(", "))


# --- who may have them ------------------------------------------------------------------------------
def expert(row, *, state="assigned", is_active=True):
    person = Expert.objects.create(edition=row.edition, user=UserFactory(), is_active=is_active)
    Assignment.objects.create(expert=person, nomination=row, state=state, assigned=NOW)
    return person.user


def staff(codename=""):
    user = UserFactory(is_staff=True)
    if codename:
        user.user_permissions.add(Permission.objects.get(content_type__app_label="prizes", codename=codename))
    return user


@pytest.mark.parametrize(
    ("who", "status"),
    [
        (lambda row: row.nominator, 200),
        (lambda row: expert(row), 200),
        (lambda row: expert(row, state="done"), 200),
        (lambda row: expert(row, state="recused"), 404),
        (lambda row: expert(row, state="conflict"), 404),
        (lambda row: expert(row, is_active=False), 404),
        (lambda row: staff("view_nomination"), 200),
        (lambda row: staff("view_edition"), 404),
        (lambda row: staff(), 404),
        (lambda row: voter(), 404),
    ],
)
def test_files_are_for_few(row, who, status):
    attachment = add(row)

    assert fetch(logged_in(who(row)), address(attachment)).status_code == status


def test_blind_review_gives_experts_no_titles_of_files(row, edition):
    attachment, reviewer = add(row), expert(row)
    edition.is_blind_review = True
    edition.save()

    assert logged_in(reviewer).get(address(attachment)).status_code == 404
    assert fetch(logged_in(row.nominator), address(attachment)).status_code == 200


def test_expert_of_another_nomination_gets_nothing(row, edition):
    attachment = add(row)
    other = draft(edition, voter(), title="Another", entity_name="Other")

    assert logged_in(expert(other)).get(address(attachment)).status_code == 404


def test_file_is_only_at_its_own_nomination(row, edition):
    attachment = add(row)
    other = draft(edition, row.nominator, title="Another", entity_name="Other")
    client = logged_in(row.nominator)

    assert client.get(f"/2020/prizes/nominate/{other.code}/files/{attachment.pk}/").status_code == 404
    assert client.post(f"/2020/prizes/nominate/{other.code}/files/{attachment.pk}/remove/").status_code == 302
    assert Attachment.objects.filter(pk=attachment.pk).exists()


def test_media_path_leads_to_nothing(row):
    attachment = add(row)

    for user in (row.nominator, staff("view_nomination")):
        assert logged_in(user).get(f"/media/{attachment.file.name}").status_code == 404
    assert Client().get(f"/media/{attachment.file.name}").status_code == 404


def test_visitor_logs_in_first(row):
    attachment = add(row)

    assert Client().get(address(attachment))["Location"] == f"/accounts/login/?next={address(attachment)}"


def test_lost_or_changed_bytes_are_404(row, settings):
    attachment = add(row)
    client, path = logged_in(row.nominator), settings.MEDIA_ROOT / attachment.file.name
    path.write_bytes(b"<html>")
    assert client.get(address(attachment)).status_code == 404
    path.unlink()
    assert client.get(address(attachment)).status_code == 404


# --- changes ----------------------------------------------------------------------------------------
def test_remove_from_a_draft_takes_the_bytes(row, settings, django_capture_on_commit_callbacks):
    attachment = add(row)
    path = settings.MEDIA_ROOT / attachment.file.name

    with django_capture_on_commit_callbacks(execute=True):
        project_files.remove(attachment, by=row.nominator, arrived=NOW, now=NOW)
        project_files.remove(attachment, by=row.nominator, arrived=NOW, now=NOW)

    assert not path.exists()
    assert HistoryEntry.objects.filter(verb="remove-file").count() == 1


def test_files_of_a_submitted_nomination_make_versions_that_keep_them(row, settings):
    row = submit(row)
    attachment = add(row, title="Report")
    project_files.remove(attachment, by=row.nominator, arrived=NOW, now=NOW)

    versions = [[file["title"] for file in version.data["files"]] for version in row.versions.order_by("number")]
    assert versions == [[], ["Report"], []]
    assert (settings.MEDIA_ROOT / attachment.file.name).exists()


def test_others_and_late_ones_change_nothing(row, edition):
    attachment = add(row)
    assert refused(lambda: add(row, by=voter())) == "not-yours"
    set_phase(edition, "review")
    assert refused(lambda: add(row)) == "deadline"
    assert refused(lambda: project_files.remove(attachment, by=row.nominator, arrived=NOW, now=NOW)) == "deadline"


def test_removed_by_another_device_meanwhile(row):
    attachment = add(row)
    client = logged_in(row.nominator)
    client.post(address(attachment, "remove/"))

    assert client.post(address(attachment, "remove/")).status_code == 302
    assert submission.Nomination.objects.get().attachments.count() == 0


# --- how much may come ------------------------------------------------------------------------------
def post(client, path, size, *, kind="multipart/form-data; boundary=x"):
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n%PDF-1.4 '
    content = body.ljust(size, b"a") + b"\r\n--x--\r\n"
    return client.generic("POST", path, io.BytesIO(content).read(), content_type=kind).status_code


def test_only_signed_in_people_send_large_files_and_only_here(row):
    client, path = logged_in(row.nominator), f"/2020/prizes/nominate/{row.code}/files/"

    assert post(client, path, 9 * MEGABYTE) == 302
    assert post(client, f"/ar{path}", 9 * MEGABYTE) == 302
    assert post(client, path, 10 * MEGABYTE + 2000) == 200  # the page says that the file is too large
    assert post(client, path, 12 * MEGABYTE) == 413
    assert post(client, path, 3 * MEGABYTE, kind="application/x-www-form-urlencoded") == 413
    assert post(client, f"/2020/prizes/nominate/{row.code}/description/", 3 * MEGABYTE) == 413
    assert post(client, "/2020/register/you/", 3 * MEGABYTE) == 413
    assert post(Client(), path, 3 * MEGABYTE) == 413
    forged = Client()
    forged.cookies[project.SESSION_COOKIE_NAME] = "a" * 32
    assert post(forged, path, 3 * MEGABYTE) == 413
    assert row.attachments.count() == 2
