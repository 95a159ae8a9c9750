"""Static files, also those that a newer version has collected since this process began: its pages may ask here for them.

They were compressed when they were collected (config.serving.static_files), and are sent as the browser likes them.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from wsgiref.headers import Headers

from django.http import HttpRequest, HttpResponseBase
from whitenoise.base import IsDirectoryError, MissingFileError
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import StaticFile

from config.front.encodings import SMALLEST_FIRST, chosen

ENDINGS = {"gzip": ".gz", "br": ".br", "zstd": ".zst"}  # of the same file, compressed

type Head = list[tuple[str, str]]


class EncodedFile(StaticFile):
    """A static file in each encoding that it was compressed with. The library goes by the mere names in the header."""

    def get_headers(self, headers_list: Head, files: Mapping[str | None, Any]) -> Any:
        """The headers; one weak ETag for all encodings, whose bytes are not the same."""
        headers = super().get_headers(headers_list, files)
        headers["ETag"] = f"W/{headers['ETag']}"
        return headers

    @staticmethod
    def get_alternatives(base_headers: Any, files: Mapping[str | None, Any]) -> dict[str, tuple[str, Head]]:
        """Path and headers by encoding."""
        kept = base_headers.items()
        return {
            name or "": (
                entry.path,
                [*kept, ("Content-Length", str(entry.size)), *([("Content-Encoding", name)] if name else [])],
            )
            for name, entry in files.items()
        }

    def get_path_and_headers(self, request_headers: Mapping[str, str]) -> tuple[str, Head]:
        """Those of the encoding that the browser likes best."""
        offered = tuple(name for name in SMALLEST_FIRST if name in self.alternatives)
        found: tuple[str, Head] = self.alternatives[chosen(request_headers.get("HTTP_ACCEPT_ENCODING", ""), offered)]
        return found


class CollectedFiles(WhiteNoiseMiddleware):
    """The middleware that answers for static files, of which it knows those that somebody has asked for."""

    def add_files(self, root: str, prefix: str | None = None) -> None:
        """Read no file in advance: a thousand files would take 3 MB, and browsers ask for thirty."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        self.has(request.path_info)
        return super().__call__(request)

    def has(self, path: str) -> bool:
        """Whether an address is that of a static file; one that is there is known from then on."""
        return path in self.files or self._is_found(path)

    def get_static_file(self, path: str, url: str, stat_cache: Mapping[str, Any] | None = None) -> EncodedFile:
        """A file in all its encodings. Raises MissingFileError."""
        headers = Headers([("Access-Control-Allow-Origin", "*")])
        self.add_mime_headers(headers, path, url)
        self.add_cache_headers(headers, path, url)
        encodings = {name: path + ending for name, ending in ENDINGS.items()}
        return EncodedFile(path, headers.items(), encodings=encodings, stat_cache=stat_cache)

    @staticmethod
    def is_compressed_variant(path: str, stat_cache: Mapping[str, Any] | None = None) -> bool:
        """Whether a file is another one, compressed."""
        whole, ending = path.rpartition(".")[0], f".{path.rpartition('.')[2]}"
        return ending in ENDINGS.values() and (Path(whole).is_file() if stat_cache is None else whole in stat_cache)

    def _is_found(self, path: str) -> bool:
        name = path.removeprefix(self.static_prefix)
        if name == path or "\0" in path or not self.url_is_canonical(path):
            return False
        try:
            self.files[path] = self.find_file_at_path(str(Path(self.static_root) / name), path)
        except (MissingFileError, IsDirectoryError):
            return False
        return True
