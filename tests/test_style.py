"""What every change is held to: sizes, where the markup may stand, documented public functions, clean text."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = sorted([*(ROOT / "builder").rglob("*.py"), *(ROOT / "sft").rglob("*.py"), *(ROOT / "space").glob("*.py")])


def trees():
    for path in PACKAGES:
        yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def test_files_are_short():
    lengths = {str(path): len(path.read_text(encoding="utf-8").splitlines()) for path in PACKAGES}  # names come twice
    assert {name: n for name, n in lengths.items() if n > 450} == {}


def test_functions_are_short():
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    found = [
        (name, f.name)
        for name, tree in trees()
        for f in ast.walk(tree)
        if isinstance(f, kinds) and f.end_lineno - f.lineno >= 70
    ]
    assert found == []


def test_the_markup_stands_in_grounding_alone():
    literal = re.compile(r"<p bbox|<loc|<seg")
    assert [
        p.name for p in PACKAGES if p.name != "grounding.py" and literal.search(p.read_text(encoding="utf-8"))
    ] == []


def test_modules_and_public_names_are_documented():
    missing = []
    for name, tree in trees():
        public = [
            node
            for node in tree.body
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_")
        ]
        missing += [(name, getattr(node, "name", "module")) for node in (tree, *public) if not ast.get_docstring(node)]
    assert missing == []


def test_public_functions_are_typed():
    untyped = []
    for name, tree in trees():
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
                if node.returns is None or any(a.annotation is None for a in arguments):
                    untyped.append((name, node.name))
    assert untyped == []


def test_no_exception_is_caught_blindly():
    blind = []
    for name, tree in trees():
        for handler in (node for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler)):
            if handler.type is None or (
                isinstance(handler.type, ast.Name) and handler.type.id in ("Exception", "BaseException")
            ):
                blind.append((name, handler.lineno))
    assert {name for name, _ in blind} <= {
        "builder/refrad2d/system/processes.py"
    }  # the wall between foreign files and the run


def test_the_builder_imports_no_torch_and_never_the_model_side():
    for path in (ROOT / "builder").rglob("*.py"):
        assert not re.search(
            r"^\s*(import|from) (torch|transformers|radgrounder|gradio)\b", path.read_text(encoding="utf-8"), re.M
        ), path


def test_the_packages_import_light():
    import subprocess
    import sys

    code = "import sys, refrad2d; sys.exit(any(m in sys.modules for m in ('torch', 'gradio', 'transformers')))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_no_file_of_the_repository_names_a_machine():
    pattern = re.compile(r"/(?:work|farm|root)/\w")
    for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *PACKAGES, ROOT / "Makefile"]:
        assert not pattern.search(path.read_text(encoding="utf-8")), path


def test_every_module_has_a_test_file_of_its_own():
    missing = []
    for base, package in (("builder", "refrad2d"), ("sft", "radgrounder")):
        for path in (ROOT / base / package).rglob("*.py"):
            inside = path.relative_to(ROOT / base)
            if path.name != "__init__.py" and not (ROOT / "tests" / inside.parent / f"test_{path.stem}.py").is_file():
                missing.append(str(inside))
    assert missing == []
