"""What a stranger gets of a file that somebody uploaded: what the site read of it, and nothing else."""

import io

import pikepdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pikepdf import Name
from PIL import Image

from events.models import Document, HostedSession, Partner, Speaker, uploads
from tests.factories import AppearanceFactory, ForumFactory, OrganisationFactory, SessionFactory, boss, confirmed
from tests.files import HIDDEN, PDF, picture

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
SECRET = b"HOME ADDRESS 12"


def logged_in(user):
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def session():
    row = SessionFactory()
    HostedSession.objects.create(session=row, user=confirmed())
    return row


def host_adds(session, content):
    """A document on the host's page."""
    there = f"/2020/hosted/{session.code}/documents/"
    data = {"title": "Paper", "file": SimpleUploadedFile("paper.pdf", content)}
    return logged_in(HostedSession.objects.get().user).post(there, data)


def organiser_adds(session, content):
    """A document in the admin."""
    data = {"session": session.pk, "title": "Paper", "file": SimpleUploadedFile("paper.pdf", content)}
    return logged_in(boss()).post("/admin/events/document/add/", data)


def served(file):
    """What a stranger gets."""
    return b"".join(Client().get(file.url).streaming_content)


# --- PDF ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("door", [host_adds, organiser_adds])
def test_later_revision_that_qpdf_does_not_see_is_not_handed_on(session, door):
    for content in HIDDEN:
        assert (b"JavaScript" in content, door(session, content).status_code) == (True, 302)

        document = Document.objects.latest("pk")
        got = served(document.file)
        assert b"JavaScript" not in got
        with pikepdf.open(io.BytesIO(got)) as pdf:
            assert (len(pdf.pages), "/OpenAction" in pdf.Root) == (1, False)
        document.delete()


def test_pdf_says_neither_who_made_it_nor_where_its_photographs_were_taken(session):
    scan = pikepdf.new()
    scan.docinfo["/Author"] = SECRET.decode()
    scan.add_blank_page()
    seen = {"Subtype": Name.Image, "Width": 80, "Height": 60, "BitsPerComponent": 8, "ColorSpace": Name.DeviceRGB}
    scan.pages[0].Contents = pikepdf.Stream(scan, photo(), Filter=Name.DCTDecode, **seen)
    with scan.open_metadata() as notes:
        notes["dc:creator"] = [SECRET.decode()]
    scan.pages[0].PieceInfo = pikepdf.Dictionary(Draw=scan.make_stream(SECRET))
    scan.save(file := io.BytesIO())
    assert file.getvalue().count(SECRET) > 2

    organiser_adds(session, file.getvalue())

    content = served(Document.objects.get().file)
    assert SECRET not in content
    with pikepdf.open(io.BytesIO(content)) as pdf:
        assert {"/Info", "/Metadata", "/PieceInfo"}.isdisjoint({*pdf.trailer, *pdf.Root, *pdf.pages[0].obj})
        stored = pdf.pages[0].Contents.read_raw_bytes()
    assert b"Exif" not in stored
    with Image.open(io.BytesIO(photo())) as before, Image.open(io.BytesIO(stored)) as after:
        assert before.tobytes() == after.tobytes()


# --- pictures -------------------------------------------------------------------------------------
def photo(kind="JPEG"):
    """One that says where it was taken and what it shows, and lies on its side."""
    notes = Image.Exif()
    notes[0x010E], notes[0x0112] = SECRET.decode(), 6
    notes.get_ifd(0x8825).update({1: "N", 2: (46.0, 13.0, 8.0), 3: "E", 4: (6.0, 8.0, 24.0)})
    return picture(kind, size=(80, 60), exif=notes, **({"comment": SECRET} if kind == "JPEG" else {}))


def is_clean(content, kind="JPEG"):
    with Image.open(io.BytesIO(content)) as seen:
        assert (seen.format, seen.size, dict(seen.getexif())) == (kind, (60, 80), {})
    return SECRET not in content and b"Exif" not in content and b"eXIf" not in content


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_photo_of_a_speaker_and_logo_say_no_place(kind):
    forum, site = ForumFactory(), logged_in(boss())
    file = SimpleUploadedFile(f"me.{kind.lower()}", photo(kind))
    speaker = {"forum": forum.pk, "name": "Awa", "photo": file, "protocol_order": 1000}
    speaker |= {"availabilities-TOTAL_FORMS": 0, "availabilities-INITIAL_FORMS": 0}
    partner = {"forum": forum.pk, "organisation": OrganisationFactory().pk, "kind": "partner", "order": 0}

    made = site.post("/admin/events/speaker/add/", speaker)
    file.seek(0)
    site.post("/admin/events/partner/add/", partner | {"logo": file, "is_public": "on"})

    assert made.status_code == 302
    AppearanceFactory(session=SessionFactory(forum=forum), speaker=Speaker.objects.get())
    assert is_clean(served(Speaker.objects.get().photo), kind)
    assert is_clean(served(Partner.objects.get().logo), kind)


def test_picture_keeps_what_people_see():
    """A JPEG its fineness and profile, a PNG what can be seen through, but not what was cut out."""
    profile = b"profile" * 20
    jpeg, png = io.BytesIO(), io.BytesIO()
    Image.effect_noise((300, 200), 90).save(jpeg, "JPEG", quality=92, icc_profile=profile)
    portrait = Image.new("RGBA", (30, 20), "#ff000080")
    portrait.putpixel((5, 5), (1, 2, 3, 0))
    portrait.save(png, "PNG")

    again = [uploads.read(SimpleUploadedFile("a", one.getvalue())) for one in (jpeg, png)]

    with Image.open(jpeg) as before, Image.open(io.BytesIO(again[0])) as after:
        assert (after.quantization, after.info["icc_profile"]) == (before.quantization, profile)
        differ = sum(abs(a - b) for a, b in zip(before.tobytes(), after.tobytes(), strict=True))
        assert differ / (300 * 200) < 1
    with Image.open(io.BytesIO(again[1])) as after:
        assert (after.mode, after.getpixel((0, 0))) == ("RGBA", (255, 0, 0, 128))
        assert after.getpixel((5, 5)) == (0, 0, 0, 0)


def test_whoever_stores_a_file_it_is_read_once(session, monkeypatch):
    file = SimpleUploadedFile("paper.pdf", PDF)
    row = Document(session=session, title="Paper", file=file)
    row.full_clean()
    monkeypatch.setattr(uploads, "LONGEST", 0)  # another time would be refused

    row.save()

    assert served(row.file) == uploads.read(file)
