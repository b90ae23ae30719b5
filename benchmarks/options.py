"""The options that all benchmarks share."""

import argparse
from dataclasses import dataclass
from pathlib import Path

from benchmarks.contest import ROOT

__all__ = ["PEER_PYTHON", "Common", "add_tagger", "common", "parser", "tagger_of"]

PEER_PYTHON = ROOT / ".venv-backends" / "bin" / "python"
WORK = ROOT / "build" / "bench"


@dataclass(frozen=True)
class Common:
    """What all benchmarks are told.

    Attributes:
        catalogue: A catalogue, or None for a drawn one.
        work: A folder for photos and tables; it is kept, so that photos are unpacked once.
        rounds: How often each side has its turn.
        out: The table to write.
        peer: The Python of the peers' environment.
    """

    catalogue: Path | None
    work: Path
    rounds: int
    out: Path
    peer: Path


def parser(name: str, description: str | None) -> argparse.ArgumentParser:
    """Returns a parser with the shared options.

    Args:
        name: The benchmark's, which its table gets as well.
        description: What it measures.
    """
    made = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--catalogue", type=Path, help="a catalogue, as `modiste train` takes it; by default a drawn one")
    made.add_argument("--work", type=Path, default=WORK, help="a folder for photos and tables (%(default)s)")
    made.add_argument("--rounds", type=int, default=5, help="turns of each side (%(default)s)")
    made.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results" / f"{name}.csv")
    made.add_argument("--peer", type=Path, default=PEER_PYTHON, help="the Python of the peers (%(default)s)")
    return made


def common(arguments: argparse.Namespace) -> Common:
    """Returns the shared options from parsed arguments."""
    work: Path = arguments.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    catalogue = arguments.catalogue.resolve() if arguments.catalogue else None
    # An environment's interpreter is a link; resolved, it would be the one outside of it.
    return Common(catalogue, work, arguments.rounds, arguments.out.resolve(), arguments.peer.absolute())


def add_tagger(made: argparse.ArgumentParser) -> None:
    """Adds what says which tagger is measured."""
    made.add_argument("--bundle", type=Path, help="by default the one that ships")
    made.add_argument("--engine", help="openvino or onnxruntime; by default the tagger's own choice")


def tagger_of(arguments: argparse.Namespace) -> list[str]:
    """Returns which tagger is measured, as arguments of `modiste tag` and of our contestants."""
    bundle = ["--bundle", str(arguments.bundle.resolve())] if arguments.bundle else []
    return [*bundle, "--engine", arguments.engine] if arguments.engine else bundle
