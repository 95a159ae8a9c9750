"""Fixtures of the tests that start whole sites."""

import shutil
import tempfile
from pathlib import Path

import pytest


@pytest.fixture
def short_folder():
    """A folder with a short path, in which sockets find room."""
    folder = Path(tempfile.mkdtemp(prefix="wf-site-", dir="/tmp"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
