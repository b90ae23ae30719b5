"""Uploads: a multipart form as photos and fields, read into memory within limits that hold while it arrives.

Starlette's own form parser writes every file to a temporary file by way of a thread, and does not limit their bytes.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from modiste.dataset.images import MAX_PIXELS
from modiste.errors import BusyError, RequestError

__all__ = [
    "NAME_FIELD",
    "PHOTO_FIELD",
    "CheckField",
    "Form",
    "RequestLimits",
    "Reservation",
    "Upload",
    "UploadBudget",
    "names_of",
    "photos_of",
    "read_form",
]

PHOTO_FIELD = "photos"
"""The name that a form gives each of its photos."""

NAME_FIELD = "name"
"""The name that a form gives the name of each photo's product."""

MAX_FIELDS = 64
"""Of a form, two of one name counted twice."""

MAX_FIELD_BYTES = 4096
MAX_NAME_LENGTH = 255

CheckField = Callable[[str, str], None]
"""Is called with the name and the value of each field as soon as it has arrived; it may refuse the form."""


@dataclass(frozen=True)
class RequestLimits:
    """What the service accepts.

    Attributes:
        photos: How many photos one request may have.
        photo_bytes: How many bytes one photo may have; a larger one gets an error of its own.
        body_bytes: How many bytes the body of one request may have.
        pixels: How many pixels one photo may have: see `images.decode`.
        body_seconds: How long the body of a request may take to arrive.
        concurrent_requests: How many requests with a form may be handled at a time.
        total_bytes: How many bytes the bodies of all requests that are being handled may have together.
    """

    photos: int = 64
    photo_bytes: int = 160 * 2**20
    body_bytes: int = 160 * 2**20
    pixels: int = MAX_PIXELS
    body_seconds: float = 30.0
    concurrent_requests: int = 512
    total_bytes: int = 512 * 2**20


@dataclass
class Upload:
    """A file of a form.

    Attributes:
        field_name: The form's name for it.
        name: The client's name for it; no path of this machine is made of it.
        data: Its bytes, empty where they are too many.
        too_large: Whether they are.
    """

    field_name: str
    name: str
    data: bytearray = field(default_factory=bytearray, repr=False)
    too_large: bool = False


@dataclass
class Form:
    """A multipart form.

    Attributes:
        files: Its files, in their order.
        fields: Its other fields, by name.
        names: The values of its fields `NAME_FIELD`, in their order.
    """

    files: list[Upload] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)


class UploadBudget:
    """How many requests, and how many bytes of their bodies, are held in memory; it refuses what would be too much.

    Args:
        limits: Of one request and of all of them.
    """

    def __init__(self, limits: RequestLimits) -> None:
        self.limits = limits
        self._requests = 0
        self._bytes = 0

    @contextmanager
    def reserve(self, most_bytes: int | None = None) -> Iterator["Reservation"]:
        """Counts a request, and what it takes from its reservation, for as long as the block runs.

        Args:
            most_bytes: How many bytes it may have, where these are fewer than usual.

        Raises:
            BusyError: Too many requests are being handled.
        """
        if self._requests >= self.limits.concurrent_requests:
            raise BusyError(f"{self._requests:,} requests are being handled already")
        self._requests += 1
        usual = self.limits.body_bytes
        reservation = Reservation(self, usual if most_bytes is None else min(most_bytes, usual))
        try:
            yield reservation
        finally:
            self._requests -= 1
            self._bytes -= reservation.size

    def take(self, size: int) -> None:
        """Counts bytes of some request.

        Raises:
            BusyError: All requests together hold too many.
        """
        if self._bytes + size > self.limits.total_bytes:
            raise BusyError("the uploads of all clients together are too large")
        self._bytes += size


@dataclass
class Reservation:
    """One request's part of the budget.

    Attributes:
        budget: Counts the bytes of all requests.
        most_bytes: How many bytes this one may have.
        size: The bytes of this one so far.
    """

    budget: UploadBudget
    most_bytes: int
    size: int = 0

    def take(self, size: int) -> None:
        """Counts bytes of this request.

        Raises:
            RequestError: It has too many.
            BusyError: All requests together hold too many.
        """
        self.check(self.size + size)
        self.budget.take(size)
        self.size += size

    def check(self, size: int) -> None:
        """Makes sure that the request may have so many bytes.

        Raises:
            RequestError: It may not.
        """
        if size > self.most_bytes:
            what = f"the request has more than {self.most_bytes:,} bytes"
            raise RequestError(413, "body_too_large", what, fix="send fewer or smaller photos")


