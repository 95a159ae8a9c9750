"""A picture of a stranger comes in, the same picture goes out: its pixels, upright, and their colours, nothing else that stood in its
file; in a process of its own, which knows nothing of the site."""

import io
import resource
import sys

from PIL import Image, ImageOps, JpegImagePlugin

MEMORY = 1024**3  # bytes that it may use, and …
SECONDS = 15  # of the processor
MOST_PIXELS = 50_000_000
Image.MAX_IMAGE_PIXELS = None  # they are counted here


def read(content: bytes) -> bytes:
    """A PNG as PNG; a JPEG as JPEG, as finely as it was; else `too-many-pixels`, how many
    millions, and how many there may be. Raises whatever Pillow
    does where it is no picture, or not whole."""
    with Image.open(io.BytesIO(content), formats=("PNG", "JPEG")) as picture:
        number = picture.width * picture.height
        if number > MOST_PIXELS:
            return b"too-many-pixels %d %d" % (number // 10**6, MOST_PIXELS // 10**6)
        upright, colours = ImageOps.exif_transpose(picture), picture.info.get("icc_profile")
        upright.info = {key: picture.info[key] for key in ("transparency",) if key in picture.info}
        if upright.mode == "RGBA":  # what was cut out of a portrait is gone, not only unseen
            upright.paste((0, 0, 0, 0), None, upright.getchannel("A").point(lambda alpha: 0 if alpha else 255))
        file = io.BytesIO()
        if isinstance(picture, JpegImagePlugin.JpegImageFile):
            fine = {"qtables": picture.quantization, "subsampling": JpegImagePlugin.get_sampling(picture)}
            upright.save(file, "JPEG", icc_profile=colours, **fine)
        else:
            upright.save(file, "PNG", icc_profile=colours)
    return file.getvalue()


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    sys.stdout.buffer.write(read(sys.stdin.buffer.read()))
