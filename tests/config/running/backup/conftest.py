import pytest
from django.db import connection


@pytest.fixture
def folder(request, tmp_path, settings):
    """Where backups go; the site's own folders are the test's. Nobody else is at its database: threads of other tests may
    have left connections there."""
    if request.node.get_closest_marker("django_db") and connection.vendor == "postgresql":
        request.getfixturevalue("transactional_db")
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
    settings.DATA_DIR, settings.KEYS_DIR = tmp_path / "data", tmp_path / "data" / "keys"
    settings.KEYS_DIR.mkdir(parents=True)
    (tmp_path / "kept").mkdir()
    return tmp_path / "kept"
