from pathlib import Path
from typing import Any

import pytest

from modiste.errors import ConfigError
from modiste.tagging.tagger import Tagger


@pytest.mark.parametrize("way", ["tag", "stream", "write"])
@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        ({"precision": 1.5}, "precision: must be above 0 and below 1, not 1.5; give"),
        ({"precision": 0.0}, "precision: must be above 0 and below 1, not 0.0; give"),
        ({"precision": float("nan")}, "precision: must be above 0 and below 1, not nan; give"),
        ({"precision": 0.9, "top": 0}, "top: must be at least 1, not 0; give"),
    ],
)
def test_what_a_tagger_cannot_do_is_told_at_once(
    way: str, wanted: dict[str, Any], reason: str, brightness_bundle: Path, tmp_path: Path
) -> None:
    tagger = Tagger.load(brightness_bundle)
    before = {"tag": (), "stream": (), "write": (tmp_path / "tags.csv",)}[way]
    with pytest.raises(ConfigError, match=reason):
        getattr(tagger, way)(*before, [], **wanted)
    assert not list(tmp_path.iterdir())
