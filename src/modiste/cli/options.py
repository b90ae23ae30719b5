"""Options that several verbs share."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from modiste.errors import ConfigError

__all__ = ["as_json", "catalogue_options", "columns_of", "device_option", "max_pixels_option", "pairs_of", "size_of"]

Command = Callable[..., Any]


def as_json(command: Command) -> Command:
    """Adds ``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")(command)


def device_option(command: Command) -> Command:
    """Adds ``--device``; None where it is not given."""
    return click.option(
        "--device",
        type=click.Choice(["auto", "cpu", "cuda"]),
        help="Where to compute; auto: on a GPU where there is one that can be used.  [default: auto]",
    )(command)


def max_pixels_option(command: Command) -> Command:
    """Adds ``--max-pixels``; None where it is not given."""
    return click.option(
        "--max-pixels",
        type=click.IntRange(1),
        metavar="N",
        help="Pictures may have so many pixels, and memory grows with it. JPEG files of up to eight times as many are "
        "decoded reduced, others have an error.  [default: 64000000]",
    )(command)


def catalogue_options(command: Command) -> Command:
    """Adds what tells how to read a table that is not in the Kaggle layout."""
    for option in (
        click.option("--images", type=click.Path(path_type=Path), help="The folder of a table's pictures."),
        click.option(
            "--column",
            "columns",
            multiple=True,
            metavar="FIELD=NAME",
            help="The table's name for a field, as in id=sku; image=NAME has the picture paths. Repeatable.",
        ),
        click.option(
            "--taxonomy",
            type=click.Path(path_type=Path),
            help="A TOML file of label rules; by default the 30 labels.",
        ),
        click.option(
            "--schema",
            type=click.Path(path_type=Path),
            help="A TOML file of attributes, hierarchy and columns; by default those of the Kaggle catalogue.",
        ),
    ):
        command = option(command)
    return command


def columns_of(pairs: Sequence[str]) -> dict[str, str]:
    """Parses ``FIELD=NAME`` pairs: see `pairs_of`."""
    return pairs_of(pairs, flag="--column", example="id=sku", form="FIELD=NAME")


def pairs_of(pairs: Sequence[str], *, flag: str, example: str, form: str = "CATALOGUE=FILE") -> dict[str, str]:
    """Parses pairs with an equals sign between.

    Args:
        pairs: As given.
        flag: The option that they were given with.
        example: One that is right.
        form: What stands before and after the sign.

    Raises:
        ConfigError: A pair has no equals sign.
    """
    found = {}
    for pair in pairs:
        field, equals, name = pair.partition("=")
        if not (field and equals and name):
            raise ConfigError(f"{pair!r} is not {form}", where=flag, fix=f"write for example {flag} {example}")
        found[field] = name
    return found


def size_of(text: str) -> tuple[int, int]:
    """Parses ``WIDTHxHEIGHT``.

    Raises:
        ConfigError: It is not written so.
    """
    width, cross, height = text.lower().partition("x")
    if not (cross and width.isdecimal() and height.isdecimal()):
        raise ConfigError(f"{text!r} is not WIDTHxHEIGHT", where="--image-size", fix="write for example 120x160")
    return int(width), int(height)
