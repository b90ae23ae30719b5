"""Tables that name photos: which columns do, whose photos they are, and what is wrong with a row."""

import threading
from collections.abc import Iterator
from datetime import date
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.tagging.conftest import Write

from modiste.catalogue.pictures import UrlPictures
from modiste.catalogue.tables import is_table
from modiste.errors import CatalogueError
from modiste.schema import Schema
from modiste.tagging.photo_tables import PhotoTable, read_photo_table
from modiste.tagging.sources import find_photos
from modiste.tagging.tagger import Tagger

SCHEMA = Schema.load()


@pytest.fixture
def read(tmp_path: Path) -> Any:
    """Writes columns as a Parquet file and reads it as a table of photos."""

    def read(columns: dict[str, Any], image_column: str | None = None, schema: Schema = SCHEMA) -> PhotoTable:
        pl.DataFrame(columns).write_parquet(tmp_path / "table.parquet")
        return read_photo_table(tmp_path / "table.parquet", schema, image_column)

    return read


@pytest.mark.parametrize(
    ("columns", "names"),
    [
        ({"image": ["a.jpg", "b.jpg"]}, [["a.jpg"], ["b.jpg"]]),
        ({"image": ["./a.jpg", r"deep\b.jpg"]}, [["a.jpg"], ["deep/b.jpg"]]),
        ({"image": ["a.jpg", None]}, [["a.jpg"], []]),
        ({"image": ["a.jpg", "  "]}, [["a.jpg"], []]),
        ({"images": [["a.jpg", "b.jpg"], []]}, [["a.jpg", "b.jpg"], []]),
        ({"images": [["a.jpg", None, ""], None]}, [["a.jpg"], []]),
        ({"images": pl.Series([["a.jpg", "b.jpg"]], dtype=pl.Array(pl.String, 2))}, [["a.jpg", "b.jpg"]]),
        ({"images": pl.Series([["a.jpg"]], dtype=pl.List(pl.Categorical))}, [["a.jpg"]]),
        ({"image": pl.Series(["a.jpg"], dtype=pl.Categorical)}, [["a.jpg"]]),
        ({"image": pl.Series(["a.jpg"], dtype=pl.Enum(["a.jpg"]))}, [["a.jpg"]]),
        ({"image1": ["a.jpg", "c.jpg"], "x": [1, 2], "image2": ["b.jpg", None]}, [["a.jpg", "b.jpg"], ["c.jpg"]]),
        ({"image1": [None, None], "image2": [None, "b.jpg"]}, [[], ["b.jpg"]]),
        ({"image": ["a.jpg", "b.jpg"], "images": [None, ["c.jpg"]]}, [["a.jpg"], ["b.jpg", "c.jpg"]]),
        # What holds no text names no file, whatever it is called.
        ({"image": ["a.jpg"], "image_count": [3], "image_sizes": [[1, 2]]}, [["a.jpg"]]),
    ],
)
def test_any_columns_of_text_or_lists_name_photos(read: Any, columns: dict[str, Any], names: list[list[str]]) -> None:
    table = read(columns)
    assert table.names.to_list() == names
    assert table.errors.to_list() == [None if each else "no photo is named" for each in names]
    assert table.columns.equals(pl.DataFrame(columns))


def test_the_schema_says_which_columns_and_the_user_another(read: Any) -> None:
    columns = {"photo": ["a.jpg"], "image": ["b.jpg"], "code": [12]}
    assert read(columns, schema=Schema((), pictures=("photo",))).names.to_list() == [["a.jpg"]]
    assert read(columns, "photo").names.to_list() == [["a.jpg"]]
    assert read(columns, "code").names.to_list() == [["12"]]


def test_a_row_that_climbs_out_says_so_and_the_others_are_kept(read: Any) -> None:
    paths = ["a.jpg", "../secret.jpg", "/etc/passwd", r"deep\..\..\x.jpg", "..hidden.jpg"]
    table = read({"image": paths})
    assert table.names.to_list() == [["a.jpg"], [], [], [], ["..hidden.jpg"]]
    assert table.errors.to_list() == [
        None,
        "the path '../secret.jpg' climbs out of the folder of photos",
        "the path '/etc/passwd' climbs out of the folder of photos",
        "the path 'deep/../../x.jpg' climbs out of the folder of photos",
        None,
    ]
    # Where one photo of a product does, none of them is opened.
    several = read({"images": [["a.jpg", "../b.jpg", "../c.jpg"], ["d.jpg"]]})
    assert several.names.to_list() == [[], ["d.jpg"]]
    assert several.errors[0] == "the path '../b.jpg' climbs out of the folder of photos"


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        (["x", "y", "x", None], ["x", "y", "x", "row 4"]),
        ([7, 8, None, 9], ["7", "8", None, "9"]),
        (None, [None, "row 2", None, "row 4"]),
    ],
)
def test_a_product_is_called_by_its_id(read: Any, ids: list[Any] | None, expected: list[str | None]) -> None:
    columns = {"image": ["a.jpg", None, "c.jpg", "../d.jpg"]} | ({} if ids is None else {"id": ids})
    assert read(columns).ids.to_list() == expected


