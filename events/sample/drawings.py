"""Drawn portraits, logos and patterns, some kilobytes each: nobody's face, nobody's mark. No ORM."""

import io
from functools import cache
from zlib import crc32

from django.core.files.base import ContentFile
from PIL import Image, ImageDraw, ImageFont

COLOURS = ("#20639b", "#3caea3", "#8c564b", "#6b2fa0", "#b3541e")
SKINS = ("#f1c7a3", "#d9a066", "#a8703f", "#6f4627")
HAIRS = ("#222222", "#5b3a21", "#8a8a8a", "#c79a4b")
PORTRAITS = len(COLOURS) * len(SKINS) * len(HAIRS)


@cache
def _portrait(number: int) -> bytes:
    picture = Image.new("RGB", (280, 360), COLOURS[number % len(COLOURS)])
    pen, hair = ImageDraw.Draw(picture), HAIRS[number // 3 % len(HAIRS)]
    pen.ellipse((76, 44, 204, 190 + number % 3 * 40), fill=hair)
    pen.ellipse((30, 235, 250, 500), fill="white")
    pen.rectangle((120, 190, 160, 250), fill=SKINS[number % len(SKINS)])
    pen.ellipse((88, 72, 192, 214), fill=SKINS[number % len(SKINS)])
    pen.arc((115, 140, 165, 185), 20, 160, fill="#222222", width=4)
    for left in (114, 156):
        pen.ellipse((left, 126, left + 10, 136), fill="#222222")
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=80)
    return file.getvalue()


def portrait(number: int) -> ContentFile:
    """A made-up face, 280 by 360 pixels: a number has always the same."""
    return ContentFile(_portrait(number % PORTRAITS), name="portrait.jpg")


def pattern(number: int) -> ContentFile:
    """Scales in the colours of a number, 800 by 450 pixels."""
    picture = Image.new("RGB", (800, 450), COLOURS[number % len(COLOURS)])
    pen = ImageDraw.Draw(picture)
    for row in range(9):
        colour = COLOURS[(number + row + 1) % len(COLOURS)]
        for left in range(-100 + row % 2 * 50, 800, 100):
            pen.ellipse((left, row * 50, left + 100, row * 50 + 100), fill=colour, outline="white", width=3)
    file = io.BytesIO()
    picture.quantize(16).save(file, "PNG", optimize=True)
    return ContentFile(file.getvalue(), name="pattern.png")


def logo(name: str) -> ContentFile:
    """A mark beside the first two words of an organisation's name."""
    word, seed = " ".join(name.split()[:2]), crc32(name.encode())
    font = ImageFont.load_default(40)
    picture = Image.new("RGB", (130 + int(font.getlength(word)), 96), "white")
    pen, colour = ImageDraw.Draw(picture), COLOURS[seed % len(COLOURS)]
    pen.regular_polygon((52, 48, 38), 3 + seed % 5, rotation=seed % 60, fill=colour)
    pen.ellipse((38, 34, 66, 62), fill="white")
    pen.text((106, 48), word, fill=colour, font=font, anchor="lm")
    file = io.BytesIO()
    picture.quantize(16).save(file, "PNG", optimize=True)
    return ContentFile(file.getvalue(), name="logo.png")
