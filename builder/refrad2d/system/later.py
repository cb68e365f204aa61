"""A library that is imported when something of it is first used.

    if TYPE_CHECKING:
        import pydicom
    else:
        pydicom = later("pydicom")

For the libraries that read foreign files: the command hands those to its children, and does without. A child that has a
limit of memory imports them before it is set (`import_all`).
"""

from importlib import import_module
from types import ModuleType
from typing import Any

_NAMES: set[str] = set()


class _Later(ModuleType):
    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self.__name__), name)


def later(name: str) -> ModuleType:
    """What stands for a module; ImportError when it is used and is not installed."""
    _NAMES.add(name)
    return _Later(name)


def import_all() -> None:
    """Import every library that a module of this process has put off."""
    for name in sorted(_NAMES):
        import_module(name)
