"""`modiste train`: a tagger for a catalogue."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from modiste.cli.console import print_json, say
from modiste.cli.options import as_json as json_option
from modiste.cli.options import (
    catalogue_options,
    columns_of,
    device_option,
    max_pixels_option,
    pairs_of,
    size_of,
)
from modiste.cli.show import print_attributes, shown_progress

if TYPE_CHECKING:
    from modiste.workflows.pipeline import RunResult

__all__ = ["command"]


@click.command("train", short_help="Train a tagger on a catalogue.")
@click.argument("catalogues", metavar="CATALOGUE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("runs/train"),
    show_default=True,
    help="The run folder to write.",
)
@click.option(
    "--map",
    "maps",
    multiple=True,
    metavar="CATALOGUE=FILE",
    help="A TOML file that says what another catalogue's labels mean. Repeatable.",
)
@click.option("--resume", is_flag=True, help="Go on with the run that lies there.")
@click.option(
    "--config",
    "config_file",
    type=click.Path(path_type=Path),
    help="A TOML file of settings; flags win over it.",
)
@click.option(
    "--targets",
    metavar="COLUMN,...",
    help="The columns to learn; the first one counts most.  [default: those we know]",
)
@click.option(
    "--split",
    metavar="grouped|random|year|given|FILE",
    help="grouped: the same picture, or nearly, on one side; year: odd years are held out; given: the catalogue's own "
    "folders train, validation and test; FILE: a table of id and part.  [default: given where there are such folders, "
    "else grouped]",
)
@click.option("--seed", type=int, help="Of split, weights, shuffling, flips, shifts and dropout.  [default: 0]")
@click.option("--epochs", type=int, help="The learning rate falls to zero in so many.  [default: 6]")
@click.option("--batch-size", type=int, help="Pictures a step.  [default: 64]")
@click.option("--learning-rate", type=float, help="The highest one, of AdamW.  [default: 0.001]")
@click.option("--size", metavar="small|base|large", help="Of the network: faster, or more accurate.  [default: large]")
@click.option("--image-size", metavar="WIDTHxHEIGHT", help="What the network sees, in pixels.  [default: the size's]")
@click.option(
    "--backbone",
    metavar="NAME",
    help="What the network is built on: efficientnet-lite0, or an image backbone of keras.applications, for instance "
    "EfficientNetV2B0, ConvNeXtTiny or MobileNetV3Small.  [default: efficientnet-lite0]",
)
@click.option(
    "--from",
    "start",
    metavar="imagenet|random|default|BUNDLE",
    help="Whose weights to start from; default: the bundle that comes with the package.  [default: imagenet]",
)
@click.option(
    "--text",
    metavar="COLUMN",
    help="The column of products' names, to learn from beside the pictures.  [default: the schema's, where the "
    "catalogue has it]",
)
@click.option("--no-text", is_flag=True, help="Learn from the pictures alone.")
@click.option("--teacher", metavar="RUN", help="A run on the same products, to learn from its answers as well.")
@click.option(
    "--corrections",
    metavar="FILE",
    help="Learn the labels that people gave in reviews; the catalogue is left as it is.",
)
@click.option(
    "--tensorboard",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Write each epoch's loss and scores there as well, for TensorBoard.",
)
@max_pixels_option
@device_option
@catalogue_options
@json_option
def command(
    catalogues: tuple[Path, ...],
    maps: tuple[str, ...],
    out: Path,
    resume: bool,
    config_file: Path | None,
    targets: str | None,
    size: str | None,
    image_size: str | None,
    columns: tuple[str, ...],
    tensorboard: Path | None,
    no_text: bool,
    as_json: bool,
    **flags: object,
) -> None:
    """Train a tagger on CATALOGUE: split, learn every attribute, calibrate, score, report.

    Of several catalogues, the first says what is learned, and the photos of the others help to learn it.
    """
    from modiste.config import TrainConfig, load_config, settings_of_size

    flags |= {name: str(flags[name]) if flags[name] else None for name in ("images", "schema", "taxonomy")}
    flags |= {"columns": columns_of(columns) or None}
    flags |= {"names": False} if no_text else {}
    flags |= {"targets": [name.strip() for name in targets.split(",")] if targets is not None else None}
    flags |= settings_of_size(size) if size is not None else {}
    flags |= dict(zip(("width", "height"), size_of(image_size), strict=True)) if image_size else {}
    config = load_config(TrainConfig, config_file, flags)
    from modiste.workflows.train import train

    with shown_progress() as progress:
        result = train(
            catalogues,
            out,
            config,
            maps=pairs_of(maps, flag="--map", example="shop=shop.toml"),
            resume=resume,
            tensorboard=tensorboard,
            progress=progress,
        )
    print_json(result.as_json()) if as_json else _print(result)


def _print(result: "RunResult") -> None:
    from modiste.dataset.split import describe_few

    title = (
        f"On the hold-out, with 95 % intervals; weights of epoch {result.trained.best}; "
        f"answers are accepted for a precision of {result.precision}"
    )
    print_attributes(title, result.scores["holdout"])
    for line in (*result.notes, *describe_few(result.too_few)):
        say(line)
    say(f"The report is {result.report}")
