"""The file of a backup: whole or refused, whatever was done to it."""

import io
import os
import stat
import tarfile

import pytest

from config.backup import container
from tests.refusals import refused

PARTS = {"database": b"x" * (3 * container.PORTION + 5), "media/a": b"", "manifest.json": b"{}"}
KEY, OTHER = bytes(range(32)), bytes(32)


def write(path, *, key=None, holds="site", parts=PARTS):
    with container.writing(path, holds=holds, key=key) as writer, tarfile.open(fileobj=writer, mode="w|") as tar:
        for name, content in parts.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return path


def read(path, *, key=None):
    with container.reading(path, key=key) as reader:
        try:
            with tarfile.open(fileobj=reader, mode="r|") as tar:
                found = {one.name: tar.extractfile(one).read() for one in tar}
        except tarfile.TarError as error:
            raise container.damaged(path) from error
        reader.finish()
    return found


@pytest.mark.parametrize("key", [None, KEY])
def test_file_is_read_as_it_was_written_by_its_owner_alone(tmp_path, key):
    path = write(tmp_path / "a.backup", key=key)

    assert read(path, key=key) == PARTS
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["a.backup"]


@pytest.mark.parametrize("size", [0, 1, container.PORTION - 1, container.PORTION, container.PORTION + 1])
@pytest.mark.parametrize("key", [None, KEY])
def test_any_length_comes_back(tmp_path, key, size):
    with container.writing(tmp_path / "a", holds="site", key=key) as writer:
        writer.write(b"y" * size)

    with container.reading(tmp_path / "a", key=key) as reader:
        assert reader.read() == b"y" * size


def test_plain_file_is_a_tar_behind_its_first_line(tmp_path):
    path = write(tmp_path / "a.backup")

    _line, _end, rest = path.read_bytes().partition(b"\n")

    with tarfile.open(fileobj=io.BytesIO(rest)) as tar:
        assert tar.getnames() == list(PARTS)


def test_sealed_file_shows_nothing_of_its_contents(tmp_path):
    path = write(tmp_path / "a.backup", key=KEY)

    assert b"xxxx" not in path.read_bytes()
    assert b"manifest" not in path.read_bytes()


@pytest.mark.parametrize("key", [None, KEY])
@pytest.mark.parametrize("kept", [0.999999, 0.5, 0.01])
def test_file_that_is_cut_off_is_refused(tmp_path, key, kept):
    path = write(tmp_path / "a.backup", key=key)
    whole = path.read_bytes()

    path.write_bytes(whole[: int(len(whole) * kept)])

    assert refused(read, path, key=key) == "damaged"


def test_sealed_file_cut_between_two_portions_is_refused(tmp_path):
    path = write(tmp_path / "a.backup", key=KEY)
    whole = path.read_bytes()
    line = whole.index(b"\n") + 1

    path.write_bytes(whole[: line + 2 * (container.PORTION + container.TAG)])

    assert refused(read, path, key=KEY) == "damaged"


def test_sealed_portions_cannot_change_places(tmp_path):
    path = write(tmp_path / "a.backup", key=KEY)
    whole = path.read_bytes()
    line, size = whole.index(b"\n") + 1, container.PORTION + container.TAG

    first, second = whole[line : line + size], whole[line + size : line + 2 * size]
    path.write_bytes(whole[:line] + second + first + whole[line + 2 * size :])

    assert refused(read, path, key=KEY) == "damaged"


@pytest.mark.parametrize("key", [None, KEY])
@pytest.mark.parametrize("at", [0.1, 0.5, 0.9999999])
def test_one_wrong_bit_is_refused(tmp_path, key, at):
    path = write(tmp_path / "a.backup", key=key)
    whole = bytearray(path.read_bytes())

    whole[int((len(whole) - 1) * at)] ^= 1
    path.write_bytes(whole)

    assert refused(read, path, key=key) == "damaged"


def test_another_key_or_none_is_told_before_anything_is_read(tmp_path):
    path = write(tmp_path / "a.backup", key=KEY)

    assert [refused(read, path, key=key) for key in (OTHER, None)] == ["wrong-key", "key-missing"]


def test_plain_file_is_refused_where_a_key_is_given(tmp_path):
    path = write(tmp_path / "a.backup")

    assert refused(read, path, key=KEY) == "not-sealed"


def test_another_format_is_named(tmp_path):
    path = write(tmp_path / "a.backup")
    path.write_bytes(path.read_bytes().replace(b"BACKUP 1 ", b"BACKUP 2 ", 1))

    assert refused(read, path) == "another-format"


@pytest.mark.parametrize("content", [b"", b"PGDMP", b"\xff\xfe\n", b"WSIS-FORUM-BACKUP\n"])
def test_another_file_is_no_backup(tmp_path, content):
    path = tmp_path / "a.backup"
    path.write_bytes(content)

    assert refused(read, path) == "no-backup"
    assert refused(read, tmp_path / "nothing") == "no-backup"


@pytest.mark.parametrize("line", [b"1 site", b"1 site sealed zz 00", b"1 site plain more"])
def test_first_line_that_is_not_ours_is_refused(tmp_path, line):
    path = tmp_path / "a.backup"
    path.write_bytes(b"WSIS-FORUM-BACKUP " + line + b"\nrest")

    assert refused(read, path, key=KEY) == "damaged"


def test_backup_is_never_overwritten_and_a_failed_one_leaves_nothing(tmp_path):
    path = write(tmp_path / "a.backup")
    before = path.read_bytes()

    assert refused(write, path) == "exists"
    with pytest.raises(OSError, match="disk full"), container.writing(tmp_path / "b", holds="site", key=None):
        raise OSError("disk full")

    assert [one.name for one in tmp_path.iterdir()] == ["a.backup"]
    assert path.read_bytes() == before


def test_what_a_killed_backup_left_goes_after_a_day(tmp_path):
    begun, theirs, fresh = (tmp_path / name for name in (".a.backup.x.part", ".theirs.part", ".b.backup.y.part"))
    for path in (begun, fresh):
        path.write_bytes(container.Head("site").line())
    theirs.write_bytes(b"another programme's")
    for path in (begun, theirs):
        os.utime(path, (0, 0))

    write(tmp_path / "c.backup")

    assert {one.name for one in tmp_path.iterdir()} == {theirs.name, fresh.name, "c.backup"}


def test_two_backups_of_one_name_at_once_leave_the_first(tmp_path):
    def write_slowly():
        with container.writing(tmp_path / "a", holds="site", key=None) as slow:
            slow.write(b"slow")
            write(tmp_path / "a", parts={"quick": b"first"})

    assert refused(write_slowly) == "exists"
    assert read(tmp_path / "a") == {"quick": b"first"}
    assert [one.name for one in tmp_path.iterdir()] == ["a"]


def test_key_file_is_made_once_and_checked(tmp_path):
    path = tmp_path / "backup.key"
    container.make_key(path)

    assert len(container.read_key(path)) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert refused(container.make_key, path) == "key-exists"
    for wrong in ("", "00", "z" * 64):
        path.write_text(wrong)
        assert refused(container.read_key, path) == "no-key"
    assert refused(container.read_key, tmp_path / "nothing") == "no-key"
