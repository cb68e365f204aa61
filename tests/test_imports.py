"""The order of the rooms: a room imports what stands before it in the table, nothing beside or behind it.

    python -m pytest -q tests -k imports

Lazy imports inside functions count too: an arrow upwards is one wherever it stands.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fixtures.paths import ROOT

# Rooms from the ground up; those of one line do not know each other. "vocabulary" are the modules at the top level of
# refrad2d, which everyone above the ground may import.
ORDER = {
    "refrad2d": (
        ("system",),
        ("engine",),
        ("vocabulary",),
        ("text", "phantom"),
        ("privacy", "questions", "llm"),
        ("images",),
        ("dataset",),
        ("stages",),
        ("operations",),
        ("commands",),
        ("cli",),
    ),
    "radgrounder": (
        ("metrics", "models"),
        ("masks",),
        ("inference",),
        ("benchmarks",),
        ("results",),
        ("evaluation",),
        ("training",),
        ("contrast", "pretraining"),
        ("claims",),
        ("vocabulary",),  # radgrounder.predict, the public name of inference
        ("commands",),
        ("cli",),
    ),
    "space": (
        ("texts",),
        ("pictures",),
        ("uploads",),
        ("answering", "view"),
        ("page",),
        ("app", "make_examples", "make_screenshots"),
    ),
}
FOLDERS = {
    "refrad2d": ROOT / "builder" / "refrad2d",
    "radgrounder": ROOT / "sft" / "radgrounder",
    "space": ROOT / "space",
}
BELOW = {"refrad2d": (), "radgrounder": ("refrad2d",), "space": ("refrad2d", "radgrounder")}
# Inside stages, only the pipeline knows the others; joins, series, report_table and report_files are parts of ingest.
FREE_STAGES = ("pipeline", "joins", "series", "report_table", "report_files")
MOST_MODULES = 13  # of a folder, __init__ not counted


def imports_of(tree: ast.Module, package: str) -> Iterator[tuple[int, str]]:
    """Line and dotted name of everything that a module imports, `from a import b` as a.b."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:  # relative: the package itself, or one above
                parts = package.split(".")
                base = ".".join([*parts[: len(parts) - node.level + 1], *filter(None, [node.module])])
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)


def room_of(name: str, root: Path, package: str) -> str:
    """The room of a dotted name inside a package."""
    parts = [part for part in name.split(".") if part != package]
    if package == "space":
        return parts[0]
    rooms = {room for line in ORDER[package] for room in line}
    if parts and (root / parts[0]).is_dir():
        return parts[0]
    return parts[0] if parts and parts[0] in rooms else "vocabulary"


def upward_imports(package: str, root: Path) -> list[str]:
    """The imports below `root` that break the order, as "module:line imports name"."""
    rank = {room: n for n, line in enumerate(ORDER[package]) for room in line}
    own = {path.stem for path in root.glob("*.py")} if package == "space" else {package}
    found = []
    for path in sorted(root.rglob("*.py")):
        inside = path.relative_to(root).with_suffix("").parts
        parent = ".".join([package, *inside[:-1]])
        here = room_of(".".join([package, *inside]), root, package)
        for line, name in imports_of(ast.parse(path.read_text(encoding="utf-8")), parent):
            top, where = name.split(".")[0], f"{'/'.join(inside)}:{line} imports {name}"
            if top in FOLDERS and top != package and top not in BELOW[package]:
                found.append(where)
            elif top in own and (there := room_of(name, root, package)) != here and rank[there] >= rank[here]:
                found.append(where)
            elif here == "stages" and name.startswith("refrad2d.stages.") and inside[-1] != "pipeline":
                if name.split(".")[2] not in FREE_STAGES[1:]:
                    found.append(where)
    return found


def circles(root: Path, package: str) -> list[str]:
    """Modules of a package that import each other, directly or through others."""
    modules = {}
    for path in root.rglob("*.py"):
        name = ".".join([package, *path.relative_to(root).with_suffix("").parts])
        modules[name.removesuffix(".__init__")] = (path, name.rpartition(".")[0])
    arrows = {}
    for name, (path, parent) in modules.items():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        top = ast.Module([node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))], [])
        found = {full for _, full in imports_of(top, parent)}
        arrows[name] = {full if full in modules else full.rpartition(".")[0] for full in found} & modules.keys() - {
            name
        }
    left = dict(arrows)
    while free := [name for name, goals in left.items() if not goals & left.keys()]:
        for name in free:
            del left[name]
    return sorted(left)


@pytest.mark.parametrize("package", FOLDERS)
def test_imports_go_one_way(package):
    assert upward_imports(package, FOLDERS[package]) == []


@pytest.mark.parametrize("package", ["refrad2d", "radgrounder"])
def test_imports_run_in_no_circle(package):
    assert circles(FOLDERS[package], package) == []


@pytest.mark.parametrize("package", ["refrad2d", "radgrounder"])
def test_every_folder_has_its_place_in_the_order_of_imports(package):
    rooms = {room for line in ORDER[package] for room in line}
    folders = {path.parent for path in FOLDERS[package].rglob("*.py")} - {FOLDERS[package]}
    assert {folder.relative_to(FOLDERS[package]).parts[0] for folder in folders} <= rooms


@pytest.mark.parametrize("package", ["refrad2d", "radgrounder"])
def test_folders_stay_small(package):
    counts = {}
    for path in FOLDERS[package].rglob("*.py"):
        if path.name != "__init__.py":
            counts[str(path.parent.relative_to(ROOT))] = counts.get(str(path.parent.relative_to(ROOT)), 0) + 1
    assert {folder: n for folder, n in counts.items() if n > MOST_MODULES} == {}


PLANTED = {
    "refrad2d": ("text/planted.py", "def late():\n    from refrad2d.operations import build\n"),
    "radgrounder": ("metrics/planted.py", "from ..evaluation import run\n"),
    "space": ("texts.py", "import page\n"),
}


@pytest.mark.parametrize("package", PLANTED)
def test_planted_upward_imports_are_found(package, tmp_path):
    for path in FOLDERS[package].rglob("*.py"):
        copy = tmp_path / path.relative_to(FOLDERS[package])
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    before = upward_imports(package, tmp_path)
    name, code = PLANTED[package]
    (tmp_path / name).write_text(code, encoding="utf-8")
    assert len(upward_imports(package, tmp_path)) == len(before) + 1


def test_planted_circles_of_imports_are_found(tmp_path):
    (tmp_path / "a.py").write_text("from refrad2d.b import x\n")
    (tmp_path / "b.py").write_text("from refrad2d import c\n")
    (tmp_path / "c.py").write_text("import refrad2d.a\n")
    (tmp_path / "d.py").write_text("from refrad2d.c import y\n")
    assert circles(tmp_path, "refrad2d") == ["refrad2d.a", "refrad2d.b", "refrad2d.c", "refrad2d.d"]
    (tmp_path / "c.py").write_text("")
    assert circles(tmp_path, "refrad2d") == []


def test_the_builder_imports_neither_torch_nor_the_model_side():
    heavy = {"torch", "transformers", "radgrounder", "gradio"}
    for path in FOLDERS["refrad2d"].rglob("*.py"):
        names = {name.split(".")[0] for _, name in imports_of(ast.parse(path.read_text(encoding="utf-8")), "refrad2d")}
        assert not names & heavy, path
