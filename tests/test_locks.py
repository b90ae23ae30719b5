"""Locks between processes; within one process, two openings of a file lock each other out likewise."""

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from modiste import locks
from modiste.errors import OutputError
from modiste.locks import if_free, one_after_another, only_one
from modiste.runs import hold_folder, hold_output, write_whole

HOLDING = """
import sys, time
from pathlib import Path
from modiste.locks import only_one
with only_one(Path(sys.argv[1]), where=Path("there"), fix="wait"):
    print("held", flush=True)
    time.sleep(600)
"""


def test_the_second_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    told = rf"table\.csv: another process \(process {os.getpid()} on .+\) is writing to it; wait"
    with only_one(lock, where=Path("table.csv"), fix="wait"):
        with pytest.raises(OutputError, match=told), only_one(lock, where=Path("table.csv"), fix="wait"):
            pass
        with if_free(lock) as free:
            assert not free
        assert lock.exists()
    assert not list(tmp_path.iterdir())
    with if_free(lock) as free, if_free(tmp_path / "other") as other:
        assert free
        assert other
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGINT])
def test_a_lock_ends_with_its_process(ending: signal.Signals, tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    command = [sys.executable, "-c", HOLDING, str(lock)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(OutputError, match=rf"process {holder.pid} on"), only_one(lock, where=lock, fix="wait"):
            pass
        holder.send_signal(ending)
    assert lock.exists() == (ending == signal.SIGKILL)
    with only_one(lock, where=lock, fix="wait"):
        pass
    assert not lock.exists()


def test_they_come_one_after_another(tmp_path: Path) -> None:
    lock, inside, most = tmp_path / "lock", [], []

    def enter() -> None:
        for _ in range(20):
            with one_after_another(lock):
                inside.append(1)
                most.append(len(inside))
                time.sleep(0.0005)
                inside.pop()

    threads = [threading.Thread(target=enter) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 120
    assert not lock.exists()


def test_who_waits_is_told_for_whom_after_a_second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "PATIENCE", 0.05)
    lock, told = tmp_path / "lock", list[str]()
    released = threading.Event()

    def tell(holder: str) -> None:
        told.append(holder)
        released.set()

    def hold() -> None:
        with only_one(lock, where=lock, fix="wait"):
            held.set()
            assert released.wait(60)
            time.sleep(0.2)

    held = threading.Event()
    thread = threading.Thread(target=hold)
    thread.start()
    assert held.wait(60)
    with one_after_another(lock, waiting=tell):
        pass
    thread.join()
    assert len(told) == 1
    assert f"another process (process {os.getpid()} on" in told[0]


def test_a_file_system_without_locks_keeps_nobody_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", none)
    lock = tmp_path / "lock"
    with only_one(lock, where=lock, fix=""), one_after_another(lock), if_free(lock) as free:
        assert not free, "nobody is taken for dead"
    write_whole(tmp_path / "file", "text")
    monkeypatch.setattr(locks, "HAS_LOCKS", False)
    with only_one(lock, where=lock, fix=""), one_after_another(lock), if_free(lock) as free:
        assert not free
    write_whole(tmp_path / "file", "other")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("file", "other")]


def test_another_failure_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with pytest.raises(OSError, match="No such file"), if_free(tmp_path / "nowhere" / "lock"):
        pass
    monkeypatch.setattr("fcntl.flock", failing)
    with pytest.raises(OSError, match="Input/output error"), if_free(tmp_path / "lock"):
        pass
    told = r"folder: cannot be written .Input/output error.; give another --out"
    with pytest.raises(OutputError, match=told), hold_folder(tmp_path / "new" / "folder"):
        pass


def test_a_folder_that_nothing_came_into_is_removed_again(tmp_path: Path) -> None:
    with hold_folder(tmp_path / "new" / "run"):
        with pytest.raises(OutputError, match="another process"), hold_folder(tmp_path / "new" / "run"):
            pass
        assert (tmp_path / "new" / "run").is_dir()
    assert not list(tmp_path.iterdir())
    with hold_folder(tmp_path / "new" / "run"):
        (tmp_path / "new" / "run" / "metrics.json").touch()
    assert [path.name for path in tmp_path.rglob("*")] == ["new", "run", "metrics.json"]


def test_one_file_is_made_by_one(tmp_path: Path) -> None:
    path = tmp_path / "new" / "tagger.modiste"
    with hold_output(path):
        told = "is writing to it; wait until it is done, or give another name"
        with pytest.raises(OutputError, match=told), hold_output(path, overwrite=True):
            pass
        path.write_text("made")
    with pytest.raises(OutputError, match="exists already"), hold_output(path):
        pass
    with hold_output(path, overwrite=True):
        pass
    assert [each.name for each in path.parent.iterdir()] == [path.name]


WRITING = """
import sys
from pathlib import Path
from modiste.runs import write_whole
for _ in range(100):
    write_whole(Path(sys.argv[1]), sys.argv[2] * 100_000)
"""


def test_of_two_that_write_one_file_each_writes_it_whole(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text("a" * 100_000)
    writers = [subprocess.Popen([sys.executable, "-c", WRITING, str(path), letter]) for letter in "ab"]
    while any(writer.poll() is None for writer in writers):
        text = path.read_text()
        assert text in ("a" * 100_000, "b" * 100_000)
    assert [writer.returncode for writer in writers] == [0, 0]
    assert list(tmp_path.iterdir()) == [path]


def test_a_lock_is_not_taken_through_a_link(tmp_path: Path) -> None:
    kept, lock = tmp_path / "letters.txt", tmp_path / "lock"
    kept.write_text("dear reader")
    lock.symlink_to(kept)
    with pytest.raises(OSError, match="symbolic links"), only_one(lock, where=lock, fix="wait"):
        pass
    assert kept.read_text() == "dear reader"
    assert lock.is_symlink()


def test_a_pipe_is_no_lock(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "lock")
    with pytest.raises(OSError, match="no file"), only_one(tmp_path / "lock", where=tmp_path, fix="wait"):
        pass
