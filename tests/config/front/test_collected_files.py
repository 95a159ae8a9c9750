"""Static files: compressed once, and sent in the encoding that the browser likes."""

import gzip

import brotli
import pytest
import zstandard

from config.front.collected_files import ENDINGS, CollectedFiles
from config.serving.static_files import EveryEncoding

SHEET = b"a { color: var(--accent) }\n" * 200
UNPACK = {
    "br": brotli.decompress,
    "zstd": lambda body: zstandard.ZstdDecompressor().decompress(body),
    "gzip": gzip.decompress,
    None: bytes,
}


@pytest.fixture
def files(tmp_path, settings):
    settings.STATIC_ROOT = tmp_path
    (tmp_path / "site.css").write_bytes(SHEET)
    (tmp_path / "tiny.css").write_bytes(b"a{}")
    for name in ("site.css", "tiny.css"):
        EveryEncoding(quiet=True).compress(str(tmp_path / name))
    return CollectedFiles(lambda request: None)


def ask(files, address, accepted, *, method="GET", **headers):
    assert files.has(address)
    answer = files.files[address].get_response(method, {"HTTP_ACCEPT_ENCODING": accepted} | headers)
    if answer.file is None:
        return int(answer.status), dict(answer.headers), b""
    with answer.file as opened:
        return int(answer.status), dict(answer.headers), opened.read()


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("br;q=0, *", "zstd"),
        ("br;q=0, zstd;q=0, gzip;q=0.1", "gzip"),
        ("*", "br"),
        ("brotli, xgzip", None),
        ("", None),
        ("*;q=0", None),
    ],
)
def test_file_comes_in_the_encoding_that_the_browser_likes_best(files, accepted, encoding):
    status, headers, body = ask(files, "/static/site.css", accepted)

    assert (status, headers.get("Content-Encoding"), headers["Vary"]) == (200, encoding, "Accept-Encoding")
    assert UNPACK[encoding](body) == SHEET
    assert headers["Content-Length"] == str(len(body))
    assert ask(files, "/static/site.css", accepted, method="HEAD") == (200, headers, b"")
    assert ask(files, "/static/site.css", accepted, HTTP_IF_NONE_MATCH=headers["ETag"])[0] == 304


def test_compressed_files_have_no_address_and_what_gains_nothing_is_sent_as_it_is(files):
    compressed = [f"/static/{name}{ending}" for name in ("site.css", "tiny.css") for ending in ENDINGS.values()]
    assert not any(files.has(address) for address in compressed)
    assert ask(files, "/static/tiny.css", "gzip, br, zstd")[2] == b"a{}"
