"""What verbs write, on any console: nothing in a name ends a verb or acts on a terminal, and JSON is always JSON."""

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from tests.cli.service import PROGRAM

from modiste.cli.console import print_json, say
from modiste.cli.main import main
from modiste.cli.show import _Bar, print_table

CLI = Path(__file__).parents[2] / "src" / "modiste" / "cli"

NAMES = (
    "a b's (1).png",
    "zażółć – šaty.png",
    "日本 シャツ.png",
    "\N{T-SHIRT}.png",
    "[red]x[nothing.png",
    "\x1b[31mred\x07\x9b2J.png",
    "two\nlines\r.png",
    "\u202egnp.exe.png",
)

CONSOLES = (
    {"PYTHONIOENCODING": "cp1252"},
    {"PYTHONIOENCODING": "ascii"},
    {"PYTHONIOENCODING": "ascii:strict"},
    {"PYTHONIOENCODING": "utf-8"},
    {"LC_ALL": "C"},
)

ACTING = re.compile(rb"[\x00-\x09\x0b-\x1f\x7f]")


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of photos with such names, and one that is damaged."""
    folder = tmp_path_factory.mktemp("odd")
    for name in NAMES:
        Image.new("RGB", (6, 8), (255, 255, 255)).save(folder / name, format="PNG")
    (folder / "damaged \x1b[31m é.png").write_bytes(b"no photo")
    return folder


def ran(
    *arguments: object, into: int = subprocess.PIPE, console: dict[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    chosen = {name: value for name, value in os.environ.items() if name not in {"LC_ALL", "LANG", "PYTHONUTF8"}}
    command = [sys.executable, "-c", PROGRAM, *map(str, arguments)]
    return subprocess.run(command, stdout=into, stderr=subprocess.PIPE, check=False, env=chosen | (console or {}))


@pytest.mark.parametrize("console", CONSOLES, ids=str)
def test_every_photo_is_a_line_on_any_console(odd: Path, bundle: Path, console: dict[str, str]) -> None:
    done = ran("tag", odd, "--bundle", bundle, console=console)
    assert (done.returncode, done.stderr) == (0, b"")
    lines = done.stdout.splitlines()
    assert len(lines) == len(NAMES) + 1
    assert not ACTING.search(done.stdout)
    assert sum(b": tone bright" in line for line in lines) == len(NAMES)


@pytest.mark.parametrize("console", CONSOLES, ids=str)
def test_json_is_json_on_any_console(odd: Path, bundle: Path, console: dict[str, str]) -> None:
    done = ran("tag", odd, "--bundle", bundle, "--json", console=console)
    assert (done.returncode, done.stderr) == (0, b"")
    assert not ACTING.search(done.stdout)
    rows = [json.loads(line) for line in done.stdout.decode("utf-8").splitlines()]
    assert len(rows) == len(NAMES) + 1
    assert set(NAMES) < {Path(row["path"]).name for row in rows}


@pytest.mark.parametrize("console", CONSOLES, ids=str)
def test_a_refusal_is_one_line_on_any_console(tmp_path: Path, console: dict[str, str]) -> None:
    done = ran("tag", tmp_path / "nowhere \x1b[31m\n–日本.png", console=console)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert not ACTING.search(done.stderr)


@pytest.mark.parametrize("verb", [("tag",), ("tag", "--json"), ("card",), ("card", "--json"), ("--help",)])
def test_whoever_has_seen_enough_ends_it_quietly(odd: Path, bundle: Path, verb: tuple[str, ...]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    arguments = {"tag": (odd, "--bundle", bundle), "card": (bundle,)}.get(verb[0], ())
    try:
        done = ran(*verb, *arguments, into=writer)
    finally:
        os.close(writer)
    assert done.stderr == b""
    assert done.returncode in {1, 141}


@pytest.mark.parametrize("verb", [("tag",), ("tag", "--json"), ("card",), ("card", "--json"), ("--help",)])
def test_a_full_disk_behind_the_output_is_one_line(odd: Path, bundle: Path, verb: tuple[str, ...]) -> None:
    arguments = {"tag": (odd, "--bundle", bundle), "card": (bundle,)}.get(verb[0], ())
    with Path("/dev/full").open("wb") as full:
        done = ran(*verb, *arguments, into=full.fileno())
    assert done.returncode == 2
    (line,) = done.stderr.decode().splitlines()
    assert "No space left on device" in line


def test_a_job_does_not_end_because_nobody_can_watch_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with Path("/dev/full").open("w") as full:
        monkeypatch.setattr(sys, "stderr", full)
        say("half done", err=True)
        monkeypatch.undo()
        with pytest.raises(OSError, match="No space"):
            full.flush()
        os.dup2(os.open(os.devnull, os.O_WRONLY), full.fileno())


def test_tables_show_names_and_do_not_obey_them(capsys: pytest.CaptureFixture[str]) -> None:
    print_table("[bold]a\x1b[2J.zip", ("[red]", "\u202e"), [("[red]x[/red]\n\x07", 1)])
    shown = capsys.readouterr().out
    for text in (r"[bold]a\x1b[2J.zip", "[red]", r"\u202e", r"[red]x[/red]\n\x07"):
        assert text in shown
    assert "\x1b[2J" not in shown


def test_progress_shows_names_and_does_not_obey_them(capsys: pytest.CaptureFixture[str]) -> None:
    bar = _Bar()
    bar("reading [red]a\x1b[2J\n", 1, 2, "[/red]\x07")
    bar.close()
    shown = capsys.readouterr().err
    assert r"reading [red]a\x1b[2J\n" in shown
    assert r"[/red]\x07" in shown
    assert "\x07" not in shown


def test_json_says_the_same_in_letters_that_a_terminal_shows(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"name": "zażółć"}, indent=None)
    assert capsys.readouterr().out == '{"name": "zażółć"}\n'
    value = {"name": "\x7f\x9b\u202e\udcff\N{T-SHIRT}"}
    print_json(value, indent=None)
    shown = capsys.readouterr().out
    assert json.loads(shown) == value
    assert shown.isascii()
    assert "\x7f" not in shown


def test_verbs_write_by_no_other_way() -> None:
    for path in CLI.glob("*.py"):
        if path.name != "console.py":
            assert not re.search(
                r"click\.s?echo|(?<!\.)\bprint\(|sys\.stdout\.write", path.read_text(encoding="utf-8")
            ), path


def test_main_survives_an_output_that_is_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    told = io.StringIO()
    monkeypatch.setattr(sys, "stdout", told)
    main(["--version"])
    assert "modiste" in told.getvalue()
