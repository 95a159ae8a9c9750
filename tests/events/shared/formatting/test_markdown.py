import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.shared.formatting.markdown import TAGS, Run, TextBlock, blocks, plain, render

ALLOWED = (
    rf"</?(?:{'|'.join(TAGS)})>"
    r'|<ol start="\d+">'
    r'|<a href="(?!\s*(?:javascript|vbscript|data|file):)[^"]*"(?: title="[^"]*")? rel="nofollow noopener noreferrer">'
)


def test_markdown_becomes_html():
    text = "# One\n\nA *b* **c** ~~d~~ `e`\n\n- x\n- y\n\n> q\n\n###### z\n\n[a](https://example.org/?a=1&b=2)\n"

    assert render(text) == (
        "<h3>One</h3>\n<p>A <em>b</em> <strong>c</strong> <s>d</s> <code>e</code></p>\n"
        "<ul>\n<li>x</li>\n<li>y</li>\n</ul>\n<blockquote>\n<p>q</p>\n</blockquote>\n<h6>z</h6>\n"
        '<p><a href="https://example.org/?a=1&amp;b=2" rel="nofollow noopener noreferrer">a</a></p>\n'
    )


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>\n"),
        ("<b onclick=x>y</b>", "<p>&lt;b onclick=x&gt;y&lt;/b&gt;</p>\n"),
        ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>\n"),
        ("[x](data:text/html;base64,xx)", "<p>[x](data:text/html;base64,xx)</p>\n"),
        (
            "![x](https://example.org/a.png)",
            '<p>!<a href="https://example.org/a.png" rel="nofollow noopener noreferrer">x</a></p>\n',
        ),
        ("<a1:> [b](ftp://c)", "<p>&lt;a1:&gt; [b](ftp://c)</p>\n"),
        ("", ""),
    ],
)
def test_nothing_runs(text, html):
    assert render(text) == html


@given(st.text(alphabet=st.sampled_from("<>\"'&;:/\\()[]!`*_ \njavscriptonelick=#-1."), max_size=120))
def test_no_tag_or_attribute_but_ours(text):
    tags = re.findall(r"<[^>]*>", render(text))

    assert [tag for tag in tags if not re.fullmatch(ALLOWED, tag)] == []


def test_documents_get_paragraphs_with_runs():
    text = "# One\n\nA *b* **c** [d](https://example.org) [e](javascript:x)\nf\n\n- x\n\n  y\n- z\n\n3. q\n4. r\n\n> s\n\n    t"

    assert blocks(text) == [
        TextBlock("heading", [Run("One")]),
        TextBlock(
            "text",
            [
                *(Run("A "), Run("b", is_italic=True), Run(" "), Run("c", is_bold=True), Run(" ")),
                *(Run("d", link="https://example.org"), Run(" [e](javascript:x)"), Run(" "), Run("f")),
            ],
        ),
        *(TextBlock("item", [Run("x")]), TextBlock("text", [Run("y")]), TextBlock("item", [Run("z")])),
        *(TextBlock("item", [Run("q")], 3), TextBlock("item", [Run("r")], 4), TextBlock("quote", [Run("s")])),
        TextBlock("text", [Run("t\n")]),
    ]


def test_text_without_marks_stays_and_marks_become_plain():
    same = "Line 1\nLine 2\n\nA price of 5 to 7, and (1) more: see https://example.org/"
    text = "## Fibre\n\nFor **all**, see [the call](https://example.org/call).\n\n- one\n- two\n\n1. first\n2. second\n\n<b>x</b>"

    assert plain(same) == same
    assert plain(text) == (
        "Fibre\n\nFor all, see the call (https://example.org/call).\n\n– one\n– two\n1. first\n2. second\n\n<b>x</b>"
    )