def test_types_are_kept_and_those_of_csv_are_text(read: Any, tmp_path: Path) -> None:
    columns = {
        "image": ["a.jpg", "b.jpg"],
        "price": [1.5, None],
        "day": [date(2026, 1, 2), None],
        "tags": [["x"], []],
        "facts": [{"a": 1}, {"a": 2}],
        "thumbnail": [b"1", None],
    }
    assert read(columns).columns.schema == pl.DataFrame(columns).schema
    (tmp_path / "table.csv").write_text("id,image,price\n007,a.jpg,1.50\n008,,\n")
    table = read_photo_table(tmp_path / "table.csv", SCHEMA)
    assert table.columns.rows() == [("007", "a.jpg", "1.50"), ("008", None, None)]
    assert table.ids.to_list() == ["007", "008"]


@pytest.mark.parametrize("suffix", [".arrow", ".feather", ".ipc"])
@pytest.mark.parametrize("stream", [True, False])
def test_arrow_is_read_as_a_file_or_a_stream(tmp_path: Path, suffix: str, stream: bool) -> None:
    frame = pl.DataFrame({"image": ["a.jpg"], "size": [40]})
    path = tmp_path / f"table{suffix}"
    (frame.write_ipc_stream if stream else frame.write_ipc)(path)
    assert is_table(path)
    assert read_photo_table(path, SCHEMA).columns.equals(frame)