async def read_form(
    content_type: str, body: AsyncIterator[bytes], reservation: Reservation, check_field: CheckField | None = None
) -> Form:
    """Reads a multipart form.

    Args:
        content_type: The request's header.
        body: The bytes of its body as they arrive.
        reservation: Counts them.
        check_field: Is asked about each field.

    Raises:
        RequestError: It is not a multipart form, is damaged, has too many photos or bytes, or took too long.
        BusyError: There is no room for it.
    """
    kind, options = parse_options_header(content_type)
    if kind != b"multipart/form-data" or not (boundary := options.get(b"boundary")):
        what = "the body is not a multipart form"
        raise RequestError(415, "not_a_form", what, fix="send photos as multipart/form-data")
    limits = reservation.budget.limits
    builder = _FormBuilder(limits, check_field)
    try:
        parser = MultipartParser(boundary, builder.callbacks())  # type: ignore[arg-type]
        async with asyncio.timeout(limits.body_seconds):
            async for chunk in body:
                reservation.take(len(chunk))
                parser.write(chunk)
        parser.finalize()
    except FormParserError as error:
        raise RequestError(400, "damaged_form", "the multipart form is damaged", fix="send it again") from error
    except TimeoutError as error:
        what = f"the request took more than {limits.body_seconds:g} seconds to arrive"
        raise RequestError(408, "too_slow", what, fix="send fewer or smaller photos") from error
    if not builder.finished:
        raise RequestError(400, "damaged_form", "the multipart form ends too early", fix="send it again")
    return builder.form


def photos_of(form: Form) -> list[Upload]:
    """Returns a form's photos.

    Raises:
        RequestError: It has none, or files in another field.
    """
    other = next((file.field_name for file in form.files if file.field_name != PHOTO_FIELD), None)
    if other is not None:  # the name may be empty
        what = f"the form has a file in the field {other!r}"
        raise RequestError(422, "unknown_field", what, fix=f"send every photo as {PHOTO_FIELD!r}")
    # A browser sends a file without a name and content where none was chosen.
    photos = [file for file in form.files if file.name or file.data or file.too_large]
    if not photos:
        what = "there is no photo in the form"
        raise RequestError(422, "no_photos", what, fix=f"add files as {PHOTO_FIELD!r}")
    return photos


def names_of(form: Form, photos: int) -> list[str | None] | None:
    """Returns the name of each photo's product, None where it has none; None where the form has no names.

    Args:
        form: The form.
        photos: How many photos it has.

    Raises:
        RequestError: It has names for more or fewer photos than there are.
    """
    if not form.names:
        return None
    if len(form.names) != photos:
        what = f"the form has {len(form.names)} names for {photos} photos"
        fix = f"send {NAME_FIELD!r} once for each photo, in their order; an empty one for a photo without a name"
        raise RequestError(422, "names_do_not_match", what, fix=fix)
    return [name.strip() or None for name in form.names]


class _FormBuilder:
    """Builds a form of what the parser finds."""

    def __init__(self, limits: RequestLimits, check_field: CheckField | None) -> None:
        self.form = Form()
        self.finished = False
        self._limits = limits
        self._check_field = check_field
        self._fields = 0
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
        filename = options.get(b"filename", b"" if name == PHOTO_FIELD.encode() else None)
        if filename is None:
            self._fields += 1
            if self._fields > MAX_FIELDS:
                raise RequestError(413, "too_many_fields", f"more than {MAX_FIELDS} fields", fix="send photos only")
            self._field = (_text(name)[:MAX_NAME_LENGTH], bytearray())
            return
        self._file = Upload(_text(name)[:MAX_NAME_LENGTH], _text(filename)[-MAX_NAME_LENGTH:])
        self.form.files.append(self._file)
        if len(self.form.files) > self._limits.photos:
            what = f"more than {self._limits.photos} photos"
            raise RequestError(413, "too_many_photos", what, fix="send them in several requests")

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._file is None:
            if len(self._field[1]) + end - start > MAX_FIELD_BYTES:
                raise RequestError(413, "field_too_large", f"a field of more than {MAX_FIELD_BYTES:,} bytes")
            self._field[1].extend(data[start:end])
        elif not self._file.too_large:
            self._file.data.extend(data[start:end])
            if len(self._file.data) > self._limits.photo_bytes:
                self._file.too_large = True
                self._file.data.clear()

    def _on_part_end(self) -> None:
        if self._file is None:
            name, value = self._field[0], _text(bytes(self._field[1]))
            if self._check_field is not None:
                self._check_field(name, value)
            if name == NAME_FIELD:
                self.form.names.append(value)
            else:
                self.form.fields[name] = value

    def _on_end(self) -> None:
        self.finished = True


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")
