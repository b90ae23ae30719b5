"""The documents: generated pages are current, links lead somewhere, and what they show runs."""

import re
import runpy
import shlex
import shutil
import tomllib
from collections.abc import Iterator
from itertools import dropwhile
from pathlib import Path

import click
import pytest

from modiste.cli.main import cli

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```(?P<language>\w*)[^\n]*\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
MODULE = re.compile(r"python -m (benchmarks\.[a-z_]+)")
SCRIPT = re.compile(r"(?<![\w/])(?:scripts|benchmarks)/\w+\.(?:py|sh)\b")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)[^)]*\)|<(?:img|a)\s[^>]*(?:src|href)=\"([^\"]+)\"")


def blocks(page: Path, language: str) -> list[str]:
    found = BLOCK.finditer(page.read_text(encoding="utf-8"))
    return [match["body"] for match in found if match["language"] == language]


def with_blocks(language: str) -> list[Path]:
    return [page for page in PAGES if blocks(page, language)]


def named(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def anchors(page: Path) -> set[str]:
    """The anchors that a page's headings get: lower case, no punctuation, hyphens for blanks."""
    text = BLOCK.sub("", page.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+\s+(.+?)\s*$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def commands(page: Path) -> Iterator[list[str]]:
    """The words of each command that a page shows, up to a pipe: each line of sh, each ``$`` line of console blocks."""
    shown = [line[2:] for body in blocks(page, "console") for line in joined(body) if line.startswith("$ ")]
    for line in [*shown, *(line for body in blocks(page, "sh") for line in joined(body))]:
        words = shlex.split(line.partition(" | ")[0], comments=True)
        yield list(dropwhile(lambda word: "=" in word, words))


def joined(body: str) -> list[str]:
    """The lines of a block; a backslash continues a line."""
    return re.sub(r"\\\n\s*>?", " ", body).splitlines()


def test_the_command_line_page_is_current() -> None:
    script = runpy.run_path(str(ROOT / "scripts" / "write_cli_docs.py"))
    assert (ROOT / "docs" / "cli.md").read_text(encoding="utf-8") == script["cli_page"](), "run: make docs"


def test_links_lead_somewhere() -> None:
    assert not {named(page): broken for page in PAGES if (broken := broken_links(page))}


def broken_links(page: Path) -> list[str]:
    broken = []
    for match in LINK.finditer(BLOCK.sub("", page.read_text(encoding="utf-8"))):
        link = match[1] or match[2]
        if re.match(r"[a-z]+:", link):
            continue
        target, _, anchor = link.partition("#")
        place = (page.parent / target).resolve() if target else page
        if not place.exists() or (anchor and anchor not in anchors(place)):
            broken.append(link)
    return broken


@pytest.mark.parametrize("page", with_blocks("python"), ids=named)
def test_python_blocks_run(page: Path, drawn_catalogue: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(drawn_catalogue, tmp_path / "catalogue")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "__main__"}
    for number, body in enumerate(blocks(page, "python"), start=1):
        exec(compile(body, f"{named(page)}, block {number}", "exec"), names)


def test_commands_name_what_exists() -> None:
    shown = [(named(page), words, unknown_in(words)) for page in PAGES for words in commands(page)]
    assert not [each for each in shown if each[2]]
    assert len(shown) > 50


def unknown_in(words: list[str]) -> set[str]:
    """What a command names that does not exist."""
    match words:
        case ["modiste", *arguments]:
            return unknown_options(arguments)
        case ["make", *targets]:
            return set(targets) - make_targets()
        case ["pip", "install", *requirements]:
            return extras_of(requirements) - extras()
    return set()


def unknown_options(arguments: list[str]) -> set[str]:
    """The verb of a command line, or else its options, that the program does not have."""
    root = click.Context(cli, info_name="modiste")
    command: click.Command = cli
    if arguments and not arguments[0].startswith("-"):
        verb = cli.get_command(root, arguments[0])
        if verb is None:
            return {arguments[0]}
        command = verb
    known = {name for parameter in command.get_params(root) for name in (*parameter.opts, *parameter.secondary_opts)}
    return {word.partition("=")[0] for word in arguments if word.startswith("-")} - known


def test_modules_and_scripts_that_are_named_exist() -> None:
    texts = {named(page): page.read_text(encoding="utf-8") for page in PAGES}
    modules = {(page, match[1].replace(".", "/") + ".py") for page in texts for match in MODULE.finditer(texts[page])}
    scripts = {(page, match[0]) for page in texts for match in SCRIPT.finditer(texts[page])}
    assert len(modules) > 2
    assert len(scripts) > 4
    assert not {(page, path) for page, path in modules | scripts if not (ROOT / path).is_file()}


def make_targets() -> set[str]:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z][\w-]*):", text, re.MULTILINE))


def extras() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return set(project["optional-dependencies"])


def extras_of(requirements: list[str]) -> set[str]:
    return {extra for word in requirements for group in re.findall(r"\[(.*?)\]", word) for extra in group.split(",")}
