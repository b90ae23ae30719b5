"""Two thousand files that are not what they seem: each gets a clear error or a right answer, and the process stays as
it was.
"""

import io
import zipfile
import zlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import httpx2 as httpx
import numpy as np
import pytest
from numpy.random import Generator
from PIL import Image
from tests.cli.service import Service, served

FILES = 2000
CODES = {"empty", "too_large", "not_a_picture", "too_many_pixels", "damaged"}

GROWTH = 60e6
"""Bytes that the process may hold more at the end than after a fifth of the files."""


def saved(picture: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, format=kind, **options)
    return buffer.getvalue()


def exif(orientation: int) -> Image.Exif:
    found = Image.Exif()
    found[0x0112] = orientation
    return found


def whole_files(value: int) -> dict[str, bytes]:
    """Files of one brightness in many kinds and colour spaces, all of them right."""
    grey = Image.new("L", (33, 44), value)
    rgb = grey.convert("RGB")
    deep = Image.fromarray(np.full((44, 33), 257 * value, np.uint16))
    return {
        "jpeg": saved(rgb, "JPEG"),
        "progressive jpeg": saved(rgb, "JPEG", progressive=True),
        "grey jpeg": saved(grey, "JPEG"),
        "cmyk jpeg": saved(rgb.convert("CMYK"), "JPEG"),
        **{f"jpeg, turned {number}": saved(rgb, "JPEG", exif=exif(number)) for number in range(1, 5)},
        **{
            f"jpeg, turned {number}": saved(rgb.transpose(Image.Transpose.ROTATE_90), "JPEG", exif=exif(number))
            for number in range(5, 9)
        },
        "png": saved(rgb, "PNG"),
        "png, 1 bit": saved(grey.convert("1"), "PNG"),
        "png, 16 bits": saved(deep, "PNG"),
        "png, palette": saved(rgb.convert("P"), "PNG"),
        "png, grey with alpha": saved(grey.convert("LA"), "PNG"),
        "png, alpha": saved(rgb.convert("RGBA"), "PNG"),
        "animated png": saved(rgb, "PNG", save_all=True, append_images=[rgb] * 2),
        "gif": saved(rgb, "GIF"),
        "animated gif": saved(rgb, "GIF", save_all=True, append_images=[Image.new("RGB", (33, 44), "red")] * 3),
        "webp": saved(rgb, "WEBP"),
        "animated webp": saved(rgb, "WEBP", save_all=True, append_images=[rgb] * 2),
        "bmp": saved(rgb, "BMP"),
        "tiff": saved(rgb, "TIFF"),
        "tiff, cmyk": saved(rgb.convert("CMYK"), "TIFF"),
        "tiff, lab": saved(Image.merge("LAB", [grey, *[Image.new("L", (33, 44), 128)] * 2]), "TIFF"),
        "tiff, 16 bits": saved(deep, "TIFF"),
        "tiff, 32 bits": saved(Image.fromarray(np.full((44, 33), float(value), np.float32)), "TIFF"),
        "tiff, deflated": saved(rgb, "TIFF", compression="tiff_deflate"),
    }


@cache
def bombs() -> dict[str, bytes]:
    """Files that say, or hold, far more than they should."""
    png = bytearray(saved(Image.new("1", (8, 8)), "PNG"))
    png[16:24] = (60_000).to_bytes(4, "big") * 2
    png[29:33] = zlib.crc32(png[12:29]).to_bytes(4, "big")
    gif = bytearray(saved(Image.new("P", (8, 8)), "GIF"))
    gif[6:10] = b"\xff\xff\xff\xff"
    bmp = bytearray(saved(Image.new("RGB", (8, 8)), "BMP"))
    bmp[18:26] = (40_000).to_bytes(4, "little") * 2
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.png", bytes(10**7))
    return {
        "png of 60,000 squared": bytes(png),
        "gif of 65,535 squared": bytes(gif),
        "bmp of 40,000 squared": bytes(bmp),
        "png of one bit, 8,000 squared": saved(Image.new("1", (8000, 8000)), "PNG"),
        "zip": zipped.getvalue(),
        "billion laughs": b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><svg>&b;</svg>',
        "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 99999 99999\n(/etc/passwd) run\n",
        "pdf": b"%PDF-1.7\n1 0 obj <</JS (app.alert(1))>> endobj",
        "html": b"<!doctype html><script>alert(1)</script>",
        "elf": b"\x7fELF" + bytes(60),
        "text": "grüße".encode(),
        "nothing": b"",
        "one byte": b"\xff",
    }


