from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from modiste.errors import ConfigError, OutputError
from modiste.tagging.heat_maps import HeatMaps
from modiste.tagging.sources import find_photos

Write = Callable[[Path, int], Path]


@pytest.fixture
def folder(photo: Write, tmp_path: Path) -> Path:
    """Three photos, one of them broken, one with a long name."""
    photo(tmp_path / "photos/a.png", 10)
    photo(tmp_path / f"photos/{'ü' * 120}.png", 200)
    (tmp_path / "photos/b.png").write_bytes(b"")
    return tmp_path / "photos"


def test_each_photo_that_can_be_read_gets_one(predictor: Any, folder: Path, tmp_path: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    maps = HeatMaps(tmp_path / "not/there", predictor, "half", overwrite=False)
    assert not (tmp_path / "not").exists()
    count = maps.write(
        find_photos([folder]), progress=lambda stage, done, total, note="": seen.append((stage, done, total))
    )
    assert count == 2
    assert seen == [("heat maps", number, 3) for number in (1, 2, 3)]
    first, second = sorted((tmp_path / "not/there").iterdir())
    assert (first.name, second.name) == ("000000-a.png", f"000002-{'ü' * 50}.png")
    with Image.open(first) as shown:
        assert shown.size == (6, 8)


def test_what_is_in_the_way_is_found_before_the_work(predictor: Any, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match=r"no attribute 'hafl' \(did you mean 'half'\?\); there are tone, half"):
        HeatMaps(tmp_path / "maps", predictor, "hafl", overwrite=False)
    with pytest.raises(OutputError, match="file: is no folder"):
        HeatMaps(tmp_path / "file", predictor, None, overwrite=False)
    with pytest.raises(OutputError, match=r"photos: holds pictures already; .*--overwrite"):
        HeatMaps(folder, predictor, None, overwrite=False)
    assert HeatMaps(folder, predictor, None, overwrite=True).write(find_photos([folder / "a.png"])) == 1


def test_a_full_disk_is_one_line_and_leaves_no_half_of_a_picture(
    predictor: Any, folder: Path, tmp_path: Path, no_file_above: Callable[[int], AbstractContextManager[None]]
) -> None:
    maps = HeatMaps(tmp_path / "maps", predictor, None, overwrite=False)
    with no_file_above(30), pytest.raises(OutputError, match=r"maps: cannot be written \(.*\); 0 heat maps are done"):
        maps.write(find_photos([folder]))
    assert not (tmp_path / "maps").exists()
