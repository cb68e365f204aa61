"""KEY.people beside the key file: keyed hashes by which `append` finds a person under a new PatientID. Mode 600.

Nobody is named in it, and it never lies in DIR. A dataset (one key may serve several) has a section under the
fingerprint of its first build; a section holds only who is published, and who is removed is forgotten. While a command
runs, its people lie in a file of their own beside it (`note`); they are taken over before the dataset changes
(`adopt`), so that after a kill none is missing, and whoever is there too early is nobody of the dataset: `known` leaves
out who is not published.
"""

import fcntl
import json
import os
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from refrad2d.privacy.people import Evidence, Known, Merged
from refrad2d.system.files import write_private


@dataclass(frozen=True)
class PeopleFile:
    """The section of one dataset. `published` are the pseudonyms in it, `is_removed` tells those that left it."""

    key_file: Path
    dataset: str
    published: frozenset[str] = frozenset()
    is_removed: Callable[[str], bool] = lambda name: False

    @property
    def path(self) -> Path:
        """Where the hashes stand."""
        return self.key_file.with_name(self.key_file.name + ".people")

    @property
    def _noted(self) -> Path:
        return self.key_file.with_name(f"{self.key_file.name}.people.{self.dataset[:8]}")

    @property
    def is_missing(self) -> bool:
        """True for a dataset with people and no section: it is older than these files, or the file is lost."""
        return bool(self.published) and self.dataset not in self._read()

    def check(self) -> None:
        """ValueError if the file is there and cannot be read, or its folder takes no file."""
        self._read()
        if self.key_file.exists() and not os.access(self.path.parent, os.W_OK):
            raise ValueError(
                f"{self.path} cannot be written. Put the key file into a folder of your own, "
                "and name it with --key-file."
            )

    def known(self) -> Known:
        """Who is published, with what is known of each."""
        section = self._read().get(self.dataset, {})
        return Known(
            {name: _bare(name) | _evidence(section.get(name, {})) for name in self.published},
            self.is_removed,
        )

    def names_of(self, patient: str) -> set[str]:
        """The pseudonyms that the PatientIDs of a person would have; that of the person itself is one of them."""
        known = self._read().get(self.dataset, {}).get(patient, {})
        return {patient, *(own for own, _ in known.get("own", ()))}

    def note(self, merged: Merged) -> None:
        """Keep for `adopt` what a build or append found."""
        people = {name: lines for name, one in merged.people.items() if (lines := _lines(one)) != _lines(_bare(name))}
        write_private(self._noted, json.dumps([people, merged.published_twice], sort_keys=True) + "\n")

    def published_twice(self) -> list[list[str]]:
        """The groups of published pseudonyms that are one person by what was noted."""
        return json.loads(self._noted.read_text(encoding="ascii"))[1] if self._noted.exists() else []

    def adopt(self, published: Collection[str]) -> None:
        """Take over what was noted of those who are now published; what the file knew of others is forgotten."""
        with self._change() as datasets:
            section = datasets.get(self.dataset, {})
            if self._noted.exists():
                section = json.loads(self._noted.read_text(encoding="ascii"))[0]
            datasets[self.dataset] = {name: lines for name, lines in section.items() if name in published}

    def forget(self, names: Collection[str]) -> None:
        """Take out a removed person, given by `names_of`, wherever it stands in the section, and what was noted."""
        self.settle()
        if not self.path.exists():
            return
        with self._change() as datasets:
            section = datasets.get(self.dataset, {})
            for name in [name for name in section if name in names]:
                del section[name]
            for lines in section.values():
                lines["others"] = [other for other in lines["others"] if other[0] not in names]

    def settle(self) -> None:
        """Take away what was noted: it was taken over, or its command has failed."""
        self._noted.unlink(missing_ok=True)

    def _read(self) -> dict[str, dict]:
        try:
            datasets = json.loads(self.path.read_bytes()) if self.path.exists() else {}
            for people in datasets.values():
                for lines in people.values():
                    if _lines(_evidence(lines)) != lines:
                        raise ValueError("The lines of a person are not as they were written.")
            return datasets
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            raise ValueError(
                f"{self.path} cannot be read. Restore it from a copy, or delete it: then `append` knows people by "
                "their PatientID alone."
            ) from error

    @contextmanager
    def _change(self) -> Iterator[dict[str, dict]]:
        """The sections of all datasets, to be changed; nobody else changes the file meanwhile."""
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            before = self._read()
            yield (datasets := deepcopy(before))
            if datasets != before or not self.path.exists():
                write_private(self.path, json.dumps(datasets, sort_keys=True) + "\n")
        finally:
            os.close(folder)


def _bare(name: str) -> Evidence:
    return Evidence(own=frozenset({(name, "")}))


def _lines(one: Evidence) -> dict[str, list]:
    """Evidence as JSON holds it, in one order."""
    return {part.name: sorted(map(_as_list, getattr(one, part.name))) for part in fields(one)}


def _as_list(value: str | tuple) -> str | list:
    return value if isinstance(value, str) else [_as_list(part) for part in value]


def _evidence(lines: Mapping[str, list]) -> Evidence:
    return Evidence(*(frozenset(map(_as_tuple, lines.get(part.name, []))) for part in fields(Evidence)))


def _as_tuple(value: str | list) -> Any:
    return value if isinstance(value, str) else tuple(map(_as_tuple, value))
