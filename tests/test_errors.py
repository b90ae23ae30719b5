import ast
import re
from dataclasses import fields
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from modiste import errors
from modiste.config import StudyConfig
from modiste.errors import MissingExtraError, ModisteError, nearest

PACKAGE = Path(__file__).parents[1] / "src" / "modiste"
CLASSES = [thing for name in errors.__all__ if isinstance(thing := getattr(errors, name), type)]
ANY_TEXT = st.text(st.characters() | st.sampled_from("\n\r\t\v\f\x1c\x85\u2028\u2029 "), max_size=12)


def test_the_tree_has_one_root() -> None:
    assert ModisteError in CLASSES
    assert all(issubclass(kind, ModisteError) and kind.__name__.endswith("Error") for kind in CLASSES)
    assert not issubclass(ModisteError, (ValueError, OSError, RuntimeError))


def test_no_other_module_has_errors_of_its_own() -> None:
    for path in sorted(PACKAGE.rglob("*.py")):
        classes = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.ClassDef)]
        own = [
            item.name for item in classes if any(re.search("Error|Exception", ast.unparse(base)) for base in item.bases)
        ]
        assert not own or path.name == "errors.py", f"{path}: {own}"


@given(what=ANY_TEXT, where=ANY_TEXT.filter(bool), fix=ANY_TEXT)
def test_a_message_is_one_line_whatever_it_quotes(what: str, where: str, fix: str) -> None:
    error = ModisteError(what, where=where, fix=fix)
    assert len(str(error).splitlines()) <= 1
    assert (error.what, error.where, error.fix) == (what, where, fix)
    for part in (what, where, fix):
        assert "".join(part.split()) in "".join(str(error).split())


def test_a_message_says_where_what_and_how_to_mend_it() -> None:
    assert str(ModisteError("is empty")) == "is empty"
    assert str(ModisteError("is empty", where=Path("a.csv"))) == "a.csv: is empty"
    assert str(ModisteError("is empty", fix="give another")) == "is empty; give another"
    assert str(ModisteError("is empty", where="a.csv", fix="give another")) == "a.csv: is empty; give another"
    assert "pip install 'modiste[train]'" in str(MissingExtraError("keras", "train"))


@given(known=st.lists(st.text("aAbBzßé_", min_size=1), min_size=1, max_size=6), place=st.integers(0, 5))
def test_a_word_in_another_case_is_recognised(known: list[str], place: int) -> None:
    word = known[place % len(known)]
    hint = nearest(word.upper(), known)
    assert hint in {f" (did you mean {name!r}?)" for name in known if name.casefold() == word.upper().casefold()}


def test_a_slip_in_a_setting_s_name_finds_it() -> None:
    names = [item.name for item in fields(StudyConfig)]
    slips = {
        slip: name
        for name in names
        for at in range(len(name))
        for slip in (name[:at] + name[at + 1 :], name[:at] + "x" + name[at:], name[:at] + name[at:].upper())
    }
    assert {slip: nearest(slip, names) for slip in slips} == {
        slip: f" (did you mean {name!r}?)" for slip, name in slips.items()
    }


def test_what_resembles_nothing_gets_no_hint() -> None:
    assert nearest("zzz", ["epochs", "seed"]) == ""
    assert nearest("epochs", []) == ""
    assert nearest("", ["epochs"]) == ""
