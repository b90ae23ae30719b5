"""Colour profiles, written byte by byte (ICC.1:2001-04), and what their colours are in sRGB by the formulas alone."""

import struct
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

D50 = np.array([0.9642, 1.0, 0.8249])
D65 = (0.3127, 0.3290)
BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])

PRIMARIES = {
    "sRGB": ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06), D65),
    "Display P3": ((0.68, 0.32), (0.265, 0.69), (0.15, 0.06), D65),
    "Adobe RGB": ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06), D65),
    "ProPhoto": ((0.7347, 0.2653), (0.1596, 0.8404), (0.0366, 0.0001), (0.3457, 0.3585)),
}
GAMMAS = {"Adobe RGB": 563 / 256, "ProPhoto": 1.8}
"""The others have sRGB's curve."""


def srgb_linear(values: Floats) -> Floats:
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def srgb_encoded(light: Floats) -> Floats:
    light = light.clip(0, 1)
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)


def linear_of(space: str) -> Callable[[Floats], Floats]:
    return (lambda values: values ** GAMMAS[space]) if space in GAMMAS else srgb_linear


def to_xyz(space: str) -> Floats:
    """Returns the matrix from a space's linear values to XYZ under D50."""
    *primaries, white = (np.array([x / y, 1, (1 - x - y) / y]) for x, y in PRIMARIES[space])
    columns = np.stack(primaries, axis=1)
    scaled = columns * np.linalg.solve(columns, white)
    cones = (BRADFORD @ D50) / (BRADFORD @ white)
    return np.linalg.inv(BRADFORD) @ np.diag(cones) @ BRADFORD @ scaled


def expected(space: str, pixels: NDArray[np.uint8]) -> Floats:
    """Returns pixels of a space as sRGB, from 0 to 255."""
    return srgb_of_xyz(linear_of(space)(pixels / 255) @ to_xyz(space).T)


def srgb_of_xyz(xyz: Floats) -> Floats:
    return srgb_encoded(xyz @ np.linalg.inv(to_xyz("sRGB")).T) * 255


def srgb_of_lab(lab: Floats) -> Floats:
    middle = (lab[..., 0] + 16) / 116
    f = np.stack([middle + lab[..., 1] / 500, middle, middle - lab[..., 2] / 200], axis=-1)
    return srgb_of_xyz(np.where(f > 6 / 29, f**3, (116 * f - 16) * 27 / 24389) * D50)


def lab_of_inks(inks: Floats) -> Floats:
    """Returns the Lab colour of paper under inks, from 0 to 1; each adds its part, and all together are black."""
    return np.array([100.0, 0, 0]) + inks @ np.array([[-25, -30, -40], [-30, 50, -5], [-5, -5, 60], [-40, -15, -15]])


def rgb_profile(space: str) -> bytes:
    matrix = to_xyz(space)
    curve = _gamma(GAMMAS[space]) if space in GAMMAS else _table(srgb_linear(np.linspace(0, 1, 1024)))
    tags = {f"{name}XYZ": _xyz(column) for name, column in zip("rgb", matrix.T, strict=True)}
    return _profile(b"mntr", b"RGB ", b"XYZ ", tags | {f"{name}TRC": curve for name in "rgb"})


def grey_profile(gamma: float) -> bytes:
    return _profile(b"mntr", b"GRAY", b"XYZ ", {"kTRC": _gamma(gamma)})


def cmyk_profile(points: int = 9) -> bytes:
    """Returns the profile of the press of `lab_of_inks`: a table of Lab colours."""
    steps = np.linspace(0, 1, points)
    inks = np.stack(np.meshgrid(*[steps] * 4, indexing="ij"), axis=-1).reshape(-1, 4)
    lab = lab_of_inks(inks)
    numbers = np.stack([lab[:, 0] * 652.8, (lab[:, 1] + 128) * 256, (lab[:, 2] + 128) * 256], axis=-1)
    straight = np.array([0, 65535], ">u2").tobytes()
    table = numbers.round().clip(0, 65535).astype(">u2").tobytes()
    unit = struct.pack(">9i", *(65536 * int(row == column) for row in range(3) for column in range(3)))
    head = struct.pack(">4s4x3Bx", b"mft2", 4, 3, points) + unit + struct.pack(">HH", 2, 2)
    return _profile(b"prtr", b"CMYK", b"Lab ", {"A2B0": head + straight * 4 + table + straight * 3})


def _profile(kind: bytes, space: bytes, connection: bytes, tags: dict[str, bytes]) -> bytes:
    tags = {"desc": _description("drawn"), "cprt": b"text\0\0\0\0none\0", "wtpt": _xyz(D50)} | tags
    place, index, body = 128 + 4 + 12 * len(tags), b"", b""
    for name, data in tags.items():
        index += struct.pack(">4sII", name.encode(), place + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    head = struct.pack(">I4sI4s4s4s12x4s", place + len(body), b"none", 0x02400000, kind, space, connection, b"acsp")
    head = head.ljust(68, b"\0") + struct.pack(">3i", *(int(part * 65536) for part in D50))
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + index + body


def _description(text: str) -> bytes:
    ascii_text = text.encode() + b"\0"
    return struct.pack(">4s4xI", b"desc", len(ascii_text)) + ascii_text + bytes(4 + 4 + 2 + 1 + 67)


def _xyz(values: Floats) -> bytes:
    return struct.pack(">4s4x3i", b"XYZ ", *(round(float(value) * 65536) for value in values))


def _gamma(gamma: float) -> bytes:
    return struct.pack(">4s4xIH", b"curv", 1, round(gamma * 256))


def _table(values: Floats) -> bytes:
    return struct.pack(">4s4xI", b"curv", len(values)) + (values * 65535).round().astype(">u2").tobytes()
