"""Writes docs/cli.md from the help texts of the command line."""

from pathlib import Path

import click

from modiste.cli.main import cli

TARGET = Path(__file__).parents[1] / "docs" / "cli.md"
HEADER = """\
# The command line

The help of every verb, as `modiste VERB --help` prints it. This page is written by `make docs`.
"""
WIDTH = 100


def cli_page() -> str:
    """Returns the page: the program's own help, then one section per verb."""
    root = cli.make_context("modiste", [], resilient_parsing=True, terminal_width=WIDTH)
    sections = [section("modiste", root)]
    for verb in cli.list_commands(root):
        command = cli.get_command(root, verb)
        assert command is not None, f"{verb} is listed but not there"
        context = click.Context(command, parent=root, info_name=verb)
        sections.append(section(f"modiste {verb}", context))
    return "\n".join([HEADER, *sections])


def section(title: str, context: click.Context) -> str:
    """Returns one command's heading and help text."""
    return f"## {title}\n\n```text\n{context.command.get_help(context)}\n```\n"


if __name__ == "__main__":
    TARGET.write_text(cli_page(), encoding="utf-8")
    print(f"{TARGET.relative_to(TARGET.parents[1])} written")
