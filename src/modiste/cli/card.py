"""`modiste card`: what is known of a bundle."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from modiste.cli.console import print_json, say
from modiste.cli.options import as_json as json_option
from modiste.cli.show import print_table
from modiste.errors import BundleError

if TYPE_CHECKING:
    from modiste.portable.bundle import Bundle

__all__ = ["command"]

WEAKEST = 5
"""Labels to show for each attribute."""


@click.command("card", short_help="Show a bundle's model card.")
@click.argument("bundle", type=click.Path(path_type=Path), required=False)
@json_option
def command(bundle: Path | None, as_json: bool) -> None:
    """Show the model card of BUNDLE, by default of the one that comes with the package."""
    from modiste.portable.bundle import default_bundle, read_bundle

    found = read_bundle(bundle or default_bundle())
    if as_json:
        print_json(found.card)
        return
    try:
        _print_card(found)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise BundleError(
            "its model card is not laid out as ours are", where=bundle, fix="print it as it is with --json"
        ) from error


def _print_card(found: "Bundle") -> None:
    say(str(found))
    for section in ("data", "protocol", "training", "consistency", "export"):
        say("")
        say(section)
        for name, value in found.card.get(section, {}).items():
            say(f"  {name.replace('_', ' ')}: {_shown(value)}")
    _print_metrics(found.card)
    _print_domains(found.card)
    say("limits")
    for line in found.card.get("limits", []):
        say(f"  {line}")
    say(f"licence: {found.card.get('licence', 'not stated')}")


def _print_metrics(card: Mapping[str, Any]) -> None:
    rows = []
    for name, scores in card.get("metrics", {}).items():
        decisions = scores["decisions"]
        weakest = sorted(
            (row for row in card["labels"][name] if row["f1"] is not None), key=lambda row: (row["f1"], row["label"])
        )
        rows.append(
            (
                name,
                scores["n"],
                _shown(scores["accuracy"]),
                _shown(scores["macro_f1"]),
                f"{scores['calibration_error']:.3f}",
                _shown(decisions["coverage"]),
                ", ".join(row["label"] for row in weakest[:WEAKEST]),
            )
        )
    if rows:
        title = f"On the hold-out, with 95 % intervals; accepted for a precision of {card['precision']}"
        columns = ("attribute", "products", "accuracy", "macro-F1", "calibration error", "accepted", "weakest labels")
        print_table(title, columns, rows)


def _print_domains(card: Mapping[str, Any]) -> None:
    """Prints what was measured on each kind of photos, where the bundle was calibrated on its user's own."""
    for domain, known in card.get("domains", {}).items():
        rows = []
        for name, scores in known["attributes"].items():
            decided = scores.get("decisions") or scores
            shares = (scores["accuracy"], decided.get("coverage"), decided.get("precision"))
            rows.append((name, *("" if share is None else _shown(share) for share in shares)))
        about = known.get("note") or f"{known['photos']:,} photos, for a precision of {known['precision']}"
        print_table(f"{domain}: {about}", ("attribute", "right", "accepted", "right of accepted"), rows)


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        if set(value) == {"value", "low", "high"}:
            return f"{value['value']:.4f} [{value['low']:.4f}, {value['high']:.4f}]"
        return ", ".join(f"{name} {_shown(item)}" for name, item in value.items())
    if isinstance(value, list):
        return ", ".join(map(_shown, value))
    return str(value)
