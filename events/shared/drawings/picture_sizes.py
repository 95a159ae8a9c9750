"""The sizes in which the public gets pictures that people uploaded: made when one is first asked for, by a program of its own, and
kept as a file that goes with its picture (`stored_files.sweep`, erasures)."""

import logging
import subprocess
import sys
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from django.db.models.fields.files import FieldFile
from django.urls import reverse

logger = logging.getLogger(__name__)

SIZING = Path(__file__).parents[1] / "upload_readers/picture_sizing.py"
LONGEST = 20.0  # seconds that making one may take
AGAIN = 600  # seconds until what could not be made is tried again
SMALL, LARGE = 10_000, 40_000  # bytes: in lists, and alone on its page
_one_at_a_time = Lock()  # a picture may need much memory


class Size(NamedTuple):
    width: int
    height: int
    most: int = SMALL
    is_cut: bool = False


# By folder and width. A portrait is cut to 4:5; a logo lies in its tile, for screens of one, two and three dots in a pixel.
SIZES: dict[str, dict[int, Size]] = {
    folder: {size.width: size for size in sizes}
    for folder, sizes in {
        "speakers": [Size(width, width * 5 // 4, is_cut=True) for width in (128, 200, 400)],
        "logos": [Size(width, width * 44 // 160) for width in (160, 320, 480)],
        "news": [Size(400, 400), Size(800, 800, LARGE), Size(1200, 1200, LARGE)],
    }.items()
}


def of_folder(name: str) -> dict[int, Size]:
    """The sizes of a picture, by its name in the storage; none for what is no picture of the public."""
    return SIZES.get(name.partition("/")[0], {})


def address(stored: FieldFile, width: int) -> str:
    """Where a size of a picture is."""
    return reverse("media-size", args=[stored.name, width])


def name_of(name: str, width: int) -> str:
    """How the storage calls a size of a picture."""
    folder, _slash, file = name.partition("/")
    return f"{folder}-{width}/{file}.webp"


def delete(storage: Storage, name: str) -> None:
    """Delete a stored file, and the sizes of a picture with it."""
    for one in [name, *(name_of(name, width) for width in of_folder(name))]:
        storage.delete(one)


def made(stored: FieldFile, width: int) -> str | None:
    """How the storage calls a size of a picture, which is made if it was not; None where it cannot be made."""
    name, storage = stored.name or "", stored.storage
    size, sized = of_folder(name).get(width), name_of(name, width)
    if size is None or storage.exists(sized):
        return size and sized
    failed = f"no-size:{sized}"
    with _one_at_a_time:
        if cache.get(failed):
            return None
        try:
            return sized if storage.exists(sized) else storage.save(sized, ContentFile(_make(stored, size)))
        except (OSError, subprocess.SubprocessError) as error:
            logger.warning("a picture has no size of %s pixels: %s", width, error)
            cache.set(failed, True, AGAIN)
            return None


def _make(stored: FieldFile, size: Size) -> bytes:
    program = [sys.executable, "-I", str(SIZING), str(size.width), str(size.height), str(size.most)]
    program.append("cut" if size.is_cut else "whole")
    with stored.storage.open(stored.name or "") as file:
        return subprocess.run(program, input=file.read(), capture_output=True, check=True, timeout=LONGEST).stdout  # noqa: S603
