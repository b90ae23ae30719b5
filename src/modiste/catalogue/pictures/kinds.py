"""Which files are pictures: by suffix, or by how they begin. And which are clutter that systems leave behind."""

from posixpath import splitext

__all__ = [
    "HEAD",
    "HIDDEN",
    "NOT_PICTURES",
    "SYSTEM",
    "UNREADABLE",
    "begins_like_a_picture",
    "has_picture_suffix",
    "known_reason",
    "passed_over",
]

SYSTEM = "system files"
HIDDEN = "hidden files"
NOT_PICTURES = "no pictures"
UNOPENED = "archives, which are not opened here"
UNREADABLE = "files that cannot be opened"

PICTURES = ".avif .bmp .gif .heic .heif .hif .j2k .jfif .jp2 .jpe .jpeg .jpg .mpo .pjpeg .png .tif .tiff .webp"
TEXTS = ".aae .arrow .csv .feather .htm .html .ipc .json .jsonl .ods .parquet .pdf .svg .tsv .txt .xls .xlsx .xml .xmp"
ARCHIVES = ".7z .bz2 .gz .rar .tar .tgz .xz .zip"

PICTURE_SUFFIXES = frozenset(PICTURES.split())
"""A file of such a name is taken for a picture unopened; if it is none, its row says so."""

NO_PICTURE_SUFFIXES = dict.fromkeys(TEXTS.split(), NOT_PICTURES) | dict.fromkeys(ARCHIVES.split(), UNOPENED)
"""A file of such a name is passed over unopened, for there may be one beside each picture; and the reason."""

SYSTEM_NAMES = frozenset(
    {
        ".ds_store",
        ".spotlight-v100",
        ".trashes",
        "#recycle",
        "$recycle.bin",
        "@eadir",
        "@recycle",
        "@tmp",
        "__macosx",
        "desktop.ini",
        "ehthumbs.db",
        "icon\r",
        "lost+found",
        "system volume information",
        "thumbs.db",
    }
)
"""What macOS, Windows and network drives put beside pictures, thumbnails among them; in lower case."""

APPLE_DOUBLE = "._"
"""How macOS calls the file that holds what another file system cannot keep of a file."""

HEAD = 32
"""How many bytes `begins_like_a_picture` wants to see."""

BEGINNINGS = (
    b"\xff\xd8\xff",  # JPEG, and MPO
    b"\x89PNG\r\n\x1a\n",
    b"GIF87a",
    b"GIF89a",
    b"II*\0",  # TIFF, and what cameras make of it
    b"MM\0*",
    b"II+\0",  # TIFF of more than 4 GB
    b"MM\0+",
    b"\0\0\0\x0cjP  \r\n\x87\n",  # JPEG 2000
    b"\xff\x4f\xff\x51",
    b"\0\0\0\x0cJXL \r\n\x87\n",  # JPEG XL
    b"8BPS",  # Photoshop
)

STILLS = frozenset({b"avif", b"avis", b"heic", b"heim", b"heis", b"heix", b"hevc", b"hevx", b"mif1", b"msf1"})
"""The brands of AVIF and HEIC; a film is of the same format and another brand."""


def has_picture_suffix(name: str) -> bool:
    """Whether a file is called like a picture."""
    return splitext(name)[1].lower() in PICTURE_SUFFIXES


def begins_like_a_picture(head: bytes) -> bool:
    """Whether the first bytes of a file, `HEAD` of them, are a picture's."""
    if head.startswith(BEGINNINGS):
        return True
    if head.startswith(b"BM"):
        return head[6:10] == bytes(4) and len(head) > 18  # reserved, always zero: a text may begin so, too
    if head.startswith(b"RIFF"):
        return head[8:12] == b"WEBP"
    return head[4:8] == b"ftyp" and head[8:12] in STILLS


def passed_over(name: str) -> str | None:
    """Returns why a file or folder of a name is never looked at, None where it is; a name without slashes."""
    if name.lower() in SYSTEM_NAMES or name.startswith(APPLE_DOUBLE):
        return SYSTEM
    return HIDDEN if name.startswith(".") and not name.startswith("..") else None


def known_reason(name: str) -> str | None:
    """Returns why a file is no picture where its suffix says so, None where one must look into it."""
    return NO_PICTURE_SUFFIXES.get(splitext(name)[1].lower())
