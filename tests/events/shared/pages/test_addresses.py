import pytest
from django.template import Context, Template
from django.utils.translation import override


def written(words, **context):
    return Template(words).render(Context(context))


@pytest.mark.parametrize(("language", "before"), [("en", ""), ("fr", "/fr"), ("ar", "/ar")])
def test_address_is_in_the_language_of_the_page_each_time(language, before):
    template = '{% url "registration:me" slug %} {% url "events:session" forum=slug code="ABC123" as page %}{{ page }}'

    with override(language):
        found = [written(template, slug=slug) for slug in ("one", "two", "one")]

    assert found == [f"{before}/{slug}/me/ {before}/{slug}/programme/ABC123/" for slug in ("one", "two", "one")]
