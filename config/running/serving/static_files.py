"""Static files as they are sent: our own sheets and scripts are written for people, and made small when collected."""

from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import rjsmin
from django.conf import settings
from whitenoise.storage import CompressedManifestStaticFilesStorage

SOURCES = settings.BASE_DIR / "config" / "static"
MINIFIERS: dict[str, Callable[[Path], str]] = {
    # A sheet holds what it imports: a visitor asks for one file. Loaded where it is used: a web process stays small.
    ".css": lambda path: import_module("lightningcss").bundle_css(str(path), minify=True),
    ".js": lambda path: rjsmin.jsmin(path.read_text()),
}


class MinifiedStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Makes our own sheets and scripts small before they get their hash; those of packages stay as they came."""

    # A process of an older version that starts again reads the newer version's list: it may lack a file that it names,
    # which is still there. A name that no file has is refused as before.
    manifest_strict = False

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        for name, (source, path) in paths.items():
            found = Path(source.path(path))
            if not dry_run and found.is_relative_to(SOURCES) and (minify := MINIFIERS.get(found.suffix)):
                Path(self.path(name)).write_text(minify(found))
                paths = paths | {name: (self, name)}  # read from here, no longer from its source
        yield from super().post_process(paths, dry_run, **options)
