"""The real catalogue, from Kaggle."""

import shutil
from pathlib import Path

import kagglehub

from modiste.errors import DownloadError, OutputError

__all__ = ["DATASET", "download_catalogue"]

DATASET = "paramaggarwal/fashion-product-images-small"


def download_catalogue(directory: Path) -> Path:
    """Downloads "Fashion Product Images (Small)" (about 0.6 GB unpacked) and copies it into a folder.

    Args:
        directory: Where to; it must not hold a catalogue yet.

    Returns:
        The folder that `open_catalogue` reads.

    Raises:
        DownloadError: There is no network, or Kaggle refuses.
        OutputError: There is something in the folder already, or it cannot be written.
    """
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise OutputError("exists already", where=directory, fix="give a folder that is empty or not there")
    try:
        fetched = Path(kagglehub.dataset_download(DATASET))
    # kagglehub lets through whatever its HTTP client and its own API layer raise; there is no common parent.
    except Exception as error:
        raise DownloadError(
            f"Kaggle could not be reached or refused ({type(error).__name__})",
            where=DATASET,
            fix="check the network and the credentials (kaggle.com/docs/api), or draw a catalogue: modiste sample DIR",
        ) from error
    try:
        shutil.copytree(fetched, directory, dirs_exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot be written ({error.strerror or error})", where=directory) from error
    return directory
