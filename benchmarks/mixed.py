"""`modiste serve` under mixed requests, good, bad and cut off, drawn from a seed: how much memory it holds meanwhile,
and how many descriptors. It fails where a request is not answered as it should be.
"""

import asyncio
import random
import struct
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from socket import SO_LINGER, SOL_SOCKET
from statistics import fmean
from tempfile import TemporaryDirectory

import polars as pl

from benchmarks.harness import Benchmark, Setup, option
from benchmarks.load import GRACE, read_answer, tag_request
from benchmarks.serving import Server, commands, photos_to_send, running, versions_of

SAMPLES = 100
"""How often memory and descriptors are looked at."""

CLIENTS = 8
SETTLED = 2.0
"""Seconds after the last request until all connections are closed."""

FORM = b"Content-Type: multipart/form-data; boundary=b\r\n"
ABORTED = struct.pack("ii", 1, 0)


@dataclass(frozen=True)
class Kind:
    """A kind of request.

    Attributes:
        name: What is sent.
        share: How often it is drawn, beside the shares of the others.
        request: Draws one, whole.
        statuses: What it may be answered with; none where the client is gone before.
    """

    name: str
    share: int
    request: Callable[[random.Random], bytes]
    statuses: frozenset[int] = frozenset({200})


@dataclass
class Found:
    """What came of all requests.

    Attributes:
        sent: How many there were of each kind.
        wrong: How many were answered otherwise than they should be, by kind and what came instead.
        held: Requests so far, seconds, megabytes and descriptors, at each sample.
    """

    sent: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    held: list[tuple[int, float, float, int]] = field(default_factory=list)


def get(path: str) -> Callable[[random.Random], bytes]:
    """Returns a request for a page."""
    return lambda _: f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()


def post(path: str, body: bytes, head: bytes = FORM) -> Callable[[random.Random], bytes]:
    """Returns a request with a body."""
    length = f"Content-Length: {len(body)}\r\n\r\n".encode()
    return lambda _: f"POST {path} HTTP/1.1\r\nHost: localhost\r\n".encode() + head + length + body


def kinds_of(photos: Sequence[bytes]) -> list[Kind]:
    """Returns all kinds of requests.

    Args:
        photos: JPEG files.
    """
    part = b'--b\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n'
    no_photo = part % (b"photos", b'; filename="a.jpg"', b"no photo") + b"--b--\r\n"
    many_fields = part % (b"a", b"", b"") * 1000 + b"--b--\r\n"

    def tag(draw: random.Random, query: str = "") -> bytes:
        return tag_request(draw.choice(photos), f"{draw.random()}.jpg", query)

    def damaged(draw: random.Random) -> bytes:
        photo = bytearray(draw.choice(photos))
        for _ in range(20):
            photo[draw.randrange(len(photo))] = draw.randrange(256)
        return tag_request(bytes(photo), "damaged.jpg")

    def noise(draw: random.Random) -> bytes:
        return b"\xff" + draw.randbytes(draw.randrange(1, 2000)) + b"\r\n\r\n"

    refused = frozenset({400, 413})
    return [
        Kind("a photo", 40, tag),
        Kind("a photo and a heat map", 2, lambda draw: tag(draw, "?explain_by=activation&explain=Class")),
        *(Kind(path, 3, get(path)) for path in ("/", "/model", "/docs", "/v1/labels", "/metrics", "/healthz")),
        Kind("a damaged photo", 6, damaged, frozenset({200, 422})),
        Kind("no photo", 4, post("/v1/tag", no_photo), frozenset({422})),
        Kind("many fields", 4, post("/v1/tag", many_fields), refused),
        Kind("a damaged form", 4, post("/v1/tag", b"--xnonsense"), refused),
        Kind("JSON", 2, post("/v1/tag", b"{}", b"Content-Type: application/json\r\n"), frozenset({415})),
        Kind("another method", 2, post("/v1/labels", b"x" * 100_000), frozenset({405})),
        Kind("no such page", 2, get("/nothing"), frozenset({404})),
        Kind("a form without a session", 2, post("/", no_photo), frozenset({403})),
        Kind("noise", 6, noise, refused),
        Kind("cut off", 6, lambda draw: (whole := tag(draw))[: draw.randrange(len(whole))], frozenset()),
        Kind("gone before the answer", 4, tag, frozenset()),
    ]


