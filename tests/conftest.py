"""What all tests share."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

# The package chooses this where the user has chosen nothing, but a test file may import Keras before it.
os.environ.setdefault("KERAS_BACKEND", "torch")

REAL_DATA = Path(os.environ.get("MODISTE_REAL_DATA") or Path(__file__).parents[2] / "shared" / "data")
WITHOUT_REAL = not REAL_DATA.is_dir() and not os.environ.get("CI")

collect_ignore = ["real"] if WITHOUT_REAL else []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if WITHOUT_REAL:
        terminalreporter.write_line(
            f"tests/real is left out: no real catalogue in {REAL_DATA} (MODISTE_REAL_DATA names another)"
        )


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of the real catalogue."""
    if not REAL_DATA.is_dir():
        pytest.fail(f"{REAL_DATA} is not there; name the folder of the real catalogue in MODISTE_REAL_DATA")
    return REAL_DATA


@pytest.fixture(scope="session")
def drawn_catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A drawn catalogue of 400 products, to be read and not to be written to."""
    from modiste.catalogue.sample import draw_catalogue

    return draw_catalogue(tmp_path_factory.mktemp("drawn") / "catalogue", products=400, seed=1).directory


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keeps the decoded pixels out of the user's cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MODISTE_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield
