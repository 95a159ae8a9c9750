"""What people uploaded, as the public gets it: small, in the sizes of its places, and guarded as the picture itself."""

import io
import os
import re
import subprocess
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from events import tasks
from events.models import HistoryEntry, News, Partner, RowChange, Speaker
from events.shared.drawings import picture_sizes
from registration.people.data_rights import erasures
from tests.factories import NOW, AppearanceFactory, ForumFactory, OrganisationFactory, SessionFactory, SpeakerFactory
from tests.factories import boss as organiser
from tests.files import picture, stored

pytestmark = pytest.mark.django_db

ANSWERS = []
WIDTHS = (128, 200, 400)
LONG_AGO = (datetime.now(UTC) - timedelta(days=2)).timestamp()


def file(picture, kind="JPEG", **more):
    written = io.BytesIO()
    picture.save(written, kind, **more)
    return written.getvalue()


def noise(*size):
    return Image.frombytes("RGB", size, Random(1).randbytes(size[0] * size[1] * 3))  # noqa: S311


def portrait(content=None, **session):
    speaker = SpeakerFactory(photo=stored(content or picture(), "speakers/me.jpg"))
    AppearanceFactory(session=SessionFactory(forum=speaker.forum, **session), speaker=speaker)
    return speaker


@pytest.fixture(autouse=True)
def open_answers():
    """Those that are closed with the test, as servers close them."""
    yield
    while ANSWERS:
        ANSWERS.pop().close()


def answered(address, client=None):
    ANSWERS.append(answer := (client or Client()).get(address))
    return answer, b"".join(answer.streaming_content) if answer.status_code == 200 else b""


def of(stored, client=None):
    """Its sizes as the public gets them: what answers, and how large it is in pixels and bytes."""
    found = {}
    for width in picture_sizes.of_folder(stored.name):
        answer, content = answered(picture_sizes.address(stored, width), client)
        with Image.open(io.BytesIO(content)) if content else Image.new("L", (0, 0)) as shown:
            found[width] = answer.status_code, shown.size, len(content)
    return found


