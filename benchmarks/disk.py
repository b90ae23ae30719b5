"""The disk that a fresh environment takes with the base install: beside the same with the extra `train`."""

import argparse
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.contest import ROOT
from benchmarks.options import common, parser
from benchmarks.rows import Row, Side, write_rows
from modiste.runs import describe_environment


def main() -> None:
    """Measures, prints and writes the table."""
    options = parser("disk", __doc__)
    arguments = options.parse_args()
    write_rows(arguments.out, measure(arguments), describe_environment(()))


def measure(arguments: argparse.Namespace) -> list[Row]:
    """Makes both environments, once: their size is the same each time."""
    work = common(arguments).work
    base, train = (Side(f"pip install modiste{extra}", [_megabytes(extra, work)]) for extra in ("", "[train]"))
    return [Row("disk of a fresh environment, without byte code", "MB", "", base, train, better="less")]


def _megabytes(extra: str, work: Path) -> float:
    with TemporaryDirectory(dir=work) as folder:
        environment = Path(folder) / "environment"
        subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
        install = [str(environment / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-compile"]
        constraints = ["--constraint", str(ROOT / "constraints.txt")]
        subprocess.run([*install, "--disable-pip-version-check", *constraints, f"{ROOT}{extra}"], check=True)
        files = (path for path in environment.rglob("*") if path.is_file() and not path.is_symlink())
        return sum(path.stat().st_size for path in files if path.suffix != ".pyc") / 1e6


if __name__ == "__main__":
    main()
