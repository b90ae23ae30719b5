"""Modiste reads a photo of a fashion product and says what it is.

This is the whole Python interface: everything that the guides and the examples use is imported from here. A name is
loaded when it is first used, so `import modiste` costs next to nothing.
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modiste.catalogue.combinations import Combinations
    from modiste.catalogue.corrections import write_corrections
    from modiste.catalogue.labels import judge_similarity, label_products
    from modiste.catalogue.pictures.urls import UrlPictures
    from modiste.catalogue.sources import Catalogue
    from modiste.catalogue.taxonomy import Taxonomy, load_taxonomy
    from modiste.config import StudyConfig, TrainConfig
    from modiste.dataset.issues import Evidence, IssueKind
    from modiste.errors import (
        BundleError,
        BusyError,
        CatalogueError,
        ClaimError,
        ClosedOutputError,
        ConfigError,
        DownloadError,
        ImageError,
        InputTypeError,
        MissingExtraError,
        MissingIdError,
        ModisteError,
        NotSignedInError,
        OutputError,
        PhotoError,
        RequestError,
        RunError,
        SchemaError,
        StoreError,
        TaxonomyError,
        TrainingError,
    )
    from modiste.predictions import Answer, Prediction, Predictions
    from modiste.review.enqueue import Candidate, enqueue
    from modiste.review.items import Question
    from modiste.review.store import ReviewStore
    from modiste.sample.draw import draw_catalogue
    from modiste.schema import Attribute, Schema
    from modiste.tagging.photos import digest_of
    from modiste.tagging.sources import find_photos
    from modiste.tagging.tagger import Tagger
    from modiste.workflows.calibrate import calibrate
    from modiste.workflows.evaluate import evaluate
    from modiste.workflows.export import export
    from modiste.workflows.inspect import inspect
    from modiste.workflows.study import study
    from modiste.workflows.train import train

__all__ = [
    "Answer",
    "Attribute",
    "BundleError",
    "BusyError",
    "Candidate",
    "Catalogue",
    "CatalogueError",
    "ClaimError",
    "ClosedOutputError",
    "Combinations",
    "ConfigError",
    "DownloadError",
    "Evidence",
    "ImageError",
    "InputTypeError",
    "IssueKind",
    "MissingExtraError",
    "MissingIdError",
    "ModisteError",
    "NotSignedInError",
    "OutputError",
    "PhotoError",
    "Prediction",
    "Predictions",
    "Question",
    "RequestError",
    "ReviewStore",
    "RunError",
    "Schema",
    "SchemaError",
    "StoreError",
    "StudyConfig",
    "Tagger",
    "Taxonomy",
    "TaxonomyError",
    "TrainConfig",
    "TrainingError",
    "UrlPictures",
    "calibrate",
    "digest_of",
    "draw_catalogue",
    "enqueue",
    "evaluate",
    "export",
    "find_photos",
    "inspect",
    "judge_similarity",
    "label_products",
    "load_taxonomy",
    "study",
    "train",
    "write_corrections",
]

__version__ = "0.1.0"

# ONNX Runtime would keep an id of this machine and tell its maker of each use. It reads this once, when it is imported.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

_MODULES = {
    "Answer": "predictions",
    "Attribute": "schema",
    "Candidate": "review.enqueue",
    "Catalogue": "catalogue.sources",
    "Combinations": "catalogue.combinations",
    "Evidence": "dataset.issues",
    "IssueKind": "dataset.issues",
    "Prediction": "predictions",
    "Predictions": "predictions",
    "Question": "review.items",
    "ReviewStore": "review.store",
    "Schema": "schema",
    "StudyConfig": "config",
    "Tagger": "tagging.tagger",
    "UrlPictures": "catalogue.pictures.urls",
    "Taxonomy": "catalogue.taxonomy",
    "TrainConfig": "config",
    "calibrate": "workflows.calibrate",
    "digest_of": "tagging.photos",
    "draw_catalogue": "sample.draw",
    "enqueue": "review.enqueue",
    "evaluate": "workflows.evaluate",
    "export": "workflows.export",
    "find_photos": "tagging.sources",
    "inspect": "workflows.inspect",
    "judge_similarity": "catalogue.labels",
    "label_products": "catalogue.labels",
    "load_taxonomy": "catalogue.taxonomy",
    "study": "workflows.study",
    "train": "workflows.train",
    "write_corrections": "catalogue.corrections",
}
"""Public name -> the module that it is loaded from; an error comes from `errors`."""


def __getattr__(name: str) -> object:
    """Loads a public name when it is first used (PEP 562).

    Raises:
        AttributeError: There is no such name.
        MissingExtraError: It needs packages that the base install leaves out.
    """
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    errors = import_module("modiste.errors")
    try:
        value: object = getattr(import_module(f"modiste.{_MODULES.get(name, 'errors')}"), name)
    except ModuleNotFoundError as error:
        missing = errors.MissingExtraError.behind(error)
        if missing is None:
            raise
        raise missing from error
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
