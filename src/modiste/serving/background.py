"""Looks that take a while: begun when somebody first asks, in a thread, and kept."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from modiste.errors import ModisteError
from modiste.progress import Progress
from modiste.workflows.confusions import Confusions

__all__ = ["BackgroundJob", "CatalogueJobs"]

_T = TypeVar("_T")


class BackgroundJob(Generic[_T]):
    """Work that is done once.

    Args:
        work: Tells its progress, and returns what was found.

    Attributes:
        stage: What is being done.
        done: Steps of it.
        total: Steps in all.
        found: What was found, None until then.
        failed: Why nothing was, else None.
    """

    def __init__(self, work: Callable[[Progress], _T]) -> None:
        self._work = work
        self._lock = threading.Lock()
        self._begun = False
        self.stage, self.done, self.total = "beginning", 0, 0
        self.found: _T | None = None
        self.failed: str | None = None

    def begin(self) -> None:
        """Begins, unless that has been done."""
        with self._lock:
            if self._begun:
                return
            self._begun = True
        # Nobody waits for it at the end of the process.
        threading.Thread(target=self._run, name="job", daemon=True).start()

    @property
    def over(self) -> bool:
        """Whether it has ended, well or not."""
        return self.found is not None or self.failed is not None

    def _run(self) -> None:
        try:
            self.found = self._work(self._told)
        except ModisteError as error:
            self.failed = str(error)
        except Exception as error:
            self.failed = f"it failed ({type(error).__name__})"
            raise

    def _told(self, stage: str, done: int, total: int, note: str = "") -> None:  # noqa: ARG002 (a `Progress` has it)
        self.stage, self.done, self.total = stage, done, total


@dataclass(frozen=True)
class CatalogueJobs:
    """What can be found in a catalogue.

    Attributes:
        name: What to call it.
        health: Returns HTML: see `reports.pages.findings_part`.
        confusions: Returns what its labels are taken for.
    """

    name: str
    health: BackgroundJob[str]
    confusions: BackgroundJob[tuple[Confusions, ...]]
