"""Which encoding a browser gets, and that the size of a person's page tells nothing."""

import gzip
import tracemalloc

import brotli
import pytest
import zstandard

from config.front.encodings import LEAST, QUICKEST_FIRST, SMALLEST_FIRST, chosen, quickly
from config.front.epochs import Epoch
from config.front.finished_page import Page

UNPACK = {
    "br": brotli.decompress,
    "zstd": lambda body: zstandard.ZstdDecompressor().decompress(body),
    "gzip": gzip.decompress,
}
CHOSEN = {
    "gzip, deflate, br, zstd": "br",
    "gzip, deflate": "gzip",
    "GZIP;q=0.5": "gzip",
    "br;q=0, *": "zstd",
    "br;q=0.1, gzip;q=0.9": "gzip",
    "zstd;q=0, br;q=0.000, gzip ; q = 0.2": "gzip",
    "*;q=0": "",
    "*;q=0, gzip": "gzip",
    "identity": "",
    "": "",
    "xgzip": "",
    "br;q=x, gzip;q=0.5": "br",
    ";;,,q=1": "",
    "br;q=0": "",
    " br ; q=0 , zstd": "zstd",
    "br;q=0.001, *;q=0": "br",
    "br;q=1.5, gzip;q=0.5": "br",
    "X-GZIP": "gzip",
    "identity, gzip;q=0.5": "",
    "*;q=0.5, identity": "",
    "identity;q=0.5, gzip;q=0.5": "gzip",
    "identity;q=0": "",
    "identity;q=0, *": "br",
}
PAGE = b"<p>Forum</p>" * 200


@pytest.mark.parametrize("header", CHOSEN)
def test_encoding_is_what_the_browser_likes_best(header):
    assert chosen(header, SMALLEST_FIRST) == CHOSEN[header]


def test_finished_page_is_the_same_in_every_encoding():
    page = Page(PAGE, headers=[("Content-Type", "text/html")], epoch=Epoch(1, None), expires=0)

    answers = {name: page.reply({"REQUEST_METHOD": "GET", "HTTP_ACCEPT_ENCODING": name}) for name in (*UNPACK, "")}

    assert {UNPACK.get(name, bytes)(answer.body) for name, answer in answers.items()} == {PAGE}
    assert [dict(answer.headers).get("Content-Encoding", "") for answer in answers.values()] == list(answers)
    assert len({dict(answer.headers)["ETag"] for answer in answers.values()}) == len(answers)
    assert all(dict(answer.headers)["Content-Length"] == str(len(answer.body)) for answer in answers.values())


def test_finished_page_holds_no_more_memory_than_it_counts():
    body = b"<p>Forum</p>" * 200_000
    tracemalloc.start()

    page = Page(body, headers=[("Content-Type", "text/html")], epoch=Epoch(1, None), expires=0)
    held, _most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert held < page.size + 20_000 < len(body) / 10


@pytest.mark.parametrize("accepted", QUICKEST_FIRST)
def test_page_of_a_person_hides_its_length(accepted):
    def packed():
        name, body = quickly(PAGE, accepted=accepted, kind="text/html; charset=utf-8", is_personal=True)
        assert name == accepted
        assert UNPACK[name](body).startswith(PAGE)
        return len(body)

    assert len({packed() for _number in range(60)}) > 15
    alike = {len(quickly(PAGE, accepted=accepted, kind="text/html", is_personal=False)[1]) for _number in range(9)}
    assert len(alike) == 1  # the control: without the comment the size is always the same


def test_what_gains_nothing_or_could_tell_something_is_left_alone():
    def encoding(body=PAGE, *, kind="text/html", accepted="gzip", is_personal=False):
        return quickly(body, accepted=accepted, kind=kind, is_personal=is_personal)[0]

    assert [encoding(), encoding(kind="application/feed+json"), encoding(kind="text/calendar")] == ["gzip"] * 3
    assert [
        encoding(b"x" * (LEAST - 1)),
        encoding(kind="image/png"),
        encoding(kind=""),
        encoding(accepted=""),
        encoding(kind="application/json", is_personal=True),
    ] == [""] * 5
