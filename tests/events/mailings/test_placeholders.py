"""Words in braces: a fixed list, put in literally."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.mailings import placeholders
from events.shared.mail.rendering import Rendered
from tests.refusals import refused


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Dear {nmae}", "{nmae}"),
        ("Dear {{name}}", "{{name}}"),
        ("{name.__class__}", "{name.__class__}"),
        ("{session[0]}", "{session[0]}"),
        ("{link", "{link"),
        ("50 } left", "}"),
        ("{Name}", "{Name}"),
        ("{}", "{}"),
    ],
)
def test_a_word_that_is_no_placeholder_is_named(text, word):
    with pytest.raises(placeholders.ValidationError) as caught:
        placeholders.check(text, given=placeholders.ALWAYS)

    assert (caught.value.code, f"“{word}" in caught.value.messages[0]) == ("unknown-placeholder", True)


def test_what_the_groups_do_not_give_is_refused():
    code = refused(placeholders.check, "{name}: {session}", given=placeholders.ALWAYS)

    assert code == "placeholder-not-given"


@given(st.text(max_size=80))
def test_values_are_put_in_literally_whatever_they_are(value):
    body = placeholders.marked_html("Dear {name}, see {link} or [the page]({link}).")
    mail = Rendered(placeholders.marked("For {name}"), placeholders.marked("Dear {name}"), body)

    done = placeholders.put_in(mail, {"name": value, "link": "https://forum.example/2020/"})

    assert done.text == f"Dear {value}"
    page = 'href="https://forum.example/2020/"'
    assert (done.html.count(page), done.html.startswith(f"<p>Dear {placeholders.escape(value)}, see <a ")) == (2, True)


def test_markdown_and_marks_in_a_value_stay_as_they_are():
    mail = Rendered("", "", placeholders.marked_html("**{name}**"))

    done = placeholders.put_in(mail, {"name": "[x](https://evil.example) xq7link7qx <b>", "link": "https://f.example/"})

    assert done.html == "<p><strong>[x](https://evil.example) xq7link7qx &lt;b&gt;</strong></p>\n"
