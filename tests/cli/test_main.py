import json
import subprocess
import sys
from pathlib import Path

import pytest

from modiste import __version__
from modiste.cli.main import VERBS, main


def stopped(*arguments: str) -> int:
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert isinstance(stop.value.code, int)
    return stop.value.code


def test_version_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--version"])
    assert __version__ in capsys.readouterr().out
    main(["--help"])
    shown = capsys.readouterr().out
    assert all(verb in shown for verb in VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    main([verb, "--help"])
    assert f"modiste {verb}" in capsys.readouterr().out


def test_an_unknown_verb_or_option_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert stopped("stduy") == 2
    assert stopped("study", "--epoch", "3") == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert all(line.startswith("modiste: ") for line in lines)


def test_the_summary_needs_no_catalogue(capsys: pytest.CaptureFixture[str]) -> None:
    main(["study", "--summary", "--json"])
    network = json.loads(capsys.readouterr().out)
    assert (network["total"], network["trainable"], network["non_trainable"]) == (9914686, 9913278, 1408)
    main(["study", "--summary", "--greyscale"])
    assert "total 9,914,110" in capsys.readouterr().out


def test_json_is_all_that_inspect_prints(drawn_catalogue: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["inspect", str(drawn_catalogue), "--json"])
    report = json.loads(capsys.readouterr().out)
    promised = {
        "rows",
        "repaired",
        "rejected",
        "excluded",
        "products",
        "images",
        "missing_values",
        "balance",
        "classes",
    }
    assert promised | {"reassigned"} <= set(report)


def test_a_missing_package_is_named_with_its_extra(tmp_path: Path) -> None:
    program = "import sys; sys.modules['sklearn'] = None; from modiste.cli.main import main; main(['inspect', '.'])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "modiste[catalogue]" in done.stderr


def test_an_interruption_is_no_traceback(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("modiste.sample.draw.draw_catalogue", interrupted)
    assert stopped("sample", "nowhere") == 130
    assert "interrupted" in capsys.readouterr().err
