"""Our own sheets and scripts: how they are written, and what is sent of them."""

import base64
import gzip
import hashlib
import re

import pytest
from django.contrib.staticfiles.storage import StaticFilesStorage
from django.core.files.storage import FileSystemStorage

from config.running.serving.static_files import SOURCES, MinifiedStaticFilesStorage
from events.templatetags import page_tags
from tests.wire import static_bytes


@pytest.fixture
def collected(tmp_path):
    """The storage with our own files collected into it, and one script of a package."""
    package = tmp_path / "package"
    package.mkdir()
    (package / "theirs.js").write_text("let theirs = 1; // as it came\n")
    storage = MinifiedStaticFilesStorage(location=tmp_path / "static", base_url="/static/")
    paths = {"theirs.js": (FileSystemStorage(package), "theirs.js")}
    own = StaticFilesStorage(location=SOURCES, base_url="/static/")
    paths |= {str(path.relative_to(SOURCES)): (own, str(path.relative_to(SOURCES))) for path in SOURCES.rglob("*.*")}
    for name, (source, path) in paths.items():
        with source.open(path) as file:
            storage.save(name, file)
    errors = [failed for _name, _hashed, failed in storage.post_process(paths) if isinstance(failed, Exception)]
    assert errors == []
    return storage


def text(storage, name):
    with storage.open(storage.stored_name(name)) as file:
        return file.read().decode()


def test_collected_sheet_is_small_and_holds_what_it_imports_and_so_are_our_scripts(collected):
    sheet = text(collected, "site.css")

    assert "@import" not in sheet
    assert "/*" not in sheet
    assert len(sheet.splitlines()) == 1
    assert "--accent:#2b2fbf" in sheet
    assert ".box :is(h2,h3){" in sheet  # a space that a minifier must not take
    assert sheet.index("@layer base{") < sheet.index("@layer parts{") < sheet.index("@layer print{")
    script = text(collected, "site.js")
    assert len(script) < (SOURCES / "site.js").stat().st_size
    assert "// Times on" not in script
    with collected.open(f"{collected.stored_name('site.js')}.gz") as packed:
        assert gzip.decompress(packed.read()).decode() == script
    assert text(collected, "theirs.js") == "let theirs = 1; // as it came\n"  # a package's


def test_sheet_of_a_first_visit_keeps_its_budget():
    assert static_bytes("site.css") <= 9_000
    assert static_bytes("site.js") <= 2_500


def test_file_that_a_newer_version_no_longer_names_is_still_found(tmp_path):
    storage = MinifiedStaticFilesStorage(location=tmp_path, base_url="/static/")
    (tmp_path / "old.css").write_text("a { color: red }")

    assert re.fullmatch(r"/static/old\.[0-9a-f]{12}\.css", storage.url("old.css"))
    with pytest.raises(ValueError, match="could not be found"):
        storage.url("never.css")


def test_script_is_named_with_its_hash_once_it_is_collected(collected, monkeypatch):
    page_tags._integrity.cache_clear()
    monkeypatch.setattr(page_tags, "staticfiles_storage", collected)
    name = collected.stored_name("site.js")

    tag = page_tags.script("site.js")

    digest = base64.b64encode(hashlib.sha384(text(collected, "site.js").encode()).digest()).decode()
    assert tag == f'<script src="/static/{name}" integrity="sha384-{digest}" defer></script>'
    collected.delete(name)  # by hand; a page is no error for that
    page_tags._integrity.cache_clear()
    assert page_tags.script("site.js") == f'<script src="/static/{name}" defer></script>'
    monkeypatch.setattr(page_tags, "staticfiles_storage", StaticFilesStorage(location=SOURCES, base_url="/static/"))
    assert page_tags.script("site.js") == '<script src="/static/site.js" defer></script>'  # may change any time
    page_tags._integrity.cache_clear()
