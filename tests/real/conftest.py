"""The real catalogue, which lies beside the repository; where it does not, see tests/conftest.py."""

from pathlib import Path

import pytest
from tests.real.jobs import Done, run


@pytest.fixture(scope="session")
def real_zip(real_data: Path) -> Path:
    """The catalogue as Kaggle publishes it: ``styles.csv`` and ``images/`` in a zip."""
    return real_data / "fashion-product-images-small.zip"


@pytest.fixture(scope="session")
def published_split(real_data: Path) -> Path:
    """A published split of the catalogue: a CSV with the columns ``id`` and ``split``."""
    return real_data / "condition-cnn-split.csv"


@pytest.fixture(scope="session")
def inspected(real_zip: Path) -> Done:
    """The catalogue, inspected."""
    return run("inspect", real_zip)
