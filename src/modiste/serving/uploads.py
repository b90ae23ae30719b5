"""Uploads: a multipart body as photos and fields, held in memory within limits that apply while it arrives.

Starlette's own form parser writes every file to a temporary file by way of a thread, and knows no limit of their bytes.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from modiste.errors import BusyError, RequestError

__all__ = ["PHOTOS", "Held", "Intake", "Limits", "Upload", "Uploads", "photos_of", "read_uploads"]

PHOTOS = "photos"
"""The name of the form's field."""

MOST_FIELDS = 64
FIELD_BYTES = 4096
LONGEST_NAME = 255


@dataclass(frozen=True)
class Limits:
    """What a client may send.

    Attributes:
        photos: In one request.
        photo_bytes: Of one photo; a larger one gets an error of its own.
        body_bytes: Of a whole request.
        pixels: Of one photo, decoded.
        seconds: For a request's body to arrive.
        requests: So many may be under way at a time.
        held_bytes: Of all requests under way.
    """

    photos: int = 64
    photo_bytes: int = 20 * 2**20
    body_bytes: int = 64 * 2**20
    pixels: int = 50_000_000
    seconds: float = 30.0
    requests: int = 512
    held_bytes: int = 256 * 2**20


@dataclass
class Upload:
    """A file of a form.

    Attributes:
        part: The form's name for it.
        name: The client's name for it; it names nothing here.
        data: Its bytes, empty where they are too many.
        too_large: Whether they are.
    """

    part: str
    name: str
    data: bytearray = field(default_factory=bytearray, repr=False)
    too_large: bool = False


@dataclass
class Uploads:
    """What a form holds.

    Attributes:
        files: Its files, in their order.
        fields: Its other fields.
    """

    files: list[Upload] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)