def measure(setup: Setup) -> pl.DataFrame:
    """Sends the requests, and returns what was held meanwhile."""
    photos, total, seed = photos_to_send(setup), setup.options.requests, setup.options.seed
    ours, command = next(iter(commands(setup).items()))
    kinds = kinds_of(photos)
    if setup.options.bundle:  # whose attributes may be others
        kinds = [kind for kind in kinds if "heat map" not in kind.name]
    with TemporaryDirectory() as folder, running(ours, command, folder) as server:
        found = asyncio.run(_send_all(server, kinds, total, random.Random(seed)))  # noqa: S311
    if found.wrong:
        sys.exit("answered otherwise than they should be: " + ", ".join(f"{n} {k}" for k, n in found.wrong.items()))
    tenth = max(1, len(found.held) // 10)
    for column, unit in ((2, "MB"), (3, "descriptors")):
        first, last = (
            fmean(row[column] for row in part) for part in (found.held[tenth : 2 * tenth], found.held[-tenth:])
        )
        print(f"{first:.1f} {unit} after a tenth of the requests, {last:.1f} at the end")
    print(", ".join(f"{count:,} {name}" for name, count in sorted(found.sent.items())))
    table = pl.DataFrame(found.held, schema=["requests", "seconds", "megabytes", "descriptors"], orient="row")
    versions = versions_of(Path(sys.executable), ("fastapi", "uvicorn", "onnxruntime"))
    facts = {"seed": seed, "clients": CLIENTS, "kinds": len(kinds)} | versions
    return table.with_columns(pl.lit(value).alias(name) for name, value in facts.items())


async def _send_all(server: Server, kinds: Sequence[Kind], total: int, draw: random.Random) -> Found:
    found, start = Found(), time.monotonic()
    order = iter(draw.choices(kinds, [kind.share for kind in kinds], k=total))
    every = max(1, total // SAMPLES)

    def look() -> None:
        row = (found.sent.total(), round(time.monotonic() - start, 1), round(server.memory, 1), server.descriptors)
        found.held.append(row)

    async def client() -> None:
        for kind in order:
            found.sent[kind.name] += 1
            came = await _send(server.port, kind, draw)
            if came is not None and came not in kind.statuses:
                found.wrong[f"{kind.name}: {came or 'nothing'}"] += 1
            if found.sent.total() % every == 0:
                look()

    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    await asyncio.sleep(SETTLED)
    look()
    return found


async def _send(port: int, kind: Kind, draw: random.Random) -> int | None:
    """Sends one request; returns the status of its answer, 0 where there was none, None where none was waited for."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(kind.request(draw))
        if not kind.statuses:
            await asyncio.sleep(draw.random() / 50)
            if draw.random() < 0.5:  # the one half says good-bye, the other does not
                writer.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, ABORTED)
            return None
        status, _ = await asyncio.wait_for(read_answer(reader), GRACE)
    except (OSError, asyncio.IncompleteReadError, TimeoutError):
        return 0
    else:
        return status
    finally:
        writer.close()


BENCHMARK = Benchmark(
    "mixed",
    __doc__,
    measure,
    (
        option("--requests", type=int, default=20_000, help="how many (%(default)s)"),
        option("--seed", type=int, default=0, help="what they are drawn from (%(default)s)"),
    ),
    tagger=True,
    shown=("requests", "seconds", "megabytes", "descriptors"),
)


if __name__ == "__main__":
    BENCHMARK.main()
