from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner
from PIL import Image

from modiste.cli.tag import command
from modiste.errors import CatalogueError, ConfigError, InputTypeError
from modiste.portable.bundle import Bundle, default_bundle, read_bundle, write_bundle
from modiste.portable.naming import Naming
from modiste.tagging.sources import find_photos
from modiste.tagging.tagger import Tagger
from modiste.text.names import NameModel

NAMES = ["Acme Watch", None, " ", "Uhr", "acme watch"]


def reading(bundle: Bundle) -> Bundle:
    """The bundle, as one that knows a single word, which speaks for watches."""
    labels, watch = sum(bundle.sizes), bundle.attributes[0].labels.index("Watches")
    model = NameModel(
        ("watch",),
        np.ones(1, np.float32),
        np.array([0, 1], np.int32),
        np.array([watch], np.uint16),
        np.array([100], np.int8),
        np.full(labels, 1.0, np.float32),
        np.zeros(labels, np.float32),
    )
    hierarchy = bundle.hierarchy
    weights = np.ones(0) if hierarchy is None else hierarchy.weights
    temperatures = np.array(bundle.temperatures)
    return replace(
        bundle, naming=Naming(model, np.ones((len(bundle.sizes), 2)), weights, temperatures, bundle.calibration)
    )


@pytest.fixture(scope="module")
def tagger(tmp_path_factory: pytest.TempPathFactory) -> Tagger:
    path = tmp_path_factory.mktemp("named") / "named.modiste"
    write_bundle(path, reading(read_bundle(default_bundle())))
    return Tagger.load(path, threads=1)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    for number in range(len(NAMES)):
        Image.new("RGB", (60, 80), (40 * number, 90, 200)).save(folder / f"{number}.png")
    rows = {"id": list(range(len(NAMES))), "image": [f"{number}.png" for number in range(len(NAMES))]}
    pl.DataFrame(rows | {"productDisplayName": NAMES, "title": NAMES}).write_csv(folder / "shop.csv")
    return folder / "shop.csv"


def pictures(table: Path) -> list[Path]:
    return [table.parent / f"{number}.png" for number in range(len(NAMES))]


def test_rows_without_a_known_word_are_answered_by_the_picture(tagger: Tagger, table: Path) -> None:
    alone, named = tagger.tag(pictures(table)), tagger.tag(pictures(table), NAMES)
    changed = (alone.confidence != named.confidence).any(axis=1)
    assert changed.tolist() == [True, False, False, False, True]
    assert named.labels("Class")[0] == "Watches" == named.labels("Class")[4]
    assert (named.accepted[1:4] == alone.accepted[1:4]).all()


@pytest.mark.parametrize(
    ("names", "error", "says"),
    [
        (["one"], ConfigError, "1 names for 5 photos"),
        ([*NAMES, "six"], ConfigError, "6 names for 5 photos"),
        ("watch", InputTypeError, "one a photo"),
        ([1, 2, 3, 4, 5], InputTypeError, "must be texts"),
    ],
)
def test_names_that_do_not_fit_are_one_error(
    tagger: Tagger, table: Path, names: list[str], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        tagger.tag(pictures(table), names)


def test_a_table_gives_the_names_of_its_rows(tagger: Tagger, table: Path) -> None:
    expected = tagger.tag(pictures(table), NAMES).confidence
    np.testing.assert_array_equal(tagger.tag(table).confidence, expected)
    schema = tagger.bundle.schema
    np.testing.assert_array_equal(tagger.tag(find_photos(table, schema=schema, text="title")).confidence, expected)
    alone = tagger.tag(find_photos(table, schema=schema, text="")).confidence
    np.testing.assert_array_equal(alone, tagger.tag(pictures(table)).confidence)
    with pytest.raises(CatalogueError, match="no column 'titel'"):
        find_photos(table, schema=schema, text="titel")


def test_the_command_reads_names_and_keeps_its_columns(tagger: Tagger, table: Path, tmp_path: Path) -> None:
    def tagged(*flags: str) -> pl.DataFrame:
        out = tmp_path / f"{len(list(tmp_path.iterdir()))}.parquet"
        called = [str(table), "--bundle", str(tagger.worker.bundle), "--out", str(out), *flags]
        result = CliRunner().invoke(command, called, catch_exceptions=False)
        assert result.exit_code == 0
        return pl.read_parquet(out)

    named, titled, alone = tagged(), tagged("--text", "title"), tagged("--no-text")
    assert named["Class"][0] == "Watches"
    assert named.equals(titled)
    assert named.columns == alone.columns
    assert named.columns[:4] == ["id", "image", "productDisplayName", "title"]
    assert named["Class_probability"].to_list() != alone["Class_probability"].to_list()
    with pytest.raises(ConfigError, match="leaves out"):
        tagged("--no-text", "--text", "title")


def test_a_bundle_that_reads_pictures_alone_ignores_a_tables_names(table: Path) -> None:
    tagger = Tagger.load(threads=1)
    if tagger.bundle.naming is not None:
        pytest.skip("the bundle that ships reads names")
    np.testing.assert_array_equal(tagger.tag(table).confidence, tagger.tag(pictures(table)).confidence)