def test_what_is_no_table_of_photos_is_one_line(read: Any, tmp_path: Path) -> None:
    for columns, image_column, reason in (
        ({"image": [None, ""]}, None, "the column 'image' names no photo; give another table"),
        ({"image": [None, None]}, None, "the column 'image' names no photo"),
        ({"image1": [""], "image2": [""]}, None, "the columns 'image1', 'image2' name no photo"),
        ({"image": pl.Series([], dtype=pl.String)}, None, "names no photo"),
        (
            {"image": [{"bytes": b"x"}]},
            None,
            "no column 'image*'; name the column of photo files with --image-column; the columns are image",
        ),
        ({"image": [{"bytes": b"x"}]}, "image", "the column 'image' holds no text but Struct"),
        ({"image": ["a.jpg"], "id": [["1"]]}, None, "the column 'id' holds no text but List"),
        ({"image": ["a.jpg"]}, "imge", "no column 'imge' (did you mean 'image'?)"),
    ):
        with pytest.raises(CatalogueError) as refused:
            read(columns, image_column)
        assert reason in str(refused.value)
        assert str(refused.value).startswith(f"{tmp_path}/table.parquet: ")
        assert len(str(refused.value).splitlines()) == 1
    for name, content, kind in (
        ("c.parquet", b"PAR1", "Parquet"),
        ("d.arrow", b"ARROW1", "Arrow"),
        ("e.ipc", b"", "Arrow"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(CatalogueError, match=rf"{name}: cannot be read as {kind} \("):
            read_photo_table(tmp_path / name, SCHEMA)


def test_tables_and_folders_stand_beneath_one_another(shades: Path, tmp_path: Path) -> None:
    pl.DataFrame({"image": ["grey.png"], "price": [3], "day": [date(2026, 1, 2)]}).write_parquet(tmp_path / "a.parquet")
    pl.DataFrame({"image": ["dark.png", None], "price": [2.5, 1.0], "note": ["x", "y"]}).write_parquet(
        tmp_path / "b.parquet"
    )
    entries = find_photos([tmp_path / "a.parquet", shades, tmp_path / "b.parquet", shades / "dark.png"], images=shades)
    assert [entry.id for entry in entries] == [
        str(shades / "grey.png"),
        *(str(shades / f"{name}.png") for name in ("bad", "bright", "dark", "grey", "dark")),
        "row 2",
        str(shades / "dark.png"),
    ]
    assert entries.columns is not None
    assert entries.columns.rows() == [
        ("grey.png", 3.0, date(2026, 1, 2), None),
        *[(None, None, None, None)] * 4,
        ("dark.png", 2.5, None, "x"),
        (None, 1.0, None, "y"),
        (None, None, None, None),
    ]
    part = entries[4:6].columns
    assert part is not None
    assert part.rows() == entries.columns.rows()[4:6]
    assert find_photos([shades]).columns is None


def test_columns_that_do_not_go_together_are_one_line(shades: Path, tmp_path: Path) -> None:
    pl.DataFrame({"image": ["grey.png"], "x": [1]}).write_parquet(tmp_path / "a.parquet")
    pl.DataFrame({"image": ["grey.png"], "x": [[1]]}).write_parquet(tmp_path / "b.parquet")
    with pytest.raises(CatalogueError, match=r"types that do not go together .*; tag one table at a time"):
        find_photos([tmp_path / "a.parquet", tmp_path / "b.parquet"], images=shades)


def test_a_name_that_no_file_can_have_is_one_row_s_error(tagger: Tagger, shades: Path, tmp_path: Path) -> None:
    pl.DataFrame({"image": ["a\0b.png", "grey.png"]}).write_parquet(tmp_path / "table.parquet")
    told = tagger.tag(find_photos([tmp_path / "table.parquet"], images=shades))
    assert told.errors == ("cannot be read (embedded null byte)", None)


def test_rows_that_are_broken_stay_with_their_reason_and_the_others_are_tagged(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text(
        'id;image;name\n1; .\\deep\\a.jpg ;Sleeve 15" grey\n2;b.jpg\n3;c.jpg;x;y\n4;;Tee\n5;e.jpg;Trolley 22"\n'
    )
    table = read_photo_table(tmp_path / "table.csv", SCHEMA)
    assert table.names.to_list() == [["deep/a.jpg"], [], [], [], ["e.jpg"]]
    assert table.errors.to_list() == [
        *(None, "2 fields where the header has 3", "4 fields where the header has 3", "no photo is named", None)
    ]
    assert table.ids.to_list() == ["1", "2", "3", "4", "5"]
    assert table.columns.columns == ["id", "image", "name"]
    assert table.columns["name"].to_list() == ['Sleeve 15" grey', None, "x;y", "Tee", 'Trolley 22"']


def test_surplus_commas_are_put_into_the_text_of_the_schema(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text("id,title,image\n1,Tee, red,a.jpg\n2,Hat,b.jpg\n")
    table = read_photo_table(tmp_path / "table.csv", Schema((), text="title"))
    assert table.columns.rows() == [("1", "Tee, red", "a.jpg"), ("2", "Hat", "b.jpg")]
    assert table.errors.null_count() == 2


def test_a_line_of_json_that_is_broken_is_a_row(tmp_path: Path) -> None:
    (tmp_path / "table.jsonl").write_text('{"id": 7, "image": ["a.jpg", "b.jpg"]}\n{"id": 8, "image"\n')
    table = read_photo_table(tmp_path / "table.jsonl", SCHEMA)
    assert table.names.to_list() == [["a.jpg", "b.jpg"], []]
    assert table.ids.to_list() == ["7", "row 2"]
    assert (table.errors[1] or "").startswith("no JSON: ")


@pytest.fixture
def shop(photo: Write, tmp_path: Path) -> Iterator[str]:
    """A server on loopback that has one photo, and its address."""
    (tmp_path / "web").mkdir()
    photo(tmp_path / "web" / "white.png", 255)
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path / "web"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_photos_at_web_addresses_are_fetched_where_that_is_allowed(
    shop: str, photo: Write, tagger: Tagger, tmp_path: Path
) -> None:
    photo(tmp_path / "black.png", 0)
    names = [f"{shop}/white.png", "black.png", f"{shop}/gone.png", "s3://bucket/a.png"]
    pl.DataFrame({"image": names}).write_csv(tmp_path / "table.csv")
    here = UrlPictures(may_connect=lambda address: address.is_loopback)
    told = tagger.tag(find_photos(tmp_path / "table.csv", urls=here))
    assert told.labels("tone") == ["bright", "dark", None, None]
    assert told.paths[:2] == (names[0], str(tmp_path / "black.png"))
    assert told.errors[2] == "cannot be fetched: the server answers 404 File not found"
    assert "no http:// or https://" in str(told.errors[3])
    for urls, reason in ((None, "--allow-urls"), (UrlPictures(), "private address 127.0.0.1")):
        told = tagger.tag(find_photos(tmp_path / "table.csv", urls=urls))
        assert told.labels("tone") == [None, "dark", None, None]
        assert reason in str(told.errors[0])
