"""Background jobs on a catalogue: each starts when somebody first asks for its result, which is then kept."""

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
    """Work that is done once, in a thread.

    Args:
        work: Reports its progress, and returns the result.

    Attributes:
        stage: What is being done.
        done: Steps of this stage that are finished.
        total: Its steps in all; 0 where that is not known.
        result: None until the job has succeeded.
        error: Why it failed, None unless it did.
    """

    def __init__(self, work: Callable[[Progress], _T]) -> None:
        self._work = work
        self._lock = threading.Lock()
        self._started = False
        self.stage, self.done, self.total = "starting", 0, 0
        self.result: _T | None = None
        self.error: str | None = None

    def start(self) -> None:
        """Starts the job, unless that has been done."""
        with self._lock:
            if self._started:
                return
            self._started = True
        # The process may end without waiting for it.
        threading.Thread(target=self._run, name="job", daemon=True).start()

    @property
    def finished(self) -> bool:
        """Whether it has succeeded or failed."""
        return self.result is not None or self.error is not None

    def _run(self) -> None:
        try:
            self.result = self._work(self._set_progress)
        except ModisteError as error:
            self.error = str(error)
        except Exception as error:
            self.error = f"it failed ({type(error).__name__})"
            raise

    def _set_progress(self, stage: str, done: int, total: int, note: str = "") -> None:  # noqa: ARG002 (a `Progress` has it)
        self.stage, self.done, self.total = stage, done, total


@dataclass(frozen=True)
class CatalogueJobs:
    """The background jobs on one catalogue.

    Attributes:
        name: The catalogue's name.
        health: Its result is HTML: see `reports.pages.findings_part`.
        confusions: Its result says which labels the tagger confuses.
    """

    name: str
    health: BackgroundJob[str]
    confusions: BackgroundJob[tuple[Confusions, ...]]
