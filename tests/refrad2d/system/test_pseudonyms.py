"""Pseudonyms are keyed, short and the same for ever."""

import re

import pytest

from refrad2d.system.pseudonyms import (
    LENGTH,
    is_rounded,
    key_id,
    load_key,
    normal_identifier,
    pseudonym,
    pseudonym_of_list,
)

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


@pytest.mark.parametrize("items", [[], [(b"a", 1)], [(b"a\xff", 1), ("é\udcff'", -1), (b"", 0)]])
def test_a_list_that_comes_in_parts_has_the_pseudonym_of_the_whole(items):
    whole = pseudonym(KEY, "inputs", items, "table", (None, "CT"))
    assert pseudonym_of_list(KEY, "inputs", map(repr, items), "table", (None, "CT")) == whole


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


@pytest.mark.parametrize(
    ("forms", "normal"),
    [
        (("12345", "0012345", "12345.0", "12345,00", "1.2345E+4", "1.2345e+04", "１２３４５"), "12345"),
        (("ACC0471", "acc-0471", "Acc 0471", "ACC_0471"), "ACC0471"),
        (("1-23", "1/23", "1 23"), "1-23"),
        (("12E5", "12e5"), "12E5"),
        (("", "0", "000.0", "nan", "None", "N/A", "NULL", "-"), ""),
        (("1.23457E+11", "1e+16", "12345678901234567.0", "1.5E+0"), ""),
    ],
)
def test_an_identifier_has_one_form(forms, normal):
    assert {normal_identifier(form) for form in forms} == {normal}


def test_identifiers_that_differ_stay_apart():
    forms = ("123", "1230", "1-23", "12-3", "A123", "123A", "ACC123", "0A1", "A01", "A1", "12.5", "125")
    assert len({normal_identifier(form) for form in forms}) == len(forms)


@pytest.mark.parametrize("identifier", ["P1", "PID17", "A1234567", "1234567", "QX"])
def test_usual_identifiers_are_their_own_form(identifier):
    assert normal_identifier(identifier) == identifier


def test_numbers_that_lost_digits_are_known():
    assert is_rounded("1.2346E+12") and is_rounded("1.234567E+08") and not is_rounded("1.2345E+04")
    assert not is_rounded("12E5") and not is_rounded("A1E+5") and not is_rounded("123456789012345678")
