"""Names of files as text: taken apart and put together without path objects.

Of 44,441 entries, path objects alone took half of opening a zip.
"""

import os
import re
from pathlib import Path

__all__ = ["as_on_disk", "climbs_out", "is_utf8", "path_prefix", "shown"]


def climbs_out(name: str) -> bool:
    """Whether a name of a file, with slashes of either kind, leads out of the folder that it is relative to."""
    name = name.replace("\\", "/")
    return name.startswith("/") or ".." in name.split("/")


def is_utf8(name: str) -> bool:
    """Whether a name is UTF-8 text, so that a table can hold it; a file's may be any bytes."""
    return name == name.encode(errors="ignore").decode()


def shown(name: str) -> str:
    r"""Returns a name as UTF-8 text: bytes of it that are none are written as \xe9."""
    return name.encode(errors="surrogateescape").decode(errors="backslashreplace")


def as_on_disk(text: str) -> str:
    """Returns the name that `shown` was given, if it was one that is not UTF-8."""
    return os.fsdecode(re.sub(rb"\\x([89a-f][0-9a-f])", lambda found: bytes.fromhex(found[1].decode()), text.encode()))


def path_prefix(folder: Path) -> str:
    """Returns what makes a path of the name of a file in a folder: `folder/`, or nothing for the current one."""
    return str(folder / "name").removesuffix("name")
