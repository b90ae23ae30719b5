"""A training's progress for TensorBoard: one curve a value, one point an epoch.

The event files are put together here and written in one go: tensorboardX's own writer does so in a thread, and when a
disk is full, that thread dies of it with a traceback.
"""

import socket
import struct
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from modiste.errors import OutputError
from modiste.runs import write_whole

__all__ = ["Report", "open_board"]

Report: TypeAlias = Callable[[Mapping[str, float]], None]


def open_board(folder: Path) -> Report:
    """Returns what writes an epoch's row of the history (see `training.Trained`) to a folder of event files.

    A training that goes on adds to what lies there. What it returns raises `OutputError` where a row cannot be written;
    the rows before are still there.

    Args:
        folder: What `tensorboard --logdir` is given.

    Raises:
        OutputError: The folder cannot be written.
    """
    from tensorboardX.proto.event_pb2 import Event  # noqa: PLC0415 - few trainings need it

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"cannot be written ({error.strerror})", where=folder, fix="give another folder with --tensorboard"
        ) from error

    def report(row: Mapping[str, float]) -> None:
        now, epoch = time.time(), int(row["epoch"])
        # A file an epoch, so that each is on disk, whole, when its epoch ends.
        path = folder / f"events.out.tfevents.{now:.0f}.{socket.gethostname()}.epoch-{epoch:04d}"
        points = Event(wall_time=now, step=epoch)
        for name, value in row.items():
            if name != "epoch":
                what = name.removeprefix("val_")
                tag = f"{'training' if what == name else 'validation'}/{what}"
                points.summary.value.add(tag=tag, simple_value=value)
        try:
            write_whole(path, _record(Event(wall_time=now, file_version="brain.Event:2")) + _record(points))
        except OutputError as error:
            fix = "the epochs done so far are kept: see that the disk has room, and go on with --resume"
            raise OutputError(error.what, where=error.where, fix=fix) from error

    return report


def _record(event: Any) -> bytes:
    """Returns an event as a record of an event file: its length and its bytes, each followed by a checksum."""
    from tensorboardX.record_writer import masked_crc32c  # noqa: PLC0415 - as above

    data = event.SerializeToString()
    length = struct.pack("<Q", len(data))
    return b"".join((length, struct.pack("<I", masked_crc32c(length)), data, struct.pack("<I", masked_crc32c(data))))
