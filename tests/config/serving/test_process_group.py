"""Which Python the site's processes run."""

import os
import subprocess
import sys

from tests.running_site import ROOT

PRINTS = "import runpy; print(runpy.run_path('config/serving/process_group.py')['PYTHON'])"


def test_python_stays_when_the_link_to_the_current_version_moves(tmp_path):
    (tmp_path / "one" / "bin").mkdir(parents=True)
    python = tmp_path / "one" / "bin" / "python"
    python.symlink_to(os.path.realpath(sys.executable))
    (tmp_path / "current").symlink_to("one")

    said = subprocess.run(
        [
            tmp_path / "current" / "bin" / "python",
            "-c",
            PRINTS,
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert said.stdout.strip() == str(python)
