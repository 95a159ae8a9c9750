"""The interface's catalogues, without gettext's own programs: collect the strings, tell what is wrong, compile.

`python -m config.catalogues` compiles (the set-up does, before anything of Django runs); `manage.py messages`
collects, and checks with `--check`.
"""

import io
import os
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract, extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "config" / "locale"
APPS = ("config", "events", "registration", "prizes")
# The plural rules of Django's own catalogues; both are merged, so they must agree.
PLURALS = {
    "fr": "nplurals=2; plural=(n > 1);",
    "ar": "nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : "
    "n%100>=3 && n%100<=10 ? 3 : n%100>=11 && n%100<=99 ? 4 : 5);",
}
KEYWORDS: dict[str, Any] = {
    name: DEFAULT_KEYWORDS[name] for name in ("_", "gettext", "ngettext", "pgettext", "npgettext")
}
KEYWORDS |= {f"{name}_lazy": places for name, places in KEYWORDS.items()} | {"gettext_noop": None}
PLACEHOLDER = re.compile(r"%\([a-z_]+\)[a-z]|%[a-z]|\{[a-z_]*\}")
# Forms of the plural that may leave the number out: it is said by the word (“one session”, “two sessions”).
WORDS_FOR_NUMBERS = {"fr": {0}, "ar": {0, 1, 2}}


def path_of(language: str) -> Path:
    """Return where the catalogue of a language is kept."""
    return LOCALE / language / "LC_MESSAGES" / "django.po"


def compile_all() -> list[Path]:
    """Write the .mo of each catalogue that is newer than it; whole before it gets its name. Return those written."""
    written = []
    for source in sorted(LOCALE.glob("*/LC_MESSAGES/django.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime_ns >= source.stat().st_mtime_ns:
            continue
        draft = target.with_suffix(f".{os.getpid()}")
        with draft.open("wb") as output:
            write_mo(output, read(source, language=source.parent.parent.name))
        draft.replace(target)
        written.append(target)
    return written


def read(path: Path, *, language: str) -> Catalog:
    """Return the catalogue of a file; an empty one with the language's plural rules where there is none."""
    if path.exists():
        with path.open("rb") as file:
            return read_po(file, locale=language)
    header = (
        f'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n"Plural-Forms: {PLURALS[language]}\\n"\n'
    )
    return read_po(io.BytesIO(header.encode()), locale=language)


@cache
def template() -> Catalog:
    """Return the strings of the code, of the templates and of the reference data, with the files they stand in."""
    from events.reference.standard_rows import shown_names
    from prizes.review.criteria import shown_words

    catalogue = Catalog(project="WSIS Forum", charset="utf-8", fuzzy=False)
    for path, code in _sources():
        # Babel types the options of its own extractor more narrowly than it types extractors.
        found = extract(extract_python, io.BytesIO(code), KEYWORDS, ["Translators:"])  # type: ignore[arg-type]
        for line, message, comments, context in found:
            catalogue.add(message, None, [(path, line)], auto_comments=comments, context=context)
    for name, text in shown_names():
        catalogue.add(text, None, [(f"events/data/{name}.json", 1)])
    for text in shown_words():
        catalogue.add(text, None, [("prizes/data/usual_criteria.json", 1)])
    return catalogue


def _sources() -> Iterator[tuple[str, bytes]]:
    """Yield each file that holds strings, as Python code."""
    from django.utils.translation.template import templatize

    for path in (path for app in APPS for path in sorted((ROOT / app).rglob("*.py"))):
        if "migrations" not in path.parts:
            yield str(path.relative_to(ROOT)), path.read_bytes()
    for path in sorted((ROOT / "templates").rglob("*")):
        if path.suffix in {".html", ".txt"}:
            # Django's own step for gettext: it leaves calls and blanks out the rest (indentation would end the reading).
            code = templatize(path.read_text(encoding="utf-8"), origin=str(path))
            yield str(path.relative_to(ROOT)), "\n".join(line.strip() for line in code.splitlines()).encode()


def updated(catalogue: Catalog, *, strings: Catalog) -> Catalog:
    """Bring a catalogue up to date: new strings come without translation, those that are gone leave it."""
    catalogue.update(strings, no_fuzzy_matching=True, update_creation_date=False)
    catalogue.obsolete.clear()
    return catalogue


def collect() -> dict[str, int]:
    """Bring the files up to date with the code; return how many strings each language has to translate."""
    strings, missing = template(), {}
    for language in PLURALS:
        path = path_of(language)
        catalogue = updated(read(path, language=language), strings=strings)
        catalogue.project, catalogue.version = "WSIS Forum", ""
        catalogue.last_translator = catalogue.language_team = catalogue.msgid_bugs_address = ""
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            write_po(file, catalogue, width=110, sort_by_file=True, include_lineno=False)
        missing[language] = sum(1 for message in catalogue if message.id and not is_complete(message))
    return missing


def is_complete(message: Message) -> bool:
    """True when every form of the translation is there."""
    texts = message.string if isinstance(message.string, tuple) else (message.string,)
    return all(texts)


def faults(language: str, *, strings: Catalog) -> list[str]:
    """Return what is wrong with a catalogue, a sentence each: missing, fuzzy or obsolete strings, other placeholders."""
    catalogue = read(path_of(language), language=language)
    known = {(_singular(message), message.context) for message in strings}
    found = [f"{language}: obsolete: {id_}" for id_ in catalogue.obsolete]
    gone = (message for message in catalogue if (_singular(message), message.context) not in known)
    found += [f"{language}: no longer in the code: {_singular(message)}" for message in gone if message.id]
    for message in strings:
        if message.id:
            found += _faults_of(message, translation=catalogue.get(message.id, message.context), language=language)
    return found


def _singular(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _faults_of(message: Message, *, translation: Message | None, language: str) -> list[str]:
    id_ = _singular(message)
    if translation is None:
        return [f"{language}: not in the catalogue: {id_}"]
    if not is_complete(translation):
        return [f"{language}: not translated: {id_}"]
    if translation.fuzzy:
        return [f"{language}: fuzzy: {id_}"]
    forms = (translation.string,) if isinstance(translation.string, str) else translation.string or ()
    wanted = _holes(message.id if isinstance(message.id, str) else message.id[1])
    for number, form in enumerate(forms):
        lost, strange = wanted - _holes(form), _holes(form) - wanted
        may_lose_one = not isinstance(message.id, str) and number in WORDS_FOR_NUMBERS[language]
        if strange or lost.total() > may_lose_one:
            return [f"{language}: other placeholders in form {number}: {id_}"]
    return []


def _holes(text: str) -> Counter[str]:
    return Counter(PLACEHOLDER.findall(text.replace("%%", "")))


if __name__ == "__main__":
    compile_all()
