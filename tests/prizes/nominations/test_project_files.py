"""Files of a nomination: what is taken, who may have them, and how they are served."""

import io

import pytest
from django.conf import settings as project
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from events.models import HistoryEntry
from prizes.models import Assignment, Attachment, Expert, Nomination
from prizes.nominations import project_files
from tests.factories import NOW, UserFactory, allowed
from tests.files import JPEG, PDF, PNG
from tests.prizes.factories import voter
from tests.prizes.nominations.test_submission import draft, submit
from tests.refusals import refused

pytestmark = pytest.mark.django_db
MEGABYTE = 1024 * 1024
POLYGLOT = PDF.replace(b"1 0 obj", b"<html><script>canary()</script>\n1 0 obj", 1)


@pytest.fixture
def row(edition):
    return draft(edition, voter())


def file(content=PDF, name="paper.pdf"):
    return SimpleUploadedFile(name, content)


def add(row, content=PDF, *, name="paper.pdf", title="", by=None):
    return project_files.add(row, by=by or row.nominator, title=title, file=file(content, name), now=NOW)


def address(attachment, place=""):
    return f"/2020/prizes/nominate/{attachment.nomination.code}/files/{attachment.pk}/{place}"


def fetch(client, path):
    """The answer with its bytes read, which closes its file."""
    answer = client.get(path)
    answer.body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return answer


def logged_in(user):
    client = Client()
    client.force_login(user)
    return client


# --- what is taken ----------------------------------------------------------------------------------
def test_files_are_downloads_of_their_kind_by_content_whatever_the_name(row):
    for content, kind in ((PNG, "png"), (JPEG, "jpeg"), (PDF, "pdf")):
        attachment = add(row, content, name="x.html")

        answer = fetch(logged_in(row.nominator), address(attachment))

        assert answer["Content-Disposition"] == f'attachment; filename="x.{kind}"'
        assert answer.body[:5] == content[:5]
    assert answer["Content-Type"] == "application/pdf"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert {"private", "no-store"} <= set(answer["Cache-Control"].split(", "))


def test_executables_and_others_named_pdf_are_refused(row, settings):
    for content in (b"MZ\x90\0 program", b"\x7fELF", b"<html>%PDF-", b" %PDF-1.4", b"PK\x03\x04", b"<svg/>", b"x", b""):
        assert refused(add, row, content) == "file-type"
    assert refused(add, row, POLYGLOT) == "file-broken"
    assert not Attachment.objects.exists()
    assert not [path for path in settings.MEDIA_ROOT.glob("**/*") if path.is_file()]


def test_size_and_number_have_limits(row):
    assert refused(add, row, PNG.ljust(10 * MEGABYTE + 1)) == "file-too-large"
    add(row, PNG.ljust(10 * MEGABYTE))
    for _number in range(4):
        add(row)
    assert refused(add, row) == "too-many-files"
    assert row.attachments.count() == 5


# --- who may have them ------------------------------------------------------------------------------
def expert(row, *, state="assigned", is_active=True):
    person = Expert.objects.create(edition=row.edition, user=UserFactory(), is_active=is_active)
    Assignment.objects.create(expert=person, nomination=row, state=state, assigned=NOW)
    return person.user


def staff(codename=""):
    return allowed(f"prizes.{codename}") if codename else UserFactory(is_staff=True)


def test_names_of_files(row):
    names = [
        ("../../etc/passwd.pdf", "", "passwd"),
        ("C:\\\\reports\\\\Année 1.pdf", "", "Année 1"),
        (".pdf", "", ".pdf"),
        ("a.pdf", " My report ", "My report"),
        ("x" * 300 + ".pdf", "", "x" * 150),
    ]

    rows = [add(row, name=name, title=title) for name, title, _shown in names]

    assert [one.title for one in rows] == [shown for _name, _title, shown in names]
    assert all(one.file.name.startswith("nominations/") and "passwd" not in one.file.name for one in rows)


