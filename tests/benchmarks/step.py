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


def main(module, function="", *arguments):
    django.setup()
    if module in {"serve", "worker"}:
        from config.management.commands import serve

        bulk = next(command for name, command in serve.background_commands().items() if name.startswith("bulk"))
        command = serve.web_command() if module == "serve" else bulk
        os.execv(command[0], command)  # noqa: S606  the site's own command
    logging.disable(logging.WARNING)  # a line for each request
    with contextlib.redirect_stdout(sys.stderr):
        part = importlib.import_module(f"tests.benchmarks.{module}")
        result = getattr(part, function)(*map(json.loads, arguments))
    print(json.dumps(result))  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
