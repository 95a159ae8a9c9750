"""The frames of all mails: what a mail says, in the order in which it says it, safe in HTML, in its language's direction."""

from dataclasses import replace

from events.shared.mail.rendering import OWN_ADDRESS, Content, LocalTime, MailLink, render, speaking

FULL = Content(
    subject="Subject\nof two lines",
    lead="Lead",
    heading="<b>Heading</b> & more",
    times=[LocalTime("1 July", "10:00", "11:00", "Geneva (UTC+2)", "Your time")],
    quote="They say “<i>”",
    own_text="Own text",
    own_html="<p>Own</p>",
    paragraphs=["First", "Second"],
    action=MailLink("Do it", "https://forum.example/do/?a=1&b=2"),
    hint="Hint",
    links=[MailLink("One", "https://forum.example/1/"), MailLink("Two", "https://forum.example/2/")],
    why="Why you get it.",
    stop=MailLink("Stop", OWN_ADDRESS),
)
SHORT = Content(subject="Subject", heading="Heading", action=MailLink("Do it", "https://forum.example/"), why="Why.")


def test_text_has_every_part_in_its_order_and_no_other():
    assert render(FULL, sender="The Forum").text == (
        "Lead\n\n<b>Heading</b> & more\n1 July, 10:00–11:00 Geneva (UTC+2)\n\nThey say “<i>”\n\nOwn text\n\nFirst\n\nSecond\n\n"
        "Do it: https://forum.example/do/?a=1&b=2\nHint\n\nOne: https://forum.example/1/\nTwo: https://forum.example/2/\n\n"
        f"--\nThe Forum. Why you get it.\nStop: {OWN_ADDRESS}\n"
    )
    assert render(SHORT, sender="The Forum").text == "Heading\n\nDo it: https://forum.example/\n\n--\nThe Forum. Why.\n"


def test_html_has_words_as_text_and_no_line_breaks_in_subjects():
    mail = render(FULL, sender="The <Forum>")

    assert mail.subject == "Subject of two lines"
    assert '<h1 dir="auto">&lt;b&gt;Heading&lt;/b&gt; &amp; more</h1>' in mail.html
    assert "They say “&lt;i&gt;”" in mail.html
    assert '<p class="sender">The &lt;Forum&gt;</p>' in mail.html
    assert '<a class="button" href="https://forum.example/do/?a=1&amp;b=2">Do it</a>' in mail.html
    assert f'Why you get it. <a href="{OWN_ADDRESS}">Stop</a>' in mail.html


def test_html_in_the_direction_of_its_language_else_of_the_first_of_the_site():
    pages = []
    for language in ("ar", "tlh"):
        with speaking(language):
            pages.append(render(SHORT, sender="The Forum").html)

    assert '<html lang="ar" dir="rtl">' in pages[0]
    assert '<html lang="en" dir="ltr">' in pages[1]
    assert render(SHORT, sender="The Forum", has_html=False).html == ""


def test_own_address_stands_in_text_and_html():
    mail = render(replace(SHORT, stop=MailLink("Stop", OWN_ADDRESS)), sender="The Forum")

    own = mail.for_address("https://forum.example/stop/1/")

    assert (own.text.count("/stop/1/"), own.html.count("/stop/1/")) == (1, 1)
    assert OWN_ADDRESS not in own.text + own.html
