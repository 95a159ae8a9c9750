import pytest


@pytest.fixture
def folder(tmp_path, settings):
    """Where backups go; the site's own folders are the test's."""
    settings.DATA_DIR, settings.KEYS_DIR = tmp_path / "data", tmp_path / "data" / "keys"
    settings.KEYS_DIR.mkdir(parents=True)
    (tmp_path / "kept").mkdir()
    return tmp_path / "kept"
