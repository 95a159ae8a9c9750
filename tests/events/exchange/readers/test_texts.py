"""Texts and addresses of other systems."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.exchange.readers import texts
from events.shared.formatting import markdown
from events.shared.formatting.plain_text import CONTROLS


@pytest.mark.parametrize(
    ("html", "markdown_text"),
    [
        ("plain <3 & more", "plain <3 & more"),
        ("<p>a</p><p>b &amp; c</p>", "a\n\nb & c"),
        ("a<br>b<br/>c", "a\nb\nc"),
        ("<ol><li>a<li>b</ol>", "1. a\n2. b"),
        ("<h2>Head</h2><i>x</i> <code>y</code>", "### Head\n\n*x* `y`"),
        ('<a href="javascript:alert(1)">x</a> <a>y</a>', "x y"),
        ("<li>alone</a></script>", "- alone"),
        ("<style>p{}</style><div>x</div>", "x"),
        ("<b>x</b><![oops", "**x**"),
    ],
)
def test_html_becomes_markdown(html, markdown_text):
    assert texts.markdown(html).startswith(markdown_text)


@given(st.text(max_size=300))
def test_any_text_becomes_safe_markdown(text):
    found = texts.markdown(text)

    assert not CONTROLS.search(found)
    assert "<script" not in markdown.render(found)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (" https://a.example/x?y=z#w ", "https://a.example/x?y=z#w"), ("https://a.example/%2F%zz", "https://a.example/%2F%25zz"),
        ("http://[::1]:80/[é]", "http://[::1]:80/%5Bé%5D"), ("https://a.example:/", ""), ("https://[x]/", ""), ("https:///x", ""),
        ("https://a.example/" + "x" * 500, ""), ("https://a.example/" + "[" * 300, ""), ("ftp://a.example", ""),
    ],
)  # fmt: skip
def test_web_addresses_are_such_as_schemas_allow(text, address):
    assert texts.address(text) == address


def test_html_that_no_parser_understands(monkeypatch):
    def fail(self, data):
        raise AssertionError("unknown declaration")

    monkeypatch.setattr(texts._Writer, "feed", fail)

    assert texts.markdown("<p>a &amp; b</p>") == "a & b"
