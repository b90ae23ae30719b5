"""`import modiste`: what it offers, what it costs, and that everything shown to a reader comes from it."""

import ast
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import modiste
from modiste import errors

ROOT = Path(__file__).parents[1]
PROMISED = {"Tagger", "Predictions", "Catalogue", "Schema", "train", "study", "inspect", "export", "evaluate"}
INSIDE = {"extending.md"}
"""Guides about the inside."""
SHOWN = [
    ROOT / "README.md",
    *(page for page in sorted((ROOT / "docs" / "guides").glob("*.md")) if page.name not in INSIDE),
    *sorted((ROOT / "examples").glob("*.*")),
]


def said(code: str, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *options, "-c", code], capture_output=True, text=True, check=True)


def imports_for_type_checkers() -> dict[str, str]:
    """Public name -> the module that a type checker finds it in."""
    tree = ast.parse(Path(modiste.__file__).read_text(encoding="utf-8"))
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    return {
        alias.name: str(node.module) for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names
    }


def test_the_promised_names_and_every_error_are_offered() -> None:
    tree = {name for name in errors.__all__ if isinstance(getattr(errors, name), type) and name.endswith("Error")}
    assert PROMISED | tree <= set(modiste.__all__)
    assert set(modiste.__all__) <= set(dir(modiste))


def test_a_name_is_at_run_time_what_type_checkers_take_it_for() -> None:
    modules = imports_for_type_checkers()
    assert set(modules) == set(modiste.__all__)
    for name, module in modules.items():
        assert getattr(modiste, name) is getattr(import_module(module), name)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Tager'"):
        _ = modiste.Tager


def test_importing_takes_less_than_50_ms_and_loads_nothing() -> None:
    def seconds() -> float:
        lines = said("import modiste", "-X", "importtime").stderr.splitlines()
        return int(next(line for line in lines if line.endswith(" modiste")).split("|")[1]) / 1e6

    assert min(seconds() for _ in range(5)) < 0.05
    loaded = said("import modiste, sys; print(*sys.modules)").stdout.split()
    assert not {"polars", "onnxruntime", "numpy", "modiste.errors"} & set(loaded)


def test_a_missing_extra_is_named() -> None:
    code = (
        "import sys; sys.modules['keras'] = None\n"
        "import modiste\n"
        "try: modiste.train\n"
        "except modiste.MissingExtraError as error: print(error)"
    )
    assert "pip install 'modiste[train]'" in said(code).stdout


@pytest.mark.parametrize("page", SHOWN, ids=lambda page: page.name)
def test_readers_are_shown_the_front_door_only(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert not re.findall(r"^\s*(?:from|import) modiste\..*", text, re.MULTILINE)
