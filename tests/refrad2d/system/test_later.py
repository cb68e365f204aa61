"""What is put off is imported when it is used, and behaves as the module itself."""

import subprocess
import sys

import pytest

from refrad2d.system.later import later
from refrad2d.system.processes import run_isolated

COLORS = later("colorsys")


def is_loaded(limited):
    """Whether a child has imported what this module has put off."""
    return "colorsys" in sys.modules


def test_a_module_is_imported_when_something_of_it_is_used():
    code = (
        "import sys; from refrad2d.system.later import later; found = later('colorsys');"
        "assert 'colorsys' not in sys.modules; found.rgb_to_hsv(0, 0, 0); assert 'colorsys' in sys.modules"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_what_is_not_there_is_said_by_the_use():
    import colorsys

    assert COLORS.rgb_to_hsv is colorsys.rgb_to_hsv
    with pytest.raises(AttributeError, match="colorsys"):
        COLORS.nothing  # noqa: B018
    with pytest.raises(ImportError, match="not_installed"):
        later("not_installed").anything  # noqa: B018


@pytest.mark.parametrize("memory_mb", [None, 500])
def test_a_child_with_a_limit_imports_it_before_the_limit_is_set(memory_mb):
    ((_, result),) = run_isolated(is_loaded, [None], workers=1, memory_mb=memory_mb)
    assert result.value is (memory_mb is not None)


def test_a_build_leaves_the_libraries_of_foreign_files_to_its_children():
    code = "import sys, refrad2d.operations.build; sys.exit(not {'pydicom', 'nibabel'}.isdisjoint(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
