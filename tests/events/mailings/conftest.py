import pytest

from events.models import Mailing
from tests.factories import NOW, boss


@pytest.fixture
def by(db):
    return boss()


@pytest.fixture
def mailing(forum, by):
    """Make a draft to groups; `texts`: subject and text by language."""

    def make(*groups, texts=None, **values):
        said = texts or {"en": {"subject": "News", "text": "Dear {name}"}}
        return Mailing.objects.create(
            forum=forum,
            groups=[chosen(one) if isinstance(one, str) else one for one in groups],
            texts=said,
            author=by,
            created=NOW,
            updated=NOW,
            **values,
        )

    return make


def chosen(key, *, is_excluded=False, **options):
    """A group as `Mailing.groups` has it."""
    said = {name: value if isinstance(value, list) else [str(value)] for name, value in options.items()}
    return {"key": key, "options": said, "is_excluded": is_excluded}
