"""`modiste review`: how far the reviews are, and the file of what was decided."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from modiste.cli.console import print_json, say
from modiste.cli.options import as_json as json_option

if TYPE_CHECKING:
    from modiste.review.items import Progress

__all__ = ["command"]


@click.command("review", short_help="Show how far the reviews are, and export what was decided.")
@click.argument("database")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="A file of corrections to write, for `modiste train`: .parquet or .csv.",
)
@click.option("--overwrite", is_flag=True, help="Replace a file that is there.")
@json_option
def command(database: str, out: Path | None, overwrite: bool, as_json: bool) -> None:
    """Show how far the reviews in DATABASE are: a SQLite file, or a postgresql:// URL."""
    from modiste.catalogue.corrections import check_format, write_corrections
    from modiste.review.items import REASONS, Progress
    from modiste.review.store import ReviewStore
    from modiste.runs import check_output

    if out is not None:
        check_format(out)
        check_output(out, overwrite=overwrite)
    with ReviewStore.open(database, create=False) as store:
        by_reason, corrections = store.progress_by_reason(), store.corrections()
    total = sum(by_reason.values(), Progress())
    if out is not None:
        write_corrections(corrections, out)
    if as_json:
        written = {} if out is None else {"out": str(out), "corrections": len(corrections)}
        reasons = {reason: _counts(progress) for reason, progress in by_reason.items()}
        print_json(_counts(total) | {"reasons": reasons} | written)
        return
    for line in _lines(total):
        say(line)
    for reason, progress in by_reason.items():
        say(f"  {REASONS.get(reason, reason)}: {progress.done:,} of {progress.photos:,} decided")
    if out is not None:
        say(f"{out}: {len(corrections):,} labels that people gave or found right")


def _counts(progress: "Progress") -> dict[str, int]:
    return asdict(progress) | {"waiting": progress.waiting}


def _lines(progress: "Progress") -> tuple[str, str]:
    share = f" ({progress.done / progress.photos:.0%})" if progress.photos else ""
    looked_at = f"{progress.claimed:,} are being looked at, {progress.skipped:,} were skipped"
    return (
        f"{progress.done:,} of {progress.photos:,} photos are decided{share}; {looked_at}",
        f"{progress.accepted:,} answers were found right, {progress.changed:,} were changed",
    )
