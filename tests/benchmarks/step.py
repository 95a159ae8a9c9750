"""Runs a function of a part in a process of the site: `python -m tests.benchmarks.step PART FUNCTION [JSON …]`.

What it returns is the last line on standard output, as JSON. `… step worker` becomes the site's worker.
"""

import contextlib
import importlib
import json
import logging
import os
import sys

import django

from tests.engine import WORKER


def main(module, function="", *arguments):
    django.setup()
    if module == "worker":
        os.execv(sys.executable, [sys.executable, *WORKER])  # noqa: S606  the site's own
    logging.disable(logging.WARNING)  # a line for each request
    with contextlib.redirect_stdout(sys.stderr):
        part = importlib.import_module(f"tests.benchmarks.{module}")
        result = getattr(part, function)(*map(json.loads, arguments))
    print(json.dumps(result))  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
