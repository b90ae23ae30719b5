"""Writes docs/results/kills.md from the table of the benchmark of kills.

Use: python scripts/write_kills_results.py, after `python -m benchmarks.kills`
"""

import sys
from collections.abc import Iterator

import polars as pl

from result_page import code, listed, measured, table, write_page, written_by

FACTS = ("machine", "system", "python", "modiste", "keras", "torch")
"""The columns that say where it was measured, and with what."""


def main() -> None:
    """Writes the page."""
    found = measured("kills")
    if found is None:
        sys.exit("there is no benchmarks/results/kills.csv: run `python -m benchmarks.kills` first")
    write_page("kills", _lines(found))


def _lines(found: pl.DataFrame) -> Iterator[str]:
    first = found.row(0, named=True)
    yield from ("# What a kill leaves", "")
    yield from (written_by("write_kills_results.py", "`benchmarks/results/kills.csv`"), "")
    yield "Each job is killed (SIGKILL) at a moment drawn over the time that an undisturbed one takes, and the same"
    yield "command is given again. *Same* are those that ended with the undisturbed one's weights, history, scores,"
    yield "predictions and split, to the last bit, and left nothing else in the folder. A killed export left the old"
    yield "bundle or the new one, and then made the new one. Drawn catalogue, small networks; each job decodes its"
    yield "pictures anew."
    yield ""
    columns = ("kills", "running", "same", "seconds")
    rows = ((f"`{row['verb']}`", *(row[name] for name in columns)) for row in found.iter_rows(named=True))
    yield from table(("verb", "kills", "while at work", "same", "seconds of an undisturbed one"), rows)
    yield from code("console", f"$ python -m benchmarks.kills --kills {first['kills']} --seed {first['seed']}")
    yield f"Measured on: {listed({name: first[name] for name in FACTS})}."


if __name__ == "__main__":
    main()
