"""Which server the embedded broker is, and that it starts whatever stands in its folder."""

import time

import pytest

from config.running.serving import valkey


@pytest.fixture
def path(tmp_path, monkeypatch):
    """The folder of the machine's programs, empty at first."""
    monkeypatch.setenv("PATH", str(tmp_path))
    valkey.server.cache_clear()
    yield tmp_path
    valkey.server.cache_clear()


def install(folder, name, says):
    program = folder / name
    program.write_text(f"#!/bin/sh\n{says}\n")
    program.chmod(0o755)


def test_server_of_the_machine_goes_before_the_wheel(path):
    install(path, "redis-server", "echo 'Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.2.1 bits=64'")
    found = [valkey.server()]
    install(path, "valkey-server", "echo 'Valkey server v=8.1.4 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64'")
    valkey.server.cache_clear()
    found.append(valkey.server())

    assert found == [
        valkey.Server(path / "redis-server", "redis-7.0", is_of_machine=True),
        valkey.Server(path / "valkey-server", "valkey-8.1", is_of_machine=True),
    ]


@pytest.mark.parametrize(
    "says", ["echo 'Redis server v=6.0.16 sha=00000000:0'", "echo something else", "exit 1", "exec /nothing/there"]
)
def test_server_that_is_too_old_or_none_is_left_alone(path, says):
    install(path, "valkey-server", says)

    assert (valkey.server().is_of_machine, valkey.server().name.startswith("valkey-")) == (False, True)


def test_broker_starts_beside_what_another_version_wrote(own_broker):
    own_broker.kill()
    for other in ("appendonlydir", "valkey-99.0"):
        folder = own_broker.data / other
        folder.mkdir()
        (folder / "appendonly.aof.1.base.rdb").write_bytes(b"REDIS0999")
        (folder / "appendonly.aof.manifest").write_text("file appendonly.aof.1.base.rdb seq 1 type b\n")

    own_broker.start()

    assert own_broker.ask("PING")
    assert (own_broker.data / valkey.server().name).is_dir()


def test_what_is_in_the_broker_is_there_after_a_start(own_broker):
    own_broker.ask("SET", "a", "1")
    time.sleep(1.2)  # the append-only file is written every second
    own_broker.kill()

    own_broker.start()

    assert own_broker.ask("GET", "a") == b"1"