class Intake:
    """Counts what is under way, and refuses what is too much.

    Args:
        limits: See there.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._requests = 0
        self._bytes = 0

    @contextmanager
    def request(self) -> Iterator["Held"]:
        """Counts a request in, for as long as the block runs.

        Raises:
            BusyError: There are too many.
        """
        if self._requests >= self.limits.requests:
            raise BusyError(f"{self._requests:,} requests are under way already")
        self._requests += 1
        held = Held(self)
        try:
            yield held
        finally:
            self._requests -= 1
            self._bytes -= held.size

    def take(self, size: int) -> None:
        """Counts bytes in.

        Raises:
            BusyError: They are too many.
        """
        if self._bytes + size > self.limits.held_bytes:
            raise BusyError("the uploads under way are too large together")
        self._bytes += size


@dataclass
class Held:
    """The bytes of one request.

    Attributes:
        intake: Counts them.
        size: How many these are so far.
    """

    intake: Intake
    size: int = 0

    def add(self, size: int) -> None:
        """Counts bytes in.

        Raises:
            RequestError: The request has too many.
            BusyError: All requests together have.
        """
        limit = self.intake.limits.body_bytes
        if self.size + size > limit:
            raise RequestError(
                413, "body_too_large", f"the request has more than {limit:,} bytes", fix="send fewer or smaller photos"
            )
        self.intake.take(size)
        self.size += size


async def read_uploads(content_type: str, body: AsyncIterator[bytes], held: Held) -> Uploads:
    """Reads a multipart form.

    Args:
        content_type: The request's header.
        body: Its bytes as they arrive.
        held: Counts them.

    Raises:
        RequestError: No such form, a damaged one, too many photos or bytes, or it took too long.
        BusyError: There is no room for it.
    """
    kind, options = parse_options_header(content_type)
    if kind != b"multipart/form-data" or not (boundary := options.get(b"boundary")):
        raise RequestError(415, "not_a_form", "the body is no multipart form", fix="send photos as multipart/form-data")
    limits = held.intake.limits
    form = _Form(limits)
    try:
        parser = MultipartParser(boundary, form.callbacks())  # type: ignore[arg-type]
        async with asyncio.timeout(limits.seconds):
            async for chunk in body:
                held.add(len(chunk))
                parser.write(chunk)
        parser.finalize()
    except FormParserError as error:
        raise RequestError(400, "damaged_form", "the multipart form is damaged", fix="send it again") from error
    except TimeoutError as error:
        what = f"the request took more than {limits.seconds:g} seconds to arrive"
        raise RequestError(408, "too_slow", what, fix="send fewer or smaller photos") from error
    if not form.finished:
        raise RequestError(400, "damaged_form", "the multipart form ends too early", fix="send it again")
    return form.uploads


def photos_of(form: Uploads) -> list[Upload]:
    """Returns a form's photos.

    Raises:
        RequestError: It has none, or files of another name.
    """
    strange = next((file.part for file in form.files if file.part != PHOTOS), None)
    if strange is not None:  # it may be empty
        raise RequestError(422, "unknown_field", f"a file is called {strange!r}", fix=f"name all of them {PHOTOS!r}")
    # A browser sends a file without a name and content where none was chosen.
    photos = [file for file in form.files if file.name or file.data or file.too_large]
    if not photos:
        raise RequestError(422, "no_photos", "there is no photo in the form", fix=f"add files named {PHOTOS!r}")
    return photos


class _Form:
    """Gathers what the parser finds."""

    def __init__(self, limits: Limits) -> None:
        self.uploads = Uploads()
        self.finished = False
        self._limits = limits
        self._header = (bytearray(), bytearray())
        self._disposition = b""
        self._file: Upload | None = None
        self._field = ("", bytearray())

    def callbacks(self) -> dict[str, object]:
        return {
            "on_part_begin": self._on_part_begin,
            "on_header_field": lambda data, start, end: self._header[0].extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._header[1].extend(data[start:end]),
            "on_header_end": self._on_header_end,
            "on_headers_finished": self._on_headers_finished,
            "on_part_data": self._on_part_data,
            "on_part_end": self._on_part_end,
            "on_end": self._on_end,
        }

    def _on_part_begin(self) -> None:
        self._disposition = b""
        self._file = None

    def _on_header_end(self) -> None:
        name, value = (bytes(part) for part in self._header)
        if name.lower() == b"content-disposition":
            self._disposition = value
        self._header = (bytearray(), bytearray())

    def _on_headers_finished(self) -> None:
        _, options = parse_options_header(self._disposition)
        if (name := options.get(b"name")) is None:
            raise RequestError(400, "damaged_form", "a part of the form has no name", fix="name every part")
        filename = options.get(b"filename", b"" if name == PHOTOS.encode() else None)
        if filename is None:
            if len(self.uploads.fields) >= MOST_FIELDS:
                raise RequestError(413, "too_many_fields", f"more than {MOST_FIELDS} fields", fix="send photos only")
            self._field = (_text(name)[:LONGEST_NAME], bytearray())
            return
        self._file = Upload(_text(name)[:LONGEST_NAME], _text(filename)[-LONGEST_NAME:])
        self.uploads.files.append(self._file)
        if len(self.uploads.files) > self._limits.photos:
            what = f"more than {self._limits.photos} photos"
            raise RequestError(413, "too_many_photos", what, fix="send them in several requests")

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._file is None:
            if len(self._field[1]) + end - start > FIELD_BYTES:
                raise RequestError(413, "field_too_large", f"a field of more than {FIELD_BYTES:,} bytes")
            self._field[1].extend(data[start:end])
        elif not self._file.too_large:
            self._file.data.extend(data[start:end])
            if len(self._file.data) > self._limits.photo_bytes:
                self._file.too_large = True
                self._file.data.clear()

    def _on_part_end(self) -> None:
        if self._file is None:
            self.uploads.fields[self._field[0]] = _text(bytes(self._field[1]))

    def _on_end(self) -> None:
        self.finished = True


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")
