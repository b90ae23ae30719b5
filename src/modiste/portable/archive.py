"""Named members in one file, each with its checksum: a zip that any zip tool opens, and that is read with suspicion.

Members are stored as they are: that opens fastest, packing would save but 7 %, and equal contents give equal bytes
whatever the version of zlib. A file that someone has packed again is read all the same.
"""

import io
import json
import lzma
import struct
import zipfile
import zlib
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from modiste.errors import BundleError
from modiste.runs import write_whole

__all__ = ["FORMAT", "MANIFEST", "read_archive", "write_archive"]

FORMAT = 2
"""The version of the layout; a program reads its own and refuses others. Since 2 a bundle holds a schema."""

MANIFEST = "bundle.json"

MOST_BYTES = 2**31
"""A file that unpacks to more is refused: it is none of ours, for no ONNX file is larger."""

MOST_TIMES = 100
"""So is one that unpacks to more than so many times its size: weights cannot be packed to nearly as little."""

MOST_MEMBERS = 10_000
"""And one of more members than that: a bundle has four for each attribute."""

# What the zipfile module raises on damaged files, as found by flipping their bytes.
DAMAGED = (
    zipfile.BadZipFile,
    OSError,
    EOFError,
    IndexError,
    KeyError,
    MemoryError,
    RuntimeError,
    ValueError,
    OverflowError,
    struct.error,
    lzma.LZMAError,
    zlib.error,
)

AGAIN = "get the file again, or make it again with `modiste export`"


def write_archive(path: Path, facts: Mapping[str, Any], members: Mapping[str, bytes]) -> None:
    """Writes a file, whole or not at all; equal contents give equal bytes.

    Args:
        path: The file; what lies there is replaced.
        facts: Plain values for `MANIFEST`, which also gets the format and the members' sizes and checksums.
        members: Name -> bytes.

    Raises:
        OutputError: It cannot be written; what was there is still there.
    """
    known = {name: {"size": len(data), "sha256": sha256(data).hexdigest()} for name, data in sorted(members.items())}
    manifest = {"format": FORMAT, **facts, "members": known}
    document = json.dumps(manifest, indent=1, ensure_ascii=False, allow_nan=False).encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in sorted({**members, MANIFEST: document}.items()):
            # The earliest time that a zip can hold, and a plain file that everyone may read.
            info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            info.create_system, info.external_attr = 3, 0o644 << 16
            archive.writestr(info, data)
    write_whole(path, buffer.getbuffer())


def read_archive(path: Path) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Returns a file's facts, as they were given to `write_archive`, and its members.

    Raises:
        BundleError: No such file, none of ours, of another format, or damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if MANIFEST not in names:
                raise BundleError(f"not a bundle: there is no {MANIFEST} in it", where=path, fix=AGAIN)
            most = min(MOST_BYTES, MOST_TIMES * path.stat().st_size)
            if len(set(names)) < len(names) or sum(info.file_size for info in archive.infolist()) > most:
                raise BundleError(
                    f"a member comes twice, or they unpack to more than {most:,} bytes", where=path, fix=AGAIN
                )
            if len(names) > MOST_MEMBERS:
                raise BundleError(f"it has {len(names):,} members", where=path, fix=AGAIN)
            facts = json.loads(_read(archive, MANIFEST))
            _check_format(facts, path)
            known = facts.pop("members")
            members = {name: _read(archive, name) for name in names if name != MANIFEST}
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError, PermissionError) as error:
        raise BundleError(f"cannot be read ({error.strerror})", where=path, fix="check the path") from error
    except DAMAGED as error:
        raise BundleError(f"damaged, or not a bundle at all ({error})", where=path, fix=AGAIN) from error
    if missing := sorted(set(known) ^ set(members)):
        raise BundleError(f"damaged: {', '.join(missing[:3])} missing, or one too many", where=path, fix=AGAIN)
    for name, data in members.items():
        if known[name] != {"size": len(data), "sha256": sha256(data).hexdigest()}:
            raise BundleError(f"damaged: {name} is not what was written (checksum)", where=path, fix=AGAIN)
    return facts, members


def _check_format(facts: Any, path: Path) -> None:
    version = facts.pop("format", None) if isinstance(facts, dict) else None
    if type(version) is int and version > FORMAT:
        raise BundleError(
            f"a bundle of format {version}, and this program reads format {FORMAT}",
            where=path,
            fix="update it: pip install --upgrade modiste",
        )
    if type(version) is int and 0 < version < FORMAT:
        raise BundleError(
            f"a bundle of format {version}, and this program reads format {FORMAT}",
            where=path,
            fix="train and export again, or use the version of modiste that made it",
        )
    if type(version) is not int or version != FORMAT or not isinstance(facts.get("members"), dict):
        raise BundleError(f"damaged: {MANIFEST} does not say what it must", where=path, fix=AGAIN)


def _read(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as member:
        # No more than it says: without the limit, all that it unpacks to would be in memory at once.
        return member.read(archive.getinfo(name).file_size)
