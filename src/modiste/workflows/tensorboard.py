"""A training's progress for TensorBoard: one curve a value, one point an epoch."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

from modiste.errors import OutputError

__all__ = ["Report", "open_board"]

Report: TypeAlias = Callable[[Mapping[str, float]], None]


def open_board(folder: Path) -> Report:
    """Returns what writes an epoch's row of the history (see `training.Trained`) to a folder of event files.

    A training that goes on appends to what lies there.

    Args:
        folder: What `tensorboard --logdir` is given.

    Raises:
        OutputError: The folder cannot be written.
    """
    from tensorboardX import SummaryWriter  # noqa: PLC0415 - few trainings need it

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot be written ({error.strerror})", where=folder) from error

    def report(row: Mapping[str, float]) -> None:
        epoch = int(row["epoch"])
        # A file an epoch: only when it is closed is all of it on disk.
        with SummaryWriter(str(folder), filename_suffix=f".epoch-{epoch:04d}") as writer:
            for name, value in row.items():
                if name != "epoch":
                    what = name.removeprefix("val_")
                    writer.add_scalar(f"{'training' if what == name else 'validation'}/{what}", value, epoch)

    return report
