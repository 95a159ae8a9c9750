"""Static files, also those that a newer version has collected since this process began: its pages may ask here for them."""

from pathlib import Path

from django.http import HttpRequest, HttpResponseBase
from whitenoise.base import IsDirectoryError, MissingFileError
from whitenoise.middleware import WhiteNoiseMiddleware


class CollectedFiles(WhiteNoiseMiddleware):
    """The middleware that answers for static files; it knows those of the start by heart, and looks for others."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        self.has(request.path_info)
        return super().__call__(request)

    def has(self, path: str) -> bool:
        """Whether an address is that of a static file; one that is there is known from then on."""
        return path in self.files or self._is_found(path)

    def _is_found(self, path: str) -> bool:
        name = path.removeprefix(self.static_prefix)
        if name == path or "\0" in path or not self.url_is_canonical(path):
            return False
        try:
            self.files[path] = self.find_file_at_path(str(Path(self.static_root) / name), path)
        except (MissingFileError, IsDirectoryError):
            return False
        return True
