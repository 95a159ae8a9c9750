"""A picture comes in, a small portrait goes out as JPEG; in a process of its own, which knows nothing of the site."""

import io
import resource
import sys

from PIL import Image, ImageOps

SIZE = (280, 360)  # pixels: 28 × 36 mm on a badge at 254 dots an inch
LARGEST = 1000  # pixels of a side, once it is decoded
FACE = (0.5, 0.35)  # where the middle is when it is cut: a face is above it
MEMORY = 1024**3  # bytes that it may use
SECONDS = 15  # of the processor
Image.MAX_IMAGE_PIXELS = 60_000_000


def drawn(content: bytes) -> bytes:
    """The portrait. Raises whatever Pillow does where it is no picture."""
    with Image.open(io.BytesIO(content), formats=("PNG", "JPEG")) as picture:
        picture.thumbnail((LARGEST, LARGEST))  # what comes after has little to do; of a large JPEG less is decoded
        upright = ImageOps.exif_transpose(picture)
        if upright.mode in {"RGBA", "LA", "P", "PA"}:  # what can be seen through is white
            seen = upright.convert("RGBA")
            upright = Image.alpha_composite(Image.new("RGBA", seen.size, "white"), seen)
        made = Image.new("RGB", SIZE)  # knows nothing of what the file said beside the picture
        made.paste(ImageOps.fit(upright.convert("RGB"), SIZE, centering=FACE))
    file = io.BytesIO()
    made.save(file, "JPEG", quality=80, optimize=True)
    return file.getvalue()


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    sys.stdout.buffer.write(drawn(sys.stdin.buffer.read()))
