"""The disk that a fresh environment takes with the base install: beside the same with the extra `train`."""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.contest import ROOT
from benchmarks.harness import Benchmark, Setup
from benchmarks.rows import Row, Side


def measure(setup: Setup) -> list[Row]:
    """Makes both environments, once: their size is the same each time."""
    base, train = (Side(f"pip install modiste{extra}", [_megabytes(extra, setup.work)]) for extra in ("", "[train]"))
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


BENCHMARK = Benchmark("disk", __doc__, measure)

if __name__ == "__main__":
    BENCHMARK.main()
