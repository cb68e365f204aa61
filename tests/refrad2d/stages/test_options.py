"""The options of a build: each decides whether it counts in the fingerprint of the input."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from refrad2d.images import blanking
from refrad2d.privacy import heads
from refrad2d.stages.options import NOTHING, Options, fingerprint_folders, fingerprint_values, require_orientation
from refrad2d.system.arguments import list_arguments, option


def test_the_fingerprint_of_a_dataset_that_is_finished_stays():
    chosen = Options(
        masks=Path("m"),
        mask_labels="total",
        columns={"report": "Befund", "language": "Sprache"},
        site="A",
        workers=3,
        llm=object(),
        head="drop",
    )
    columns = [("language", "Sprache"), ("report", "Befund")]
    assert fingerprint_values(chosen) == ("total", None, columns, "A", True, "blank", "drop")
    assert fingerprint_values(Options()) == (None, None, [], None, False, "blank", "thin")


def test_folders_count_by_their_listing_in_the_order_that_finished_datasets_have():
    assert fingerprint_folders(Options(benchmarks=Path("b"), masks=Path("m"))) == [Path("m"), Path("b")]
    assert fingerprint_folders(Options()) == []


def test_an_option_that_does_not_say_whether_it_counts_is_refused():
    @dataclass(frozen=True, kw_only=True)
    class Undecided(Options):
        """Somebody adds an option."""

        colour: str = option("of the pictures", default="grey")

    with pytest.raises(TypeError, match="Option 'colour' does not say"):
        fingerprint_values(Undecided(), Undecided)


def test_a_new_option_that_counts_changes_the_fingerprint_and_one_that_does_not_leaves_it():
    @dataclass(frozen=True, kw_only=True)
    class Grown(Options):
        """Somebody adds two options."""

        colour: str = option("of the pictures", default="grey", metadata={"fingerprint": str.upper})
        nice: int = option("priority of the processes", default=0, metadata=NOTHING)

    assert fingerprint_values(Grown(colour="red", nice=5), Grown) == (*fingerprint_values(Options()), "RED")


def test_the_fields_of_a_command_do_not_count():
    from refrad2d.commands.build import Build

    given = Build(export=Path("e"), out=Path("o"), reports=Path("r"), offline=True, server="http://x", model="m")
    assert fingerprint_values(given) == fingerprint_values(Options())


def test_the_choices_are_those_that_the_stages_know():
    choices = {name: about.choices or kind.settings.get("choices") for name, about, kind, _ in list_arguments(Options)}
    assert choices["head"] == heads.POLICIES and set(choices["burnt_in_text"]) == set(blanking.POLICIES)


def test_privacy_is_what_append_must_repeat():
    assert Options(head="keep").privacy == {"burnt_in_text": "blank", "head": "keep"}


def test_what_the_user_says_of_nifti_files_counts_only_where_it_is_said():
    plain, said = Options(workers=1), Options(workers=1, modality="CT", assume_orientation="LAS")
    assert fingerprint_values(said) == (
        *fingerprint_values(plain), ("modality", "CT"), ("assume_orientation", "LAS"),
    )  # fmt: skip
    assert plain.assumptions == {} and said.assumptions == {"modality": "CT", "assume_orientation": "LAS"}


@pytest.mark.parametrize("letters", ["RAS", "LPS", "SAR", None])
def test_three_axes_are_an_orientation(letters):
    require_orientation(letters)


@pytest.mark.parametrize("letters", ["RA", "RLS", "ras", "XYZ", "RASL"])
def test_other_letters_are_refused(letters):
    with pytest.raises(ValueError, match="Unknown --assume-orientation"):
        require_orientation(letters)
