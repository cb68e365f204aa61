"""Nothing is ever half written."""

import errno
import os

import pytest

from refrad2d.system.files import (
    atomic_folder,
    atomic_path,
    count_lines,
    is_disk_full,
    read_json,
    read_jsonl,
    write_json,
    write_jsonl,
    write_private,
    write_text,
)


def test_an_error_leaves_the_old_file_and_no_rest(tmp_path):
    write_text(tmp_path / "a", "old")
    with pytest.raises(RuntimeError), atomic_path(tmp_path / "a") as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a", "old")]


def test_what_an_earlier_kill_left_is_replaced(tmp_path):
    (tmp_path / "a.tmp").mkdir()
    (tmp_path / "a.tmp" / "rest").touch()
    with atomic_folder(tmp_path / "a") as folder:
        (folder / "new").touch()
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["new"] and not (tmp_path / "a.tmp").exists()


def test_equal_values_are_equal_bytes(tmp_path):
    write_json(tmp_path / "a", {"b": 1, "a": "ä"}), write_json(tmp_path / "b", {"a": "ä", "b": 1})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert read_json(tmp_path / "a") == {"a": "ä", "b": 1}


def test_rows_are_read_as_written_whatever_stands_in_them(tmp_path):
    rows = [{"text": "a\u2028b\r\nc"}, {"text": ""}]
    write_jsonl(tmp_path / "rows.jsonl", rows)
    assert list(read_jsonl(tmp_path / "rows.jsonl")) == rows


@pytest.mark.parametrize(("code", "full"), [(errno.ENOSPC, True), (errno.EDQUOT, True), (errno.EACCES, False)])
def test_a_full_disk_is_told_from_other_errors(code, full):
    assert is_disk_full(OSError(code, "")) == full


def test_a_private_file_is_for_the_user_alone_before_it_has_content(tmp_path, monkeypatch):
    modes = []
    monkeypatch.setattr(
        "os.fdopen",
        lambda handle, mode, fdopen=os.fdopen: modes.append(os.fstat(handle).st_mode & 0o777) or fdopen(handle, mode),
    )
    (tmp_path / "a.tmp").write_text("what an earlier kill left")
    umask = os.umask(0)
    try:
        write_private(tmp_path / "a", "ä")
    finally:
        os.umask(umask)
    assert modes == [0o600] and (tmp_path / "a").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "a").read_text(encoding="utf-8") == "ä" and not (tmp_path / "a.tmp").exists()


def test_lines_are_counted_as_they_are_written(tmp_path):
    write_jsonl(tmp_path / "rows.jsonl", [{"text": "a\nb\u2028c"}, {}])
    assert count_lines(tmp_path / "rows.jsonl") == 2
