"""A pytest plugin that is loaded before the settings: each xdist process gets its own Valkey and DATA_DIR."""

import os
from pathlib import Path

# People of the tests log in by one step; tests of the second one turn this on.
os.environ.setdefault("REQUIRE_MFA", "false")
_worker = os.environ.get("PYTEST_XDIST_WORKER")
_urls = dict(pair.split("=", 1) for pair in os.environ.get("TEST_REDIS_URLS", "").split())
if _worker and _worker in _urls:
    _shared = Path(os.environ["DATA_DIR"])
    _own = _shared.with_name(f"data-{_worker}")
    _own.mkdir(mode=0o700, exist_ok=True)
    if not (_own / "static").exists():
        (_own / "static").symlink_to(_shared / "static")
    os.environ["DATA_DIR"] = str(_own)
    os.environ["REDIS_URL"] = _urls[_worker]
