import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from modiste.tagging.batch import schema_of

from modiste.errors import OutputError
from modiste.schema import Attribute
from modiste.tagging.tables import TagTable

HOSTILE = 'he said "red", \\ and\nleft'


SCHEMA = schema_of([Attribute("colour", ("red", "blue"))], top=2)
BLUE = {"label": "blue", "probability": 0.25}
ROWS = pl.DataFrame(
    [
        ["1.jpg", "2.jpg", "3.jpg"],
        ["red", None, HOSTILE],
        [0.75, None, 0.5],
        ["review", None, "accept"],
        [[{"label": "red", "probability": 0.75}, BLUE], None, [{"label": HOSTILE, "probability": 0.75}, BLUE]],
        [None, "the file is empty", None],
    ],
    schema=SCHEMA,
    orient="col",
)


def table(path: Path, *, key: str = "a", overwrite: bool = False) -> TagTable:
    return TagTable(path, SCHEMA, key=[key], overwrite=overwrite)


@pytest.mark.parametrize("suffix", [".parquet", ".csv", ".jsonl"])
def test_what_is_written_is_read_again(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"tags{suffix}"
    writing = table(path)
    writing.add(ROWS[:2])
    writing.add(ROWS[2:])
    assert writing.finish() == 1
    readers: dict[str, Callable[[Path], pl.DataFrame]] = {
        ".parquet": pl.read_parquet,
        ".csv": pl.read_csv,
        ".jsonl": pl.read_ndjson,
    }
    read = readers[suffix](path)
    assert read.columns == ROWS.columns
    assert read.drop("colour_top").rows() == ROWS.drop("colour_top").rows()
    if suffix == ".csv":
        assert json.loads(read["colour_top"][2]) == [{"label": HOSTILE, "probability": 0.75}, BLUE]
    else:
        assert read["colour_top"].to_list() == ROWS["colour_top"].to_list()
    assert list(tmp_path.iterdir()) == [path]


def test_a_killed_job_goes_on_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / "tags.parquet"
    table(path).add(ROWS[:2])
    again = table(path)
    assert again.done == 2
    again.add(ROWS[2:])
    again.finish()
    assert pl.read_parquet(path)["path"].to_list() == ["1.jpg", "2.jpg", "3.jpg"]


def test_another_job_s_parts_are_not_gone_on_with(tmp_path: Path) -> None:
    path = tmp_path / "tags.parquet"
    table(path).add(ROWS)
    assert table(path, key="b").done == 0


def test_a_table_that_is_there_stays_unless_asked(tmp_path: Path) -> None:
    path = tmp_path / "tags.csv"
    path.write_text("old")
    with pytest.raises(OutputError, match="exists already"):
        table(path)
    assert path.read_text() == "old"
    writing = table(path, overwrite=True)
    writing.finish()
    assert path.read_text().startswith("path,colour")
    with pytest.raises(OutputError, match=r"no table format is called '\.xlsx'"):
        table(tmp_path / "tags.xlsx")


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
import polars as pl
from modiste.errors import OutputError
from modiste.tagging.tables import TagTable

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
photos = pl.DataFrame({"path": [f"{number * number}.jpg" for number in range(5000)], "error": [None] * 5000})
table = TagTable(Path(sys.argv[1]), photos.schema, key=["a"], overwrite=False)
table.add(photos)
# Whatever is written from here on fails as on a full disk; 10,000 bytes are less than a part.
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, resource.RLIM_INFINITY))
for act in (lambda: table.add(photos), table.finish):
    try:
        act()
    except OutputError as error:
        print(error)
"""


@pytest.mark.parametrize("suffix", [".parquet", ".csv", ".jsonl"])
def test_a_full_disk_is_one_line_and_what_is_done_stays(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"tags{suffix}"
    done = subprocess.run([sys.executable, "-c", FULL_DISK, path], capture_output=True, text=True, check=True)
    adding, finishing = done.stdout.splitlines()
    said = f"{path}: cannot be written (File too large); "
    assert adding == f"{said}5,000 photos are done; make room, and run the same command again: it goes on from there"
    assert finishing == f"{said}make room, and run the same command again"
    assert not list(tmp_path.rglob("*.aside"))
    again = TagTable(path, {"path": pl.String, "error": pl.Null}, key=["a"], overwrite=False)
    assert again.done == 5000
    again.finish()
    assert list(tmp_path.iterdir()) == [path]


def test_a_table_s_folder_is_made_and_a_folder_is_no_table(tmp_path: Path) -> None:
    path = tmp_path / "not" / "there" / "tags.csv"
    table(path).finish()
    assert path.is_file()
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(OutputError, match=r"folder\.csv: is a folder"):
        table(tmp_path / "folder.csv", overwrite=True)
    with pytest.raises(OutputError, match=r"tags\.csv: cannot be written .Not a directory.; make room, check the path"):
        table(path / "tags.csv")
