"""Which kind of table a file is."""

from pathlib import Path

import pytest

from modiste.catalogue.tables import is_table, read_table, reading
from modiste.errors import CatalogueError


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.csv", b"", True),
        ("a.TSV", b"x", True),
        ("a.ndjson", b"", True),
        ("a.txt", b"id\timage\n1\ta.jpg\n", True),
        ("a.txt", b"Read me first.\nAll photos are ours.\n", False),
        ("a.txt", "id;image\n".encode("utf-16"), True),
        ("a.txt", bytes(100), False),
        ("a.json", b' [ {"id": 1}]', True),
        ("a.json", b"[1, 2]", False),
        ("a.jpg", b"id,image\n", False),
        ("a", b"id,image\n", False),
    ],
)
def test_a_table_is_told_by_its_name_or_else_by_its_content(
    tmp_path: Path, name: str, content: bytes, expected: bool
) -> None:
    (tmp_path / name).write_bytes(content)
    assert is_table(tmp_path / name) is expected
    assert not is_table(tmp_path / f"no {name}")


@pytest.mark.parametrize(
    ("start", "what"),
    [
        (b"\x89PNG\r\n", "a PNG picture"),
        (b"\xff\xd8\xff\xe0", "a JPEG picture"),
        (b"%PDF-1", "a PDF"),
        (b"\x1f\x8b", "gzip"),
    ],
)
def test_what_is_something_else_is_named(start: bytes, what: str) -> None:
    with pytest.raises(CatalogueError, match=what):
        read_table(start + b"id,image\n", where="shop.csv")


def test_a_table_that_is_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_BYTES", 10)
    (tmp_path / "a.csv").write_text("id,image\n1,a.jpg\n")
    for source in (tmp_path / "a.csv", b"id,image\n1,a.jpg\n"):
        with pytest.raises(CatalogueError, match="a table of 17 bytes, and 10 are the most"):
            read_table(source)
    with pytest.raises(CatalogueError, match=r"b\.csv: cannot be read \(No such file"):
        read_table(tmp_path / "b.csv")
