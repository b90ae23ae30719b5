"""`modiste inspect`: says what is in a catalogue."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from modiste.cli.console import print_json, say
from modiste.cli.options import as_json as json_option
from modiste.cli.options import catalogue_options, columns_of, max_pixels_option
from modiste.cli.show import print_table, shown_progress

if TYPE_CHECKING:
    from modiste.dataset.health import Inspection

__all__ = ["command"]

SHOWN = 10
"""How many lines of a kind to print; --json has all."""

FIRST = ("missing", "unreadable", "copies_with_two_labels", "copies_across_parts")
"""The kinds of issues that are told before the others."""


@click.command("inspect", short_help="Say what is in a catalogue and what is wrong with it.")
@click.argument("catalogue", type=click.Path(path_type=Path))
@click.option("--report", type=click.Path(path_type=Path), metavar="FILE.html", help="Write a page with charts too.")
@click.option("--overwrite", is_flag=True, help="Replace the report if it exists.")
@max_pixels_option
@catalogue_options
@json_option
def command(
    catalogue: Path,
    report: Path | None,
    overwrite: bool,
    max_pixels: int | None,
    schema: Path | None,
    taxonomy: Path | None,
    columns: tuple[str, ...],
    images: Path | None,
    as_json: bool,
) -> None:
    """Say what is in CATALOGUE: a table (CSV, Excel, Parquet, ...), a folder or zip with one, or a folder per class."""
    from modiste.dataset.images import MAX_PIXELS
    from modiste.runs import check_output
    from modiste.workflows.inspect import inspect, write_inspection_page

    if report is not None:
        check_output(report, overwrite=overwrite)
    with shown_progress() as progress:
        inspection = inspect(
            catalogue,
            schema=schema,
            taxonomy=taxonomy,
            columns=columns_of(columns),
            images=images,
            max_pixels=max_pixels or MAX_PIXELS,
            progress=progress,
        )
    if report is not None:
        write_inspection_page(inspection, report)
    if as_json:
        print_json(inspection.as_json())
    else:
        _print(inspection)
        if report is not None:
            say(f"The report is {report}")


def _print(inspection: "Inspection") -> None:
    pictures = inspection.pictures
    print_table(
        inspection.source,
        ("", "count"),
        [
            ("rows", inspection.rows),
            ("rows repaired", len(inspection.repaired)),
            ("rows rejected", len(inspection.rejected)),
            ("products excluded", len(inspection.excluded)),
            *([(f"products without {inspection.ruled}", len(inspection.unlabelled))] if inspection.unlabelled else []),
            ("products to learn from", inspection.products),
            ("photos of these", inspection.photos),
            *((issue.kind.description, issue.count) for issue in inspection.issues),
            ("groups of identical pictures", pictures.copy_groups),
            ("products reassigned by similarity", inspection.reassigned.height),
        ],
    )
    print_table("Missing values", ("field", "products"), inspection.missing_values.items())
    balances = [(name, item.values, f"{item.balance:.4f}") for name, item in inspection.balance.items()]
    if balances:
        print_table("Balance", ("feature", "values", "balance"), balances)
    if inspection.ruled is not None:
        print_table("Labels", (inspection.ruled, "products"), inspection.classes.items())
    for lines in _reasons(inspection):
        for line in lines[:SHOWN]:
            say(" ".join(line.split()))
        if len(lines) > SHOWN:
            say(f"... and {len(lines) - SHOWN} more like this (--json shows all, --report many)")


def _reasons(inspection: "Inspection") -> Iterator[list[str]]:
    """Yields what stands behind the counts, a line each, one kind at a time; what matters most comes first."""
    by_name = {issue.kind.name: issue for issue in inspection.issues}
    yield [f"line {item.line} rejected: {item.reason}" for item in inspection.rejected]
    yield [f"product {identity} excluded: {reason}" for identity, reason in inspection.excluded]
    yield [f"product {identity} has no {inspection.ruled}: {reason}" for identity, reason in inspection.unlabelled]
    for name in sorted(by_name, key=lambda name: name not in FIRST):
        found = by_name[name].found
        if name == "missing":
            yield [f"product {identity} has no picture" for identity in found["id"]]
        else:
            rows = found.select("id", "reason").iter_rows()
            yield [f"picture of product {identity}: {reason}" for identity, reason in rows]
    yield list(inspection.remarks)
