import struct
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from tensorboardX.proto.event_pb2 import Event
from tensorboardX.record_writer import masked_crc32c

from modiste.errors import OutputError
from modiste.workflows.tensorboard import open_board

ROW = {"epoch": 3, "loss": 1.5, "val_Class": 0.25}


def events(path: Path) -> Iterator[Any]:
    """Reads an event file: length, its checksum, event, its checksum, and so on."""
    data = path.read_bytes()
    while data:
        size, check = struct.unpack("<QI", data[:12])
        event, (its_check,) = data[12 : 12 + size], struct.unpack("<I", data[12 + size : 16 + size])
        assert (check, its_check) == (masked_crc32c(data[:8]), masked_crc32c(event))
        yield Event.FromString(event)
        data = data[16 + size :]


def test_an_epoch_is_a_point_of_each_curve(tmp_path: Path) -> None:
    open_board(tmp_path / "new" / "board")(ROW)
    (path,) = (tmp_path / "new" / "board").iterdir()
    assert "tfevents" in path.name
    version, points = events(path)
    assert version.file_version == "brain.Event:2"
    values = {value.tag: value.simple_value for value in points.summary.value}
    assert (points.step, values) == (3, {"training/loss": 1.5, "validation/Class": 0.25})


def test_a_full_disk_keeps_the_epochs_before(
    tmp_path: Path, no_file_above: Callable[[int], AbstractContextManager[None]]
) -> None:
    report = open_board(tmp_path)
    report(ROW | {"epoch": 1})
    kept = list(tmp_path.iterdir())
    with (
        no_file_above(50),
        pytest.raises(OutputError, match=r"written.*epochs done so far are kept.*--resume"),
    ):
        report(ROW | {"epoch": 2})
    assert list(tmp_path.iterdir()) == kept


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OutputError, match=r"file: cannot be written \(File exists\); give another folder"):
        open_board(tmp_path / "file")
