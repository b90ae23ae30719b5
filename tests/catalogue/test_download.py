from pathlib import Path

import pytest

from modiste.catalogue import download
from modiste.errors import DownloadError, OutputError


def test_what_kaggle_gives_is_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "hub").mkdir()
    (tmp_path / "hub" / "styles.csv").write_text("id\n")
    monkeypatch.setattr("kagglehub.dataset_download", lambda name: str(tmp_path / "hub"))
    assert download.download_catalogue(tmp_path / "mine") == tmp_path / "mine"
    assert (tmp_path / "mine" / "styles.csv").read_text() == "id\n"


def test_without_a_network_one_line_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str) -> str:
        raise ConnectionError("no route\nto host")

    monkeypatch.setattr("kagglehub.dataset_download", refuse)
    with pytest.raises(DownloadError, match="modiste sample DIR") as caught:
        download.download_catalogue(tmp_path / "mine")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "mine").exists()


def test_what_lies_there_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(OutputError, match="exists already"):
        download.download_catalogue(tmp_path)
