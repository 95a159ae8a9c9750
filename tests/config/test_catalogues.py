"""The catalogue tool; that the catalogues themselves are complete is the last test."""

import io
import re
from datetime import UTC, datetime

import pytest
from babel.messages.catalog import Catalog
from django.core.management import call_command
from django.utils import formats, translation

from config import catalogues

KNOWN = ["Programme", ("%(n)s session", "%(n)s sessions")]
PO = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=(n > 1);\\n"

msgid "Programme"
msgstr "Programme"

msgid "%(n)s session"
msgid_plural "%(n)s sessions"
msgstr[0] "une session"
msgstr[1] "%(n)s sessions"

msgid "Gone"
msgstr "Parti"
"""

# A row is one of a file, a key that of an app or of the keyboard.
OURS = re.compile(
    r"\b(slugs?|querysets?|null|booleans?|instances?|pk|objects?|(?:foreign|primary) keys?|rows? of “|dimension|\w+_\w+)\b",
    re.I,
)


@pytest.fixture
def locale(tmp_path, monkeypatch):
    """A folder of its own with one French catalogue."""
    folder = tmp_path / "fr" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.po").write_text(PO)
    monkeypatch.setattr(catalogues, "LOCALE", tmp_path)
    return folder


def strings(*rows):
    catalogue = Catalog()
    for row in rows:
        catalogue.add(row)
    return catalogue


@pytest.mark.parametrize(
    ("wanted", "faults"),
    [
        ([*KNOWN, "Gone"], []),
        (KNOWN, ["fr: no longer in the code: Gone"]),
        ([*KNOWN, "Gone", "New"], ["fr: not in the catalogue: New"]),
    ],
)
def test_faults_tell_what_is_missing_and_what_is_gone_and_an_update_mends_them(locale, wanted, faults):
    assert catalogues.faults("fr", strings=strings(*wanted)) == faults
    (locale / "django.po").write_text(PO + '\n#~ msgid "Old"\n#~ msgstr "Vieux"\n')
    assert catalogues.faults("fr", strings=strings(*wanted)) == ["fr: obsolete: Old", *faults]

    catalogue = catalogues.updated(catalogues.read(locale / "django.po", language="fr"), strings=strings(*wanted))

    found = {message.id: message.string for message in catalogue if message.id}
    assert (list(found), found["Programme"]) == (wanted, "Programme")


@pytest.mark.parametrize(
    ("id_", "string", "flags", "fault"),
    [
        ("%(name)s is here", "%(nom)s est là", (), "fr: other placeholders in form 0: %(name)s is here"),
        ("Hello", "", (), "fr: not translated: Hello"),
        ("Hello", "Bonjour", ("fuzzy",), "fr: fuzzy: Hello"),
        (
            ("%(n)s seat", "%(n)s seats"),
            ("%(n)s place", "places"),
            (),
            "fr: other placeholders in form 1: %(n)s seat",
        ),
        (("%(n)s seat", "%(n)s seats"), ("%(n)s place", ""), (), "fr: not translated: %(n)s seat"),
        ("100 %% of {name}", "100 %% de {name}", (), None),
    ],
)
def test_faults_of_a_translation(locale, id_, string, flags, fault):
    catalogue = catalogues.read(locale / "none.po", language="fr")
    catalogue.add(id_, string, flags=flags)
    with (locale / "django.po").open("wb") as file:
        catalogues.write_po(file, catalogue)

    found = catalogues.faults("fr", strings=strings(id_))

    assert found == ([fault] if fault else [])


def test_no_string_speaks_as_programmers_do():
    ids = (message.id if isinstance(message.id, tuple) else (message.id,) for message in catalogues.template())
    said = {text: OURS.findall(re.sub(r"%\(\w+\)s|{\w+}|<.*?>", "", text)) for texts in ids for text in texts}

    assert {text: words for text, words in said.items() if words} == {}


@pytest.mark.parametrize(
    ("language", "written"),
    [
        ("en", "7 September 2020, 16:05"),
        ("fr", "7 septembre 2020, 16:05"),
        ("ar", "7 سبتمبر 2020، 16:05"),
    ],
)
def test_dates_are_written_with_the_day_first(language, written):
    moment = datetime(2020, 9, 7, 16, 5, tzinfo=UTC)

    with translation.override(language):
        assert formats.date_format(moment, "DATETIME_FORMAT") == written


def test_catalogues_are_complete():
    """Every string of the site is translated, with the same placeholders and all forms of its plural."""
    out = io.StringIO()

    call_command("messages", "--check", stdout=out)

    assert out.getvalue() == "The catalogues are complete.\n"
