"""Portraits: what becomes of a photograph that somebody gives. It is decoded in a process of its own, in bounds of memory and
time (portrait_drawing.py), so that no picture can harm the site."""

import subprocess
import sys
from pathlib import Path

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile, File
from django.utils.translation import gettext as _

DRAWING = [sys.executable, "-I", str(Path(__file__).with_name("portrait_drawing.py"))]
LONGEST = 20.0  # seconds that decoding may take


def portrait(file: File) -> ContentFile:
    """A JPEG of 280 × 360 pixels of a photograph that was checked (`validate_image`): upright as the camera was held, cut to
    the shape, without place, time and whatever else stood in its file. Refuses `file-broken`: it cannot be decoded."""
    file.seek(0)
    try:
        drawn = subprocess.run(DRAWING, input=file.read(), capture_output=True, check=True, timeout=LONGEST)  # noqa: S603
    except subprocess.SubprocessError:
        raise ValidationError(_("The picture cannot be read. Save it again as JPEG"), code="file-broken") from None
    return ContentFile(drawn.stdout, name=f"{Path(str(file.name or 'photograph')).stem}.jpg")
