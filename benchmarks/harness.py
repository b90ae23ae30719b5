"""What every benchmark shares: its command line, the photos and contestants that it works with, and its table."""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.contest import ROOT, Contestant
from benchmarks.photos import DRAWN, catalogue_of, folder_of, photos_of
from benchmarks.rows import Row, as_table, write_table
from modiste.portable.bundle import default_bundle
from modiste.runs import describe_environment

__all__ = ["CLAIM", "RESULTS", "Benchmark", "Option", "Setup", "option"]

RESULTS = ROOT / "benchmarks" / "results"
PEER_PYTHON = ROOT / ".venv-backends" / "bin" / "python"
WORK = ROOT / "build" / "bench"

CLAIM = ("work", "unit", "ours", "ours_median", "peer", "peer_median", "ratio", "runs")
"""The columns of a table of claims that are printed."""


@dataclass(frozen=True)
class Option:
    """An option of a command line: its names, and what `add_argument` takes besides."""

    names: tuple[str, ...]
    settings: dict[str, Any]


def option(*names: str, **settings: Any) -> Option:
    """Returns an option; the arguments are those of `add_argument`."""
    return Option(names, settings)


SHARED = (
    option("--catalogue", type=Path, help="a catalogue, as `modiste train` takes it; by default a drawn one"),
    option("--work", type=Path, default=WORK, help="a folder for photos and tables (%(default)s)"),
    option("--peer", type=Path, default=PEER_PYTHON, help="the Python of the peers (%(default)s)"),
)
TAGGER = (
    option("--bundle", type=Path, help="by default the one that ships"),
    option("--engine", help="openvino or onnxruntime; by default the tagger's own choice"),
)


class Setup:
    """What a benchmark was told. Photos are drawn or unpacked, and contestants started, when they are asked for.

    Args:
        options: As they were parsed.

    Attributes:
        options: Those of the benchmark's own are read from here.
        work: A folder for photos and tables; it is kept, so that photos are unpacked once.
        rounds: How often each side has its turn.
        out: The table to write.
        peer: The Python of the peers' environment.
    """

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.work: Path = options.work.resolve()
        self.work.mkdir(parents=True, exist_ok=True)
        self.rounds: int = options.rounds
        self.out: Path = options.out.resolve()
        # An environment's interpreter is a link; resolved, it would be the one outside of it.
        self.peer: Path = options.peer.absolute()

    def catalogue(self, products: int = DRAWN) -> Path:
        """Returns the catalogue, or else a drawn one of so many products."""
        given: Path | None = self.options.catalogue
        return catalogue_of(given.resolve() if given else None, self.work, products)

    def photos(self) -> Path:
        """Returns a folder of the catalogue's readable JPEG files."""
        return photos_of(self.catalogue(), self.work)

    def folder(self, count: int) -> Path:
        """Returns a folder of so many of the catalogue's photos, repeated under new names where it has fewer."""
        return folder_of(count, self.catalogue(), self.work)

    def size(self, count: int) -> str:
        """Returns the size of the work, for the table."""
        return f"{count:,} photos, {self.catalogue().stem}"

    @property
    def bundle(self) -> Path:
        """The bundle of the tagger that is measured."""
        given: Path | None = self.options.bundle
        return given.resolve() if given else default_bundle()

    @property
    def tagger_flags(self) -> list[str]:
        """Which tagger is measured, as arguments of `modiste tag` and of our contestant."""
        bundle = ["--bundle", str(self.bundle)] if self.options.bundle else []
        return [*bundle, "--engine", self.options.engine] if self.options.engine else bundle

    def tagger(self) -> Contestant:
        """Starts the tagger that is measured."""
        return Contestant("contestants.tagger", *self.tagger_flags)

    def keras(self, *arguments: object) -> Contestant:
        """Starts the peer that labels photos."""
        return Contestant("peers.tagging", *arguments, python=self.peer)


@dataclass(frozen=True)
class Benchmark:
    """A benchmark as a command: `python -m benchmarks.NAME`.

    Attributes:
        name: The module's, which the table gets as well.
        description: What it measures.
        measure: Does it; returns claims, or a table.
        options: Those that it has besides the shared ones.
        tagger: Whether it measures a tagger, which can be chosen then.
        rounds: Turns of each side, by default.
        shown: The columns that are printed.
    """

    name: str
    description: str | None
    measure: Callable[[Setup], Sequence[Row] | pl.DataFrame]
    options: tuple[Option, ...] = ()
    tagger: bool = False
    rounds: int = 5
    shown: tuple[str, ...] = CLAIM

    def setup(self, words: Sequence[str] | None = None) -> Setup:
        """Parses a command line; by default that of this process."""
        parser = argparse.ArgumentParser(
            description=self.description, formatter_class=argparse.RawDescriptionHelpFormatter
        )
        turns = option("--rounds", type=int, default=self.rounds, help="turns of each side (%(default)s)")
        out = option("--out", type=Path, default=RESULTS / f"{self.name}.csv", help="the table to write (%(default)s)")
        for each in (*SHARED, turns, out, *(TAGGER if self.tagger else ()), *self.options):
            parser.add_argument(*each.names, **each.settings)
        return Setup(parser.parse_args(words))

    def main(self) -> None:
        """Parses the command line, measures, prints and writes the table."""
        self.write(self.setup())

    def write(self, setup: Setup) -> None:
        """Measures, prints and writes the table."""
        found = self.measure(setup)
        table = found if isinstance(found, pl.DataFrame) else as_table(found, describe_environment(()))
        write_table(setup.out, table, self.shown)