def mutated(data: bytes, random: Generator) -> bytes:
    """Returns a file, cut, changed, doubled, or grown together with another one."""
    changed = bytearray(data)
    kind = random.integers(0, 7)
    if kind == 0:
        return bytes(changed[: random.integers(0, len(changed))])
    if kind == 1:
        for place in random.integers(0, len(changed), random.integers(1, 20)):
            changed[place] = random.integers(0, 256)
    elif kind == 2:
        start, end = sorted(random.integers(0, len(changed), 2))
        del changed[start:end]
    elif kind == 3:
        place = random.integers(0, len(changed))
        changed[place:place] = random.bytes(int(random.integers(1, 200)))
    elif kind == 4:
        # Numbers near the beginning: sizes, offsets, depths.
        place = random.integers(0, min(len(changed), 64))
        changed[place : place + 4] = [b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\0\0\0"][random.integers(0, 3)]
    elif kind == 5:
        return bytes(changed) + list(bombs().values())[random.integers(0, 8)]
    else:
        return [b"PK\x03\x04", b"<html>", b"%PDF-1.4\n", b"\xff\xd8\xff", b"GIF89a"][random.integers(0, 5)] + changed
    return bytes(changed)


def strange_files() -> Iterator[bytes]:
    random = np.random.default_rng(0)
    originals = list(whole_files(200).values())
    yield from bombs().values()
    while True:
        yield mutated(originals[random.integers(0, len(originals))], random)


@pytest.fixture(scope="module")
def service(brightness_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with served(tmp_path_factory.mktemp("mutated"), "--bundle", str(brightness_bundle)) as running:
        yield running


@pytest.fixture(scope="module")
def client(service: Service) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=service.address, timeout=60) as client:
        yield client


@pytest.mark.parametrize(("value", "label"), [(250, "bright"), (128, "grey"), (5, "dark")])
def test_every_kind_and_colour_space_is_answered_rightly(client: httpx.Client, value: int, label: str) -> None:
    files = {name: data for name, data in whole_files(value).items() if value != 128 or "1 bit" not in name}
    answered = client.post("/v1/tag", files=[("photos", (name, data)) for name, data in files.items()]).json()
    assert {each["name"]: each["answers"].get("tone", {}).get("label") for each in answered["photos"]} == dict.fromkeys(
        files, label
    )


def test_two_thousand_mutated_files(service: Service, client: httpx.Client) -> None:
    files = strange_files()
    outcomes: dict[str, int] = {}
    for _ in range(FILES // 5):
        _send(client, [next(files)], outcomes)
    memory = service.memory
    while sum(outcomes.values()) < FILES:
        _send(client, [next(files) for _ in range(10)], outcomes)
    assert service.process.poll() is None
    assert service.memory - memory < GROWTH, f"{memory:,} -> {service.memory:,} bytes"
    assert set(outcomes) == CODES - {"too_large"} | {"answered"}
    assert "Traceback" not in service.log.read_text()
    assert client.get("/readyz").status_code == 200


def _send(client: httpx.Client, files: list[bytes], outcomes: dict[str, int]) -> None:
    answered = client.post("/v1/tag", files=[("photos", ("shirt.jpg", data)) for data in files])
    body = answered.json()
    assert answered.status_code in {200, 422}, body
    assert len(body["photos"]) == len(files)
    for photo in body["photos"]:
        if photo["error"] is None:
            assert set(photo["answers"]) == {"tone", "half"}
            outcomes["answered"] = outcomes.get("answered", 0) + 1
        else:
            code = photo["error"]["code"]
            assert code in CODES
            outcomes[code] = outcomes.get(code, 0) + 1
