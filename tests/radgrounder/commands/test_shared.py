"""Checks that commands share name the flag, the value and the remedy."""

from dataclasses import dataclass

import pytest

from radgrounder.commands.shared import require_folder, require_positive, require_share
from refrad2d.system.arguments import option


@dataclass(frozen=True, kw_only=True)
class Options:
    """Of a test."""

    batch_size: int | None = option("x", default=None)
    share: float = option("x", default=0.5, flag="--part")


def test_what_is_not_given_is_no_fault():
    require_positive(Options(), "batch_size")


def test_the_flag_is_named_as_the_command_line_has_it():
    with pytest.raises(ValueError, match="--batch-size 0 is not positive. Give 1 or more."):
        require_positive(Options(batch_size=0), "batch_size")
    with pytest.raises(ValueError, match="--part 1.5 is no share. Give a number from 0 to 1."):
        require_share(Options(share=1.5), "share")
    for value in (float("nan"), float("inf")):
        with pytest.raises(ValueError, match=f"--part {value} is no number to count with. Give 1 or more."):
            require_positive(Options(share=value), "share")


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ValueError, match="is no folder. Give another."):
        require_folder(tmp_path / "file", "Give another.")
