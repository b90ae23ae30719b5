"""The program `modiste`: finds the verb, runs it, turns errors into one line and an exit code."""

import sys
from collections.abc import Sequence
from importlib import import_module

import click

from modiste import __version__
from modiste.cli.console import abandon_output, finish_output, prepare_output, say
from modiste.errors import EXIT_CODE, ClosedOutputError, MissingExtraError, ModisteError, OutputError

__all__ = ["cli", "main"]

VERBS = (
    "sample",
    "download",
    "inspect",
    "study",
    "train",
    "evaluate",
    "export",
    "calibrate",
    "card",
    "tag",
    "review",
    "serve",
)

INTERRUPTED = 130

CLOSED = 141
"""As a shell says of a program that was ended because nobody read its output any more."""


class _Verbs(click.Group):
    """Imports a verb's file when it is asked for, so that no verb pays for another's imports."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        command: click.Command = import_module(f"modiste.cli.{cmd_name}").command
        return command


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="modiste")
def cli() -> None:
    """Reads photos of fashion products and the catalogues they come from."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the program and exits: 0 where all went well, 2 on bad input, 130 when interrupted, 141 when nobody reads.

    Args:
        arguments: The command line without the program's name; by default the process's own.
    """
    prepare_output()
    try:
        cli.main(args=None if arguments is None else list(arguments), prog_name="modiste", standalone_mode=False)
        finish_output()
    except ClosedOutputError:
        abandon_output()
        sys.exit(CLOSED)
    except ModisteError as error:
        _stop(str(error))
    except ModuleNotFoundError as error:
        missing = MissingExtraError.behind(error)
        if missing is None:
            raise
        _stop(str(missing))
    except click.UsageError as error:
        hint = f" (see: {error.ctx.command_path} --help)" if error.ctx else ""
        _stop(" ".join(error.format_message().split()) + hint)
    except click.ClickException as error:
        _stop(error.format_message())
    except (click.Abort, KeyboardInterrupt):
        say("modiste: interrupted; what was finished is kept", err=True)
        sys.exit(INTERRUPTED)
    except OSError as error:
        # What no stage foresaw: most often a full disk or a folder without permission.
        place = f"{error.filename}: " if error.filename else ""
        _stop(f"{place}{error.strerror or error}")


def _stop(line: str) -> None:
    try:
        finish_output()
    except OutputError:
        abandon_output()
    say(f"modiste: {line}", err=True)
    sys.exit(EXIT_CODE)
