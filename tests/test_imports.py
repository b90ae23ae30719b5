"""What an import costs and what a module offers; walks the package, so that new modules are covered."""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "src" / "modiste"
BACKENDS = {"jax", "keras", "tensorflow", "torch"}
BEYOND_BASE = BACKENDS | {"h5py", "jinja2", "kagglehub", "matplotlib", "scipy", "sklearn"}
REUSABLE = ("errors", "measure", "config", "runs", "catalogue", "dataset", "reports")


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def newly_imported(*modules: str) -> dict[str, set[str]]:
    """Imports the modules in turn in a fresh interpreter; returns the top-level packages each brings."""
    code = """
import importlib, json, sys
brought = {}
for module in sys.argv[1:]:
    before = set(sys.modules)
    importlib.import_module(module)
    brought[module] = sorted({name.partition(".")[0] for name in set(sys.modules) - before})
print(json.dumps(brought))
"""
    done = subprocess.run([sys.executable, "-c", code, *modules], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {module: set(names) for module, names in json.loads(done.stdout).items()}


def room(name: str) -> list[str]:
    """The modules of one part of the package."""
    return [module for module in MODULES if re.match(rf"modiste\.{name}(\.|$)", module)]


def test_the_reusable_parts_import_without_keras() -> None:
    rooms = {part: room(part) for part in REUSABLE}
    assert not [part for part, modules in rooms.items() if not modules], "gone"
    brought = newly_imported(*chain.from_iterable(rooms.values()))
    assert not {module: names & BACKENDS for module, names in brought.items() if names & BACKENDS}


def test_the_command_line_starts_on_the_base_install() -> None:
    assert not newly_imported("modiste.cli.main")["modiste.cli.main"] & BEYOND_BASE


def test_import_modiste_is_light() -> None:
    brought = newly_imported("modiste")["modiste"]
    assert brought - sys.stdlib_module_names == {"modiste"}


def public_things(tree: ast.Module) -> list[ast.FunctionDef | ast.ClassDef]:
    """The functions and classes that a module defines at its top and does not mark as private."""
    things = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    return [thing for thing in things if not thing.name.startswith("_")]


def exported(tree: ast.Module) -> list[str] | None:
    """The value of a module's ``__all__``, or None where there is none."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == ["__all__"]:
            return list(ast.literal_eval(node.value))
    return None


def sort_key(name: str) -> tuple[int, str]:
    """Constants, then classes, then functions, each in alphabetical order, as ruff keeps it (RUF022)."""
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[0].isupper() else 2
    return kind, name


def undocumented(tree: ast.Module) -> Iterator[str]:
    """The public functions, classes and methods that lack a docstring, and the module if it does."""
    if not ast.get_docstring(tree):
        yield "the module"
    for thing in public_things(tree):
        members = thing.body if isinstance(thing, ast.ClassDef) else []
        for each in (thing, *members):
            if not isinstance(each, ast.FunctionDef | ast.ClassDef) or each.name.startswith("_"):
                continue
            if not ast.get_docstring(each):
                yield each.name


@pytest.fixture(scope="module")
def trees() -> dict[str, ast.Module]:
    """Module -> its code."""
    return {module: ast.parse(path.read_text(encoding="utf-8")) for module, path in MODULES.items()}


def test_all_is_there_sorted_and_complete(trees: dict[str, ast.Module]) -> None:
    names = {module: exported(tree) for module, tree in trees.items()}
    assert not [module for module, each in names.items() if each is None and MODULES[module].name != "__init__.py"]
    there = {module: each or [] for module, each in names.items()}
    assert not [module for module, each in there.items() if each != sorted(set(each), key=sort_key)]
    missing = {
        module: {thing.name for thing in public_things(trees[module])} - {*each} for module, each in there.items()
    }
    assert not {module: each for module, each in missing.items() if each}


def test_every_public_thing_has_a_docstring(trees: dict[str, ast.Module]) -> None:
    found = {module: list(undocumented(tree)) for module, tree in trees.items()}
    assert not {module: names for module, names in found.items() if names}
