"""What `make results` collects: each table from files of its own command."""

from tests.bench.write_results import MADE


def test_no_two_tables_take_their_changes_from_one_file():
    paths = [path for files in MADE.values() for name, path in files.items() if name.endswith("-changes.json")]
    assert len(paths) == len(set(paths)) and len(paths) > 2
