"""`modiste serve`: the HTTP service."""

import os
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

from modiste.cli.console import say
from modiste.cli.options import device_option, max_pixels_option
from modiste.errors import CatalogueError, ConfigError, MissingExtraError, OutputError
from modiste.progress import Progress

if TYPE_CHECKING:
    from modiste.config import Device
    from modiste.portable.predictor import Predictor
    from modiste.serving.background import CatalogueJobs

__all__ = ["command"]

KEY = "MODISTE_API_KEY"

DATABASE = "reviews.db"


@click.command("serve", short_help="Answer over HTTP, with pages for people.")
@click.option("--bundle", type=click.Path(path_type=Path), help="By default the one that comes with the package.")
@click.option(
    "--catalogue", type=click.Path(path_type=Path), help="Show its health, and which labels the tagger confuses."
)
@click.option(
    "--database",
    default=DATABASE,
    show_default=True,
    metavar="URL",
    help="Of the review queue: a SQLite file, created if missing, or postgresql://USER:PASSWORD@HOST/NAME.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help=f"Any but this machine needs a key in {KEY}.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 takes a free one.")
@click.option("--no-auth", is_flag=True, help="Serve other machines without a key.")
@click.option(
    "--precision",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.98,
    show_default=True,
    help="The precision that accepted answers should have; the others go to review.",
)
@click.option("--engine", help="openvino or onnxruntime; by default the first that is installed.")
@max_pixels_option
@device_option
@click.option("--log-requests", is_flag=True, help="Write a line for each request on standard error.")
def command(
    bundle: Path | None,
    catalogue: Path | None,
    database: str,
    host: str,
    port: int,
    no_auth: bool,
    precision: float,
    engine: str | None,
    max_pixels: int | None,
    device: "Device | None",
    log_requests: bool,
) -> None:
    """Answer over HTTP: an API under /v1, described at /docs, and pages for people.

    Where the environment variable MODISTE_API_KEY holds a key, every client must know it.
    """
    # A key that was read from a file brings the end of its line.
    key = None if no_auth else os.environ.get(KEY, "").strip() or None
    with ThreadPoolExecutor(1) as pool:
        # The network is loaded while what serves it is imported.
        loading = pool.submit(_load, bundle, engine, device or "auto")
        from modiste.review.store import ReviewStore
        from modiste.serving.app import create_app
        from modiste.serving.middleware import LOOPBACK
        from modiste.serving.server import is_loopback, listen, serve
        from modiste.serving.uploads import RequestLimits

        predictor = loading.result()
    local = is_loopback(host)
    if not local and key is None and not no_auth:
        raise ConfigError(
            "everyone who can reach this host could use the service",
            where=f"--host {host}",
            fix=f"set {KEY} to a key, or add --no-auth",
        )
    limits = RequestLimits() if max_pixels is None else RequestLimits(pixels=max_pixels)
    jobs = None if catalogue is None else _jobs(catalogue, predictor, limits.pixels)
    with listen(host, port) as opened, ReviewStore.open(database) as store:
        app = create_app(
            predictor,
            precision=precision,
            limits=limits,
            key=key,
            # Where nobody gets in without a key, the service may have the name that a proxy before it has.
            hosts=LOOPBACK | {host} if local and key is None else None,
            store=store,
            jobs=jobs,
        )
        serve(app, opened, on_start=partial(_tell, opened), log_requests=log_requests)


def _load(bundle: Path | None, engine: str | None, device: "Device") -> "Predictor":
    from modiste.portable.bundle import default_bundle, read_bundle
    from modiste.portable.predictor import Predictor

    return Predictor(read_bundle(bundle or default_bundle()), engine=engine, device=device)


def _tell(opened: socket.socket) -> None:
    name, number = opened.getsockname()[:2]
    with suppress(OutputError):  # it answers, whoever is told
        say(f"Modiste is at http://{f'[{name}]' if ':' in name else name}:{number} (Ctrl+C stops it)")


def _jobs(path: Path, predictor: "Predictor", max_pixels: int) -> "CatalogueJobs":
    """Returns the background jobs on a catalogue; what they need is imported when they start."""
    from modiste.serving.background import BackgroundJob, CatalogueJobs
    from modiste.workflows.confusions import Confusions, find_confusions

    if not path.exists():
        raise CatalogueError("no such file or folder", where=path, fix="check --catalogue")
    for package in ("matplotlib", "sklearn"):
        if find_spec(package) is None:
            raise MissingExtraError(package, "catalogue")

    def health(progress: Progress) -> str:
        from modiste.reports.pages import findings_part
        from modiste.workflows.inspect import inspect

        return findings_part(inspect(path, max_pixels=max_pixels, progress=progress))

    def confusions(progress: Progress) -> tuple[Confusions, ...]:
        from modiste.catalogue.photos import one_a_photo
        from modiste.workflows.prepare import open_labelled

        opened, labelled = open_labelled(path)
        photos = one_a_photo(labelled.frame)
        return find_confusions(predictor, photos, opened.pictures, max_pixels=max_pixels, progress=progress)

    return CatalogueJobs(str(path), BackgroundJob(health), BackgroundJob(confusions))
