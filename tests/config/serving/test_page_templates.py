"""What the loader of pages takes out of a template, and what it leaves."""

import pytest
from django.template.loader import get_template

from config.serving.page_templates import compact


@pytest.mark.parametrize(
    ("template", "compacted"),
    [
        ("<ul>\n  <li>\n    {{ a }}\n  </li>\n</ul>\n", "<ul><li>{{ a }}</li></ul>\n"),
        ("<p>\n  One\n  <b>two</b>\n</p>", "<p>One\n<b>two</b></p>"),
        ("One\n{% if a %}\n  two\n{% endif %}\nthree", "One\n{% if a %}two\n{% endif %}\nthree"),
        ("{% for a in b %}\n  {{ a }}{% endfor %}", "{% for a in b %}\n{{ a }}{% endfor %}"),
        ("{{ a }}{% if b %}, {{ b }}{% endif %}.\n", "{{ a }}{% if b %}, {{ b }}{% endif %}.\n"),
        (
            '<a\n  href="{% url "x" %}"\n  {% if a %}target="_self"{% endif %}\n>',
            '<a href="{% url "x" %}"{% if a %} target="_self"{% endif %}>',
        ),
        ('<b class="badge {% if a %}x{% else %}y{% endif %}">', '<b class="badge {% if a %}x{% else %}y{% endif %}">'),
        ("<p>{% include 'a' %}</p>\n<p>\n  b\n</p>", "<p>{% include 'a' %}</p>\n<p>b</p>"),
        ("<pre>\n  a\n</pre>", "<pre>\n  a\n</pre>"),
    ],
)
def test_white_space_that_nobody_sees_goes(template, compacted):
    assert compact(template) == compacted


def test_line_breaks_of_text_stay():
    assert "\n\n" in get_template("events/mail/frame.txt").template.source