def test_portrait_comes_in_three_sizes_of_at_most_ten_kilobytes(settings):
    photo = portrait(file(noise(1200, 900), quality=95)).photo

    sizes = of(photo)

    assert {width: (status, size) for width, (status, size, _bytes) in sizes.items()} == {
        width: (200, (width, width * 5 // 4)) for width in WIDTHS
    }
    assert max(count for _status, _size, count in sizes.values()) <= 10_000
    answer, content = answered(picture_sizes.address(photo, 200))
    assert (content[:4], content[8:12]) == (b"RIFF", b"WEBP")
    assert [answer[name] for name in ("Content-Type", "Cache-Control", "X-Content-Type-Options")] == [
        "image/webp",
        "public, max-age=300",
        "nosniff",
    ]


def rgba(colour):
    return Image.new("RGBA", (300, 200), colour)


STRANGE = {
    "cmyk": file(Image.new("CMYK", (300, 200), (0, 200, 200, 0))),
    "one pixel": picture(size=(1, 1)),
    "a line": picture("PNG", size=(5000, 10)),
    "sixteen bits": file(Image.new("I;16", (300, 200), 40_000), "PNG"),
    "a palette": file(Image.new("P", (300, 200), 3), "PNG", transparency=3),
    "grey, seen through": file(Image.new("LA", (300, 200), (90, 90)), "PNG"),
    "fifty megapixels": picture("PNG", size=(7000, 7000)),
}


@pytest.mark.parametrize("content", STRANGE.values(), ids=STRANGE)
def test_picture_of_any_kind_has_its_sizes(content):
    speaker = portrait()
    speaker.photo.save("me", SimpleUploadedFile("me.jpg", content))
    logo = Partner.objects.create(forum=speaker.forum, organisation=OrganisationFactory(), logo=speaker.photo.name)
    Partner.objects.update(logo=default_storage.save("logos/l.png", io.BytesIO(content)))
    logo.refresh_from_db()

    assert {size for _status, size, _bytes in of(speaker.photo).values()} == {(128, 160), (200, 250), (400, 500)}
    assert all(
        status == 200 and 1 <= size[0] <= width and 1 <= size[1] <= width * 44 // 160 and count <= 10_000
        for width, (status, size, count) in of(logo.logo).items()
    )


def test_what_can_be_seen_through_in_a_logo_stays_so_and_grey_of_sixteen_bits_is_as_dark():
    forum, shown = ForumFactory(), []
    for content in (file(rgba((255, 0, 0, 0)), "PNG"), STRANGE["sixteen bits"]):
        name = stored(content, "logos/l.png")
        logo = Partner.objects.create(forum=forum, organisation=OrganisationFactory(), logo=name).logo
        with Image.open(io.BytesIO(answered(picture_sizes.address(logo, 160))[1])) as seen:
            shown.append(seen.convert("RGBA").getpixel((5, 5)))

    assert shown[0][3] == 0
    assert shown[1][0] == pytest.approx(40_000 / 256, abs=3)


def test_sizes_of_what_is_not_public_are_found_by_staff_alone():
    hidden = [
        portrait(state="draft").photo,
        portrait(embargoed_until=datetime.now(UTC) + timedelta(days=400)).photo,
        Partner.objects.create(
            forum=ForumFactory(slug="closed", is_public=False),
            organisation=OrganisationFactory(),
            logo=stored(picture(), "logos/l.jpg"),
        ).logo,
        News.objects.create(
            forum=ForumFactory(), title="Later", text="…", date=NOW, picture=stored(picture(), "news/n.jpg")
        ).picture,
    ]
    boss = Client()
    boss.force_login(organiser())

    for photo in hidden:
        assert {status for status, _size, _bytes in of(photo, boss).values()} == {200}, photo
        assert {status for status, _size, _bytes in of(photo).values()} == {404}, photo
    answer, _content = answered(picture_sizes.address(hidden[0], 128), boss)
    assert answer["Cache-Control"] == "private, no-store"


def test_there_are_no_other_sizes_and_none_of_what_is_no_picture(monkeypatch):
    photo, broken = portrait().photo, portrait(b"\xff\xd8\xff and no more").photo
    asked = []
    run = subprocess.run
    monkeypatch.setattr(subprocess, "run", lambda *given, **more: asked.append(given) or run(*given, **more))
    addresses = [picture_sizes.address(photo, width) for width in (0, 129, 10**30)]
    addresses += [f"/media/speakers-200/{photo.name.partition('/')[2]}.webp", "/media/speakers/none.jpg/200.webp"]
    addresses += [picture_sizes.address(broken, 200)] * 3

    assert [answered(address)[0].status_code for address in addresses] == [404] * 8
    assert len(asked) == 1  # what cannot be made is not tried at each request


def test_size_is_made_once(monkeypatch):
    address = picture_sizes.address(portrait().photo, 200)
    first = answered(address)[1]
    monkeypatch.setattr(picture_sizes, "LONGEST", 0)  # another one would take too long

    assert answered(address)[1] == first != b""


def test_replaced_picture_goes_with_its_sizes_once_no_act_can_bring_it_back():
    speaker = portrait()
    kept, names = portrait(), [stored(picture(), "speakers/old.jpg"), stored(picture(), "speakers/older.jpg")]
    for name in names:
        speaker.photo = name
        speaker.save()
        of(speaker.photo)
        os.utime(default_storage.path(name), (LONG_AGO, LONG_AGO))
    of(kept.photo)
    Speaker.objects.filter(pk=speaker.pk).update(photo="")
    act = HistoryEntry.objects.create(forum=speaker.forum, model="events.speaker", verb="import", at=NOW)
    RowChange.objects.create(act=act, model="events.speaker", key="1", before={"photo": names[1]}, after={})

    tasks.sweep_pictures()
    tasks.sweep_pictures()

    assert [default_storage.exists(name) for name in names] == [False, True]
    assert [default_storage.exists(picture_sizes.name_of(name, 200)) for name in names] == [False, True]
    assert default_storage.exists(picture_sizes.name_of(kept.photo.name, 400))


def test_erased_picture_takes_its_sizes_along():
    photo = portrait().photo
    of(photo)

    erasures._delete_files([photo.name])

    names = [photo.name, *(picture_sizes.name_of(photo.name, width) for width in WIDTHS)]
    assert [default_storage.exists(name) for name in names] == [False] * 4


def test_pages_name_sizes_and_no_original():
    speaker = portrait()
    forum, session = speaker.forum, speaker.sessions.get()
    logo, shown = stored(picture(), "logos/l.jpg"), stored(picture(), "news/n.jpg")
    Partner.objects.create(forum=forum, organisation=OrganisationFactory(name="ITU"), logo=logo)
    news = News.objects.create(forum=forum, title="New", text="…", date=NOW, picture=shown, is_public=True)
    pages = [f"/2020/speakers/{speaker.pk}/", "/2020/speakers/", f"/2020/programme/{session.code}/", "/2020/"]

    for path in [*pages, f"/2020/news/{news.pk}/"]:
        tags = re.findall(r"<img[^>]*/media/[^>]*>", Client().get(path).content.decode().partition("<main")[2])
        assert tags, path
        for tag in tags:
            assert re.search(r'src="/media/[^"]*/\d+\.webp"', tag), tag
            assert not re.findall(r"\.jpg[\" ]", tag), tag
            assert len(re.findall(r"\.webp \d+[wx]", tag)) == 3, tag
            assert re.search(r'width="\d+" +height="\d+"', " ".join(tag.split())), tag
            assert 'decoding="async"' in tag, tag
            assert ('loading="lazy"' in tag) == (path not in {pages[0], f"/2020/news/{news.pk}/"}), tag
