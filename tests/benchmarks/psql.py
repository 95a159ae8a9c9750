"""The plain way to the same rows: statements that psql sends, with the seconds that it says they took."""

import re
import subprocess
from pathlib import Path


def timed(statements, *, home, binaries, database):
    """Return a function that sends the statements and returns their seconds, round trips included, added up."""
    command = [Path(binaries) / "psql", "-qX", "-v", "ON_ERROR_STOP=1", "-h", home, "-U", "forum", "-d", database]
    script = "\\timing on\n\\o /dev/null\n" + "".join(f"{statement};\n" for statement in statements)

    def send():
        done = subprocess.run(command, input=script, check=True, capture_output=True, text=True)
        times = re.findall(r"^Time: ([\d.]+) ms", done.stdout, re.MULTILINE)
        assert len(times) == len(statements), done.stderr
        return sum(map(float, times)) / 1000

    return send
