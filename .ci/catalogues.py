"""The interface's catalogues, without gettext's own programs: `catalogues.py messages` or `catalogues.py compile`.

`messages` collects the strings of the code and the templates into config/locale/*/LC_MESSAGES/django.po and keeps
what is translated; `compile` writes the .mo files that are older than their .po.
"""

import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract, extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
APPS = ("config", "events", "registration", "prizes")
LANGUAGES = ("fr", "ar")
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}


def catalogues() -> list[Path]:
    """Return every catalogue of the interface."""
    return sorted((ROOT / "config" / "locale").glob("*/LC_MESSAGES/django.po"))


def compile_all() -> None:
    """Write the .mo of each catalogue that changed; whole before it gets its name, so nobody reads half of one."""
    for source in catalogues():
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime_ns >= source.stat().st_mtime_ns:
            continue
        draft = target.with_suffix(f".{os.getpid()}")
        with source.open("rb") as file, draft.open("wb") as output:
            write_mo(output, read_po(file, locale=source.parent.parent.name))
        draft.replace(target)


def found() -> Iterator[tuple[str, int, tuple | str, list[str], str | None]]:
    """Yield file, line, message, comments and context of each string in the code and the templates."""
    from django.utils.translation.template import templatize

    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            if "migrations" not in path.parts:
                with path.open("rb") as file:
                    for line, message, comments, context in extract(extract_python, file, KEYWORDS, ["Translators:"]):
                        yield str(path.relative_to(ROOT)), line, message, comments, context
    for path in sorted((ROOT / "templates").rglob("*")):
        if path.suffix not in {".html", ".txt"}:
            continue
        # Django's own step for gettext: leaves calls and blanks out the rest (indentation would end the tokenizer).
        code = "\n".join(line.strip() for line in templatize(path.read_text(), origin=str(path)).splitlines())
        for line, message, comments, context in extract(extract_python, io.BytesIO(code.encode()), KEYWORDS, []):
            yield str(path.relative_to(ROOT)), line, message, comments, context


def collect() -> None:
    """Bring every catalogue up to date with the code; the strings that are gone leave it."""
    template = Catalog(project="WSIS Forum", charset="utf-8", fuzzy=False)
    for path, line, message, comments, context in found():
        template.add(message, None, [(path, line)], auto_comments=comments, context=context)
    for language in LANGUAGES:
        path = ROOT / "config" / "locale" / language / "LC_MESSAGES" / "django.po"
        path.parent.mkdir(parents=True, exist_ok=True)
        catalogue = Catalog(locale=language)
        if path.exists():
            with path.open("rb") as file:
                catalogue = read_po(file, locale=language)
        catalogue.update(template, no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        missing = sum(1 for message in catalogue if message.id and not all(_texts(message.string)))
        with path.open("wb") as output:
            write_po(output, catalogue, width=100, sort_by_file=True, include_lineno=False, omit_header=False)
        sys.stdout.write(f"{path.relative_to(ROOT)}: {len(catalogue)} strings, {missing} to translate\n")


def _texts(string: str | tuple[str, ...] | None) -> tuple[str, ...]:
    return string if isinstance(string, tuple) else (string or "",)


if __name__ == "__main__":
    {"compile": compile_all, "messages": collect}[sys.argv[1]]()
