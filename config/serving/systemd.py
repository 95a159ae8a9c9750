"""What systemd gives a service and wants to hear of it: a listening socket, "ready", and a sign of life (sd_notify(3)).

Without systemd there is neither, and nobody listens.
"""

import contextlib
import os
import socket

FIRST = 3  # the number of the first open file that systemd gives


def gives_a_socket() -> bool:
    """Whether this process was started with a listening socket, which outlives it."""
    return os.environ.get("LISTEN_PID") == str(os.getpid()) and os.environ.get("LISTEN_FDS") == "1"


def given_socket() -> socket.socket | None:
    """Return the listening socket that this process was started with (sd_listen_fds(3)), if it was."""
    if not gives_a_socket():
        return None
    given = socket.socket(fileno=FIRST)
    given.setblocking(False)
    return given


def tell(state: str) -> None:
    """Tell systemd a state, such as READY=1 or WATCHDOG=1."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if address:
        with (
            contextlib.suppress(OSError),
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as line,
        ):
            line.sendto(state.encode(), f"\0{address[1:]}" if address.startswith("@") else address)
