import pytest
from django.urls import reverse

from events.models import Document, HostedSession, Partner
from tests.factories import (
    AppearanceFactory,
    ForumFactory,
    OrganisationFactory,
    SessionFactory,
    SpeakerFactory,
    UserFactory,
    boss,
)
from tests.files import stored

pytestmark = pytest.mark.django_db

PDF = b"%PDF-1.7 <script>alert(1)</script>"
PNG = b"\x89PNG\r\n\x1a\n <svg onload=alert(1)>"


def document(session, content=PDF, name="paper.pdf"):
    return Document.objects.create(session=session, title="Ärtikel: “1”", file=stored(content, f"documents/{name}"))


def photo(session, content=PNG):
    speaker = SpeakerFactory(forum=session.forum, photo=stored(content, "speakers/me.png"))
    return AppearanceFactory(session=session, speaker=speaker).speaker


def logo(forum, content=b"\xff\xd8\xff"):
    return Partner.objects.create(forum=forum, organisation=OrganisationFactory(), logo=stored(content, "logos/l.jpg"))


@pytest.fixture
def client(client):
    """A client whose answers are closed with the test, as servers close them."""
    answers, get, head = [], client.get, client.head

    def closing(method):
        def ask(*parts, **more):
            answers.append(method(*parts, **more))
            return answers[-1]

        return ask

    client.get, client.head = closing(get), closing(head)
    yield client
    for answer in answers:
        answer.close()


HEADERS = ["Content-Type", "Content-Disposition", "X-Content-Type-Options", "Content-Security-Policy", "Cache-Control"]


def headers(answer):
    return {name: answer.headers.get(name) for name in HEADERS}


def test_document_is_saved_not_opened_and_photos_and_logos_are_shown(client, settings):
    paper = document(SessionFactory()).file.url
    answer = client.get(paper)

    assert (answer.status_code, b"".join(answer.streaming_content)) == (200, PDF)
    assert answer.headers["X-Accel-Expires"] == "10"
    assert headers(answer) == {
        "Content-Type": "application/pdf",
        "Content-Disposition": "attachment; filename*=utf-8''%C3%A4rtikel-1.pdf",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "public, max-age=300",
    }
    assert (client.post(paper).status_code, client.head(paper).status_code) == (405, 200)
    assert reverse("media", args=["documents/a.pdf"]) == f"{settings.MEDIA_URL}documents/a.pdf"
    shown, other = client.get(photo(SessionFactory()).photo.url), client.get(logo(ForumFactory()).logo.url)
    assert b"".join(shown.streaming_content) == PNG
    assert headers(shown)["Content-Type"] == "image/png"
    assert headers(shown)["Content-Disposition"].startswith("inline; ")
    assert headers(shown)["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert headers(other)["Content-Type"] == "image/jpeg"
    assert headers(other)["Content-Disposition"] == 'inline; filename="file.jpeg"'


@pytest.mark.parametrize("name", ["page.html", "drawing.svg", "paper.pdf"])
def test_content_decides_never_the_name(client, name):
    html = document(SessionFactory(), content=b"<html><script>alert(1)</script>", name=name)

    assert client.get(html.file.url).status_code == 404
    assert headers(client.get(document(SessionFactory(), name=name).file.url))["Content-Type"] == "application/pdf"


def test_files_of_what_is_not_public_are_not_found(client):
    closed = ForumFactory(slug="closed", is_public=False)
    sessions = [SessionFactory(state="draft"), SessionFactory(forum=closed)]
    urls = [
        make(session).url for session in sessions for make in (lambda s: document(s).file, lambda s: photo(s).photo)
    ]

    assert [client.get(url).status_code for url in [*urls, logo(closed).logo.url]] == [404] * 5


def test_hosts_see_the_documents_of_their_own_session_and_staff_all_files_of_drafts(client):
    session = SessionFactory(state="draft")
    urls = [document(session).file.url, document(SessionFactory(state="draft")).file.url, photo(session).photo.url]
    host = UserFactory()
    HostedSession.objects.create(session=session, user=host)
    client.force_login(host)

    answers = [client.get(url) for url in urls]

    assert [answer.status_code for answer in answers] == [200, 404, 404]
    page = client.get(f"/2020/hosted/{session.code}/").content.decode()
    assert urls[0] in page
    client.force_login(UserFactory())
    assert client.get(urls[0]).status_code == 404
    client.force_login(boss())
    staff = client.get(urls[0])
    assert staff.status_code == 200
    assert {answer.headers["Cache-Control"] for answer in (staff, answers[0])} == {"private, no-store"}
    assert {answer.headers["X-Accel-Expires"] for answer in (staff, answers[0])} == {"0"}


NAMES = ("../secret-key", "documents/../../secret-key", "documents//etc/passwd", "documents/", "mail/1.eml")


def test_names_that_no_row_has_are_not_found(client, settings):
    settings.MEDIA_ROOT.mkdir(parents=True)
    (settings.MEDIA_ROOT.parent / "secret-key").write_bytes(PDF)

    for name in (*NAMES, "speakers/none.png", "logos/none.png", "documents/" + "a" * 5000):
        assert client.get(f"/media/{name}").status_code == 404, name
