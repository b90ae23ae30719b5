"""Locks between processes: one at a time writes to a place; the others are refused, or wait.

A lock is a file that its holder keeps open under the system's own lock (`flock`) and removes at the end. The system
takes the lock back when its process ends, however that ends: a kill leaves a small file, which keeps nobody out. On a
file system without such locks, and on Windows, nobody is kept out: what is written there is still written whole.
"""

import errno
import os
import socket
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from modiste.errors import OutputError

with suppress(ImportError):  # Windows has no such locks
    import fcntl

__all__ = ["if_free", "one_after_another", "only_one"]

HAS_LOCKS = os.name == "posix"

WITHOUT_LOCKS = frozenset({errno.EBADF, errno.EINVAL, errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP})
"""What systems answer where a file system has no locks."""

SHORTEST, LONGEST = 0.001, 0.1
"""Seconds between two looks at a lock that another holds: few at first, then more."""

PATIENCE = 1.0
"""Seconds to wait in silence."""


@contextmanager
def only_one(file: Path, *, where: Path, fix: str) -> Iterator[None]:
    """Holds a lock while the context lasts.

    Args:
        file: The lock's own file, in a folder that exists.
        where: What it keeps others from, for the error.
        fix: What those can do, for the error.

    Raises:
        OutputError: Another holds it.
        OSError: The file cannot be made.
    """
    lock = _Lock(file)
    if not lock.take():
        raise OutputError(f"{lock.holder} is writing to it", where=where, fix=fix)
    with lock.released_at_the_end():
        yield


@contextmanager
def one_after_another(file: Path, *, waiting: Callable[[str], None] | None = None) -> Iterator[None]:
    """Waits until nobody else holds a lock, then holds it while the context lasts.

    Args:
        file: The lock's own file, in a folder that exists. It may be moved away while the lock is held.
        waiting: Is told once, after a second, who holds it.

    Raises:
        OSError: The file cannot be made.
    """
    lock, pause, start = _Lock(file), SHORTEST, time.monotonic()
    while not lock.take():
        if waiting is not None and time.monotonic() - start >= PATIENCE:
            waiting(lock.holder)
            waiting = None
        time.sleep(pause)
        pause = min(2 * pause, LONGEST)
    with lock.released_at_the_end():
        yield


@contextmanager
def if_free(file: Path) -> Iterator[bool]:
    """Holds a lock while the context lasts, where nobody else does; gives whether it is held.

    Where there are no locks, it is not: nobody is taken for dead.

    Raises:
        OSError: The file cannot be made.
    """
    lock = _Lock(file)
    if not lock.take():
        yield False
        return
    with lock.released_at_the_end():
        yield lock.is_real


class _Lock:
    """A lock, open or not.

    Args:
        file: Its file.

    Attributes:
        is_real: Whether the system keeps others out while it is held.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._descriptor: int | None = None
        self.is_real = False

    def take(self) -> bool:
        """Takes the lock; returns whether nobody else has it."""
        if not HAS_LOCKS:
            return True
        while True:
            # Not through a link: what that points to would be emptied.
            self._descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)
            try:
                if not stat.S_ISREG(os.fstat(self._descriptor).st_mode):
                    raise FileExistsError(errno.EEXIST, "it is there and is no file", str(self._file))
                if not self._lock():
                    self._close()
                    return False
                # Who held it may have removed or moved the file since it was opened: then it locks nothing.
                if self._is_there():
                    self._sign()
                    return True
            except BaseException:
                self._close()
                raise
            self._close()

    @property
    def holder(self) -> str:
        """Who holds it, as far as that is known."""
        try:
            text = self._file.read_text(encoding="utf-8")[:200].strip()
        except (OSError, UnicodeDecodeError):
            text = ""
        return f"another process ({text})" if text else "another process"

    @contextmanager
    def released_at_the_end(self) -> Iterator[None]:
        """Gives the lock back when the context ends, and removes its file unless that was moved away."""
        try:
            yield
        finally:
            if self._descriptor is not None:
                with suppress(OSError):
                    if self._is_there():
                        self._file.unlink()
                self._close()

    def _lock(self) -> bool:
        assert self._descriptor is not None  # noqa: S101
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError as error:
            if error.errno not in WITHOUT_LOCKS:
                raise
        else:
            self.is_real = True
        return True

    def _is_there(self) -> bool:
        """Whether the open file is still the one at its path."""
        assert self._descriptor is not None  # noqa: S101
        try:
            return os.path.samestat(os.fstat(self._descriptor), self._file.lstat())
        except FileNotFoundError:
            return False

    def _sign(self) -> None:
        """Writes into the file who holds it; where the disk is full, nobody is told."""
        assert self._descriptor is not None  # noqa: S101
        with suppress(OSError):
            os.ftruncate(self._descriptor, 0)
            os.write(self._descriptor, f"process {os.getpid()} on {socket.gethostname()}".encode())

    def _close(self) -> None:
        assert self._descriptor is not None  # noqa: S101
        os.close(self._descriptor)
        self._descriptor = None
