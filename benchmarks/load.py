"""Load for an HTTP service on loopback: so many clients, each asking again as soon as it is answered, for so long.

The clients speak HTTP over plain sockets, for on two cores a client library would cost more than what is measured.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

__all__ = ["GRACE", "Load", "put_load", "read_answer", "tag_request"]

BOUNDARY = "load-of-photos"
GRACE = 60
"""Seconds to wait for one answer."""


@dataclass
class Load:
    """What came of it.

    Attributes:
        seconds: From the first request to the last answer.
        milliseconds: Of each request that was answered rightly.
        refused: Answers of another status than 200.
        lost: Requests without an answer.
        mistaken: Answers to another request than the one that was made.
    """

    seconds: float = 0.0
    milliseconds: list[float] = field(default_factory=list)
    refused: int = 0
    lost: int = 0
    mistaken: int = 0

    @property
    def faults(self) -> int:
        """How many requests did not get their own answer."""
        return self.refused + self.lost + self.mistaken


def put_load(port: int, photos: Sequence[bytes], *, clients: int, seconds: float) -> Load:
    """Asks for photos to be tagged.

    Args:
        port: Of the service on 127.0.0.1.
        photos: JPEG files, one a request, in turns.
        clients: How many ask at a time, each on a connection of its own.
        seconds: After so many, no client asks again.
    """
    return asyncio.run(_all_clients(port, photos, clients, seconds))


async def _all_clients(port: int, photos: Sequence[bytes], clients: int, seconds: float) -> Load:
    load = Load()
    start = time.perf_counter()
    until = start + seconds
    await asyncio.gather(*(_client(port, photos, number, until, load) for number in range(clients)))
    load.seconds = time.perf_counter() - start
    return load


async def _client(port: int, photos: Sequence[bytes], number: int, until: float, load: Load) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    asked = 0
    try:
        while (start := time.perf_counter()) < until:
            # The name tells the answers apart.
            name = f"{number}-{asked}.jpg"
            writer.write(tag_request(photos[(number + asked) % len(photos)], name))
            asked += 1
            status, body = await asyncio.wait_for(read_answer(reader), GRACE)
            if status != 200:
                load.refused += 1
            elif f'"{name}"'.encode() not in body:
                load.mistaken += 1
            else:
                load.milliseconds.append(1000 * (time.perf_counter() - start))
    except (OSError, asyncio.IncompleteReadError, TimeoutError):
        load.lost += 1
    finally:
        writer.close()


def tag_request(photo: bytes, name: str, query: str = "") -> bytes:
    """Returns a request to tag one photo.

    Args:
        photo: A JPEG file.
        name: Of the file.
        query: Of the address.
    """
    body = (
        (
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="photos"; filename="{name}"\r\n'
            "Content-Type: image/jpeg\r\n\r\n"
        ).encode()
        + photo
        + f"\r\n--{BOUNDARY}--\r\n".encode()
    )
    head = (
        f"POST /v1/tag{query} HTTP/1.1\r\nHost: localhost\r\n"
        f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def read_answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """Returns the status and the body of an answer."""
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines[1:] if line)
    return int(lines[0].split()[1]), await reader.readexactly(int(headers["content-length"]))
