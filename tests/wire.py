"""What files of ours weigh on the wire."""

import gzip

from config.running.serving.static_files import MINIFIERS, SOURCES


def static_bytes(name):
    """Bytes of one of our own static files as it is sent: made small, and compressed."""
    path = SOURCES / name
    sent = MINIFIERS[path.suffix](path).encode() if path.suffix in MINIFIERS else path.read_bytes()
    return len(gzip.compress(sent, 9))
