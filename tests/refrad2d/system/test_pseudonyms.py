"""Pseudonyms are keyed, short and the same for ever."""

import re

import pytest

from refrad2d.system.pseudonyms import LENGTH, key_id, load_key, pseudonym

KEY = bytes(range(32))


def test_a_pseudonym_is_lower_case_and_of_one_length():
    assert re.fullmatch(f"[a-z2-7]{{{LENGTH}}}", pseudonym(KEY, "patient", "Mustermann"))


def test_kind_value_key_and_where_values_end_all_count():
    names = {
        pseudonym(KEY, "patient", "a", "b"),
        pseudonym(KEY, "study", "a", "b"),
        pseudonym(KEY, "patient", "ab", ""),
        pseudonym(bytes(32), "patient", "a", "b"),
    }
    assert len(names) == 4


def test_a_name_that_is_no_text_has_a_pseudonym():
    assert pseudonym(KEY, "path", "\udcff") != pseudonym(KEY, "path", "\udcfe")


def test_a_missing_key_is_made_for_its_owner_alone(tmp_path):
    key = load_key(tmp_path / "new" / "key")
    assert len(key) == 32 and load_key(tmp_path / "new" / "key") == key
    assert (tmp_path / "new" / "key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", ["", "xyz", "07" * 15, "ä" * 64])
def test_a_file_without_key_is_refused(tmp_path, text):
    (tmp_path / "key").write_text(text)
    with pytest.raises(ValueError, match="at least 32 hexadecimal digits"):
        load_key(tmp_path / "key")


def test_the_public_name_of_a_key_tells_it_from_others():
    assert key_id(KEY) != key_id(bytes(32)) and len(key_id(KEY)) == 8
