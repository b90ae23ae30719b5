"""Files that somebody else has named: what is no file is refused before a byte of it is read."""

import os
import socket
from pathlib import Path

import pytest

from modiste.config import StudyConfig, load_config
from modiste.errors import ModisteError
from modiste.files import check_file, read_file, read_head, read_text
from modiste.portable.bundle import read_bundle
from modiste.schema import Schema


@pytest.fixture
def special(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """A path of each kind that is no file."""
    monkeypatch.chdir(tmp_path)  # the name of a socket may not be long
    os.mkfifo("pipe.jpg")
    with socket.socket(socket.AF_UNIX) as one:
        one.bind("socket.jpg")
    return {"a named pipe": tmp_path / "pipe.jpg", "a socket": tmp_path / "socket.jpg", "a device": Path("/dev/zero")}


def test_what_is_no_file_is_told_and_nobody_waits(special: dict[str, Path]) -> None:
    for kind, path in special.items():
        for read in (check_file, read_text, lambda path: read_file(path, 10), lambda path: read_head(path, 10)):
            with pytest.raises(OSError, match=f"it is {kind}"):
                read(path)


def test_a_folder_and_nothing_are_told_in_the_system_s_words(tmp_path: Path) -> None:
    for path, reason in ((tmp_path, "Is a directory"), (tmp_path / "gone", "No such file")):
        with pytest.raises(OSError, match=reason):
            read_file(path, 10)


def test_a_file_is_read_up_to_its_limit(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"\xef\xbb\xbfabc")
    assert (read_file(path, 6), read_head(path, 4), read_text(path)) == (b"\xef\xbb\xbfabc", b"\xef\xbb\xbfa", "abc")
    with pytest.raises(OSError, match="it has 6 bytes, more than 5"):
        read_file(path, 5)


def test_a_file_of_a_terabyte_that_holds_nothing_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.jpg"
    with path.open("wb") as file:
        file.truncate(2**40)
    with pytest.raises(OSError, match="it has 1,099,511,627,776 bytes"):
        read_file(path, 2**30)
    with pytest.raises(ModisteError, match=r"cannot be read .it has 1,099,511,627,776 bytes"):
        read_bundle(path)


def test_settings_and_bundles_are_files(special: dict[str, Path]) -> None:
    pipe = special["a named pipe"]
    for read in (Schema.load, read_bundle, lambda path: load_config(StudyConfig, path, {})):
        with pytest.raises(ModisteError, match=r"pipe\.jpg: cannot be read .it is a named pipe"):
            read(pipe)