def test_files_are_for_few(row, edition):
    attachment = add(row)
    other = draft(edition, voter(), title="Another", entity_name="Other")
    waiting = expert(row)
    few = [row.nominator, waiting, expert(row, state="done"), staff("view_nomination")]
    assert [logged_in(user).get(address(attachment)).status_code for user in few[1:]] == [404] * 3  # a draft
    Nomination.objects.filter(pk=row.pk).update(submitted=NOW)
    rest = [expert(row, state="recused"), expert(row, state="conflict"), expert(row, is_active=False), expert(other)]
    rest += [staff("view_edition"), staff(), voter()]

    assert {fetch(logged_in(user), address(attachment)).status_code for user in few} == {200}
    assert {logged_in(user).get(address(attachment)).status_code for user in rest} == {404}
    assert {logged_in(user).get(f"/media/{attachment.file.name}").status_code for user in few} == {404}
    assert Client().get(f"/media/{attachment.file.name}").status_code == 404
    assert Client().get(address(attachment))["Location"] == f"/accounts/login/?next={address(attachment)}"
    edition.is_blind_review = True  # the titles of files name people
    edition.save()
    assert logged_in(waiting).get(address(attachment)).status_code == 404
    assert fetch(logged_in(row.nominator), address(attachment)).status_code == 200


def test_file_is_only_at_its_own_nomination_and_removed_once(row, edition):
    attachment = add(row)
    other = draft(edition, row.nominator, title="Another", entity_name="Other")
    client = logged_in(row.nominator)

    assert client.get(f"/2020/prizes/nominate/{other.code}/files/{attachment.pk}/").status_code == 404
    assert client.post(f"/2020/prizes/nominate/{other.code}/files/{attachment.pk}/remove/").status_code == 302
    assert Attachment.objects.filter(pk=attachment.pk).exists()
    for _time in (1, 2):  # another device was faster
        assert client.post(address(attachment, "remove/")).status_code == 302
    assert not Attachment.objects.exists()


def test_lost_or_changed_bytes_are_404_and_removed_ones_gone(row, settings, django_capture_on_commit_callbacks):
    attachment, other = add(row), add(row)
    client, path = logged_in(row.nominator), settings.MEDIA_ROOT / attachment.file.name
    path.write_bytes(b"<html>")
    assert client.get(address(attachment)).status_code == 404
    path.unlink()
    assert client.get(address(attachment)).status_code == 404

    with django_capture_on_commit_callbacks(execute=True):
        for _again in (1, 2):
            project_files.remove(other, by=row.nominator, now=NOW)
    assert not (settings.MEDIA_ROOT / other.file.name).exists()
    assert HistoryEntry.objects.filter(verb="remove-file").count() == 1


# --- changes ----------------------------------------------------------------------------------------
def test_files_of_a_submitted_nomination_make_versions_that_keep_them(row, settings):
    row = submit(row)
    attachment = add(row, title="Report")
    project_files.remove(attachment, by=row.nominator, now=NOW)

    versions = [[file["title"] for file in version.data["files"]] for version in row.versions.order_by("number")]
    assert versions == [[], ["Report"], []]
    assert (settings.MEDIA_ROOT / attachment.file.name).exists()


# --- how much may come ------------------------------------------------------------------------------
def post(client, path, size, *, kind="multipart/form-data; boundary=x"):
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n' + PNG
    content = body.ljust(size) + b"\r\n--x--\r\n"
    return client.generic("POST", path, io.BytesIO(content).read(), content_type=kind).status_code


def test_only_signed_in_people_send_large_files_and_only_here(row):
    client, path = logged_in(row.nominator), f"/2020/prizes/nominate/{row.code}/files/"

    assert post(client, path, 9 * MEGABYTE) == 302
    assert post(client, f"/ar{path}", 9 * MEGABYTE) == 302
    assert post(client, path, 10 * MEGABYTE + 2000) == 200  # the page says that the file is too large
    assert post(client, path, 12 * MEGABYTE) == 413
    assert post(client, path, 3 * MEGABYTE, kind="application/x-www-form-urlencoded") == 413
    assert post(client, f"/2020/prizes/nominate/{row.code}/description/", 3 * MEGABYTE) == 413
    for step in ("documents", "questions", "files/letter/remove"):  # they lead on: nothing is asked there
        assert post(client, f"/2020/register/{step}/", 20 * MEGABYTE) == 302
        assert post(client, f"/2020/register/{step}/", 22 * MEGABYTE) == 413
    assert post(Client(), path, 3 * MEGABYTE) == 413
    forged = Client()
    forged.cookies[project.SESSION_COOKIE_NAME] = "a" * 32
    assert post(forged, path, 3 * MEGABYTE) == 413
    assert row.attachments.count() == 2
