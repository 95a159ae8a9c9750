"""Runs a function of a part in a process of the site: `python -m tests.benchmarks.step PART FUNCTION [JSON …]`.

What it returns is the last line on standard output, as JSON. `… step serve` becomes the
site's own web server, `… step worker` its worker of bulk mail.
"""

import contextlib
import importlib
import json
import logging
import os
import sys

import django


def _become(name):
    """The site's own processes: those of the web on one socket, or the worker of bulk mail."""
    from config.serving.granian_worker import SOCKET, listening_socket
    from config.serving.supervisor import SPARE

    from config.deploys import site_parts
    from tests import process_group

    if name == "worker":
        command = next(part.command for part in site_parts.parts() if part.name == "bulk worker 1")
        os.execv(command[0], command)  # noqa: S606  the site's own command
    shared = listening_socket()
    environment = os.environ | {SOCKET: str(shared.fileno())}
    web = [
        process_group.start(part.command, environment=environment, given=[shared.fileno()])
        for part in site_parts.parts((site_parts.WEB,))
        if part.name != SPARE
    ]
    sys.exit(max(child.wait() for child in web))


def main(module, function="", *arguments):
    django.setup()
    if module in {"serve", "worker"}:
        _become(module)
    logging.disable(logging.WARNING)  # a line for each request
    with contextlib.redirect_stdout(sys.stderr):
        part = importlib.import_module(f"tests.benchmarks.{module}")
        result = getattr(part, function)(*map(json.loads, arguments))
    print(json.dumps(result))  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
