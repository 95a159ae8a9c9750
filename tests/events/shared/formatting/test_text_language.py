import pytest
from django.utils.translation import override

from events.shared.formatting.text_language import language_of, other_language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Bridging the digital divide", "en"),
        ("الألياف البصرية", "ar"),
        ("Доступ к информации", "ru"),
        ("信息网络建设", "zh"),
        ("5G والذكاء الاصطناعي", "ar"),
        ("Wi-Fi: الألياف البصرية", "ar"),
        ("WSIS Forum: جسور", "en"),
        ("2020 – 2025", "en"),
        ("", "en"),
        ("🙂" * 400, "en"),
    ],
)
def test_language_is_that_of_most_letters(text, language):
    assert language_of(text) == language


@pytest.mark.parametrize(
    ("text", "page", "language"),
    [
        ("Fibre in villages", "en", ""),
        ("Fibre in villages", "fr", "en"),
        ("الألياف البصرية", "ar", ""),
        ("الألياف البصرية", "en", "ar"),
        ("Thematic Workshop", "fr", ""),  # the catalogue knows it: the page shows it in French
    ],
)
def test_text_in_the_language_of_the_page_needs_no_word_about_it(text, page, language):
    with override(page):
        assert other_language(text) == language
