"""A stored picture comes in, a small one goes out as WebP; in a process of its own, which knows nothing of the site."""

import io
import resource
import sys

from PIL import Image, ImageFilter, ImageOps

MEMORY = 1024**3  # bytes that it may use, and …
SECONDS = 15  # of the processor
FACE = (0.5, 0.2)  # what stays when it is cut: a face is in the upper half
QUALITIES = (82, 70, 55, 40, 25, 10)
BLURS = (0, 1, 3, 9, 27)  # of a picture that is nothing but noise
Image.MAX_IMAGE_PIXELS = None  # who stored it has counted them


def sized(content: bytes, width: int, height: int, most: int, *, is_cut: bool) -> bytes:
    """The picture in so many pixels, cut to their shape or as it fits between them and never enlarged, in `most` bytes."""
    with Image.open(io.BytesIO(content), formats=("PNG", "JPEG")) as picture:
        picture.draft(picture.mode, (width * 2, height * 2))  # of a large JPEG less is decoded
        plain = _plain(picture)
    if is_cut:
        plain = ImageOps.fit(plain, (width, height), centering=FACE)
    else:
        plain.thumbnail((width, height))
    for blur in BLURS:
        soft = plain.filter(ImageFilter.GaussianBlur(blur)) if blur else plain
        for quality in QUALITIES:
            file = io.BytesIO()
            soft.save(file, "WEBP", quality=quality, method=6)
            if file.tell() <= most:
                return file.getvalue()
    raise ValueError("the picture does not become small enough")


def _plain(picture: Image.Image) -> Image.Image:
    """Eight bits for each colour, and what can be seen through where there is such."""
    if picture.mode.startswith("I"):  # sixteen bits of grey
        picture = picture.point(lambda grey: grey / 256).convert("L")
    return picture.convert("RGBA" if picture.has_transparency_data else "RGB")


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    numbers = [int(one) for one in sys.argv[1:4]]
    sys.stdout.buffer.write(sized(sys.stdin.buffer.read(), *numbers, is_cut=sys.argv[4] == "cut"))
