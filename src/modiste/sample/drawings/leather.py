"""Drawings of leather goods: Bags, Wallets and Belts."""

from modiste.sample.drawings.colours import Colour, mix
from modiste.sample.drawings.pen import BLACK, WHITE, Drawing, Pen
from modiste.sample.drawings.shapes import box, curve, mirrored, oval, path

__all__ = ["LEATHER", "backpack", "belt", "clutch", "handbag", "wallet"]

METAL: tuple[Colour, ...] = ((222, 184, 92), (198, 202, 208))


def handbag(pen: Pen) -> None:
    """Draws a handbag: tote, bowling bag or hobo, with its handles and a clasp."""
    metal = pen.pick(METAL)
    style = pen.pick(("tote", "bowling", "hobo"))
    rise = pen.between(12, 18)
    for inset in (0.0, 2.5):
        pen.line(oval(30, 34, 11.5 - inset / 2, 34 - rise + inset * 2, start=180, stop=360), pen.inside, 2.2)
    if style == "tote":
        pen.cloth(mirrored([(48, 33), (52, 67), (50, 69)]))
        pen.line([(12, 37), (48, 37)], pen.detail, 1)
    elif style == "bowling":
        pen.cloth(curve([(12, 40), (20, 32), (40, 32), (48, 40), (52, 64), (47, 68), (13, 68), (8, 64)]))
        pen.line(path([(13, 41), (30, 37), (47, 41)]), metal, 1.1)
    else:
        pen.cloth(curve([(10, 36), (20, 40), (30, 41), (40, 40), (50, 36), (53, 56), (43, 69), (17, 69), (7, 56)]))
        pen.line(path([(16, 46), (30, 49), (44, 46)]), pen.detail, 1)
    if pen.chance(0.5):
        pen.fill(box(19, 50, 41, 64, corner=2), mix(pen.colour, BLACK, 0.12))
    pen.fill(box(26.5, 42, 33.5, 50, corner=1.5), pen.inside)
    pen.dots([(30, 47)], metal, 1.6)
    pen.dots([(18.5, 38), (41.5, 38)], metal, 1.4)


def backpack(pen: Pen) -> None:
    """Draws a backpack: rounded body, top loop, front pocket, side straps."""
    trim = pen.accent() if pen.chance(0.6) else pen.inside
    pen.line(oval(30, 13, 5, 6, start=180, stop=360), pen.inside, 2.2)
    for side in (-1, 1):
        pen.line(path([(30 + side * 15, 22), (30 + side * 22.5, 38), (30 + side * 18, 62)]), pen.inside, 3)
    pen.cloth(curve([(30, 9), (43, 14), (47, 30), (48, 62), (42, 71), (18, 71), (12, 62), (13, 30), (17, 14)]))
    pen.line(path([(14.5, 42), (17, 22), (30, 16), (43, 22), (45.5, 42)]), trim, 1.4)
    pen.fill(box(17, 43, 43, 66, corner=4), mix(pen.colour, BLACK, 0.15))
    pen.line(path([(18, 50), (30, 47), (42, 50)]), trim, 1.3)
    pen.dots([(42, 50.5), (44, 34)], WHITE, 1.2)
    pen.fill(box(26, 28, 34, 33, corner=1), trim)


def clutch(pen: Pen) -> None:
    """Draws a clutch: a flat purse with an envelope flap or a framed top."""
    metal = pen.pick(METAL)
    if pen.chance(0.5):
        pen.line(path([(50, 40), (57, 46), (55, 58), (50, 62), (49, 52)]), metal, 1.2)
    if pen.chance(0.5):
        pen.cloth(box(5, 29, 55, 58, corner=2))
        pen.fill([(5, 29), (55, 29), (32, 47), (28, 47)], mix(pen.colour, WHITE, 0.15))
        pen.dots([(30, 45.5)], metal, 2.2)
    else:
        pen.cloth(curve([(9, 31), (30, 28), (51, 31), (55, 52), (46, 60), (14, 60), (5, 52)]))
        pen.line(path([(9, 31), (30, 28), (51, 31)]), metal, 3)
        pen.dots([(28.3, 26), (31.7, 26)], metal, 1.9)
        for x in (18, 24, 30, 36, 42):
            pen.line([(x, 33), (30 + (x - 30) * 1.3, 58)], pen.detail, 0.7)


def wallet(pen: Pen) -> None:
    """Draws a wallet: folded, opened on its cards, or long with a zip."""
    seam = mix(pen.colour, WHITE, 0.45)
    match pen.pick(("folded", "open", "long")):
        case "folded":
            pen.fill(box(12, 25, 50, 57, corner=2.5), pen.inside)
            pen.cloth(box(10, 23, 48, 55, corner=2.5))
            pen.ring(box(12, 25, 46, 53, corner=1.5), seam, 0.8)
            pen.fill(box(36, 44, 43.5, 49), pen.detail)
        case "open":
            pen.fill(box(4, 22, 56, 58, corner=2.5))
            for i, card in enumerate(((214, 88, 76), (92, 146, 210), (240, 214, 120), (120, 180, 120))):
                x, y = (7, 33)[i % 2], 25 + 8 * (i // 2)
                pen.fill(box(x, y, x + 20, y + 7, corner=0.8), card)
                pen.fill(box(x, y + 3.5, x + 20, y + 9), pen.inside)
            pen.line([(30, 22), (30, 58)], pen.detail, 1.6)
            pen.ring(box(6, 24, 54, 56, corner=1.5), seam, 0.7)
        case _:
            pen.fill(box(14, 12, 46, 68, corner=3))
            pen.ring(box(16, 14, 44, 66, corner=2), seam, 0.8)
            pen.line([(20, 14), (20, 66)], (206, 186, 120), 1.4)
            pen.fill(box(33, 36, 46, 45, corner=2), pen.inside)
            pen.dots([(36.5, 40.5)], (206, 186, 120), 1.6)


def belt(pen: Pen) -> None:
    """Draws a belt: rolled up with its buckle in front, or laid in a loop."""
    metal = pen.pick(METAL)
    if pen.chance(0.55):
        for radius in (22, 16.5, 11, 7):
            pen.ring(oval(30, 38, radius, radius * 0.82), mix(pen.colour, BLACK, 0.5), 5.8)
            pen.ring(oval(30, 38, radius, radius * 0.82), pen.colour, 4.6)
        x, y = 30.0, 60.0
        pen.fill(box(15, 52.5, 50, 63.5, corner=1))
    else:
        pen.ring(oval(30, 33, 23.5, 14), mix(pen.inside, BLACK, 0.4), 5)
        pen.ring(oval(30, 33, 23.5, 14), pen.inside, 4)
        pen.line(oval(30, 37, 24, 17, start=-8, stop=188), mix(pen.colour, BLACK, 0.42), 8.4)
        pen.line(oval(30, 37, 24, 17, start=-6, stop=186), pen.colour, 7.2)
        x, y = 30.0, 55.5
        pen.line(path([(34, 54.5), (44, 55), (55, 60)]), pen.colour, 7)
    pen.ring(box(x - 6, y - 8, x + 6, y + 5, corner=1.5), mix(metal, BLACK, 0.3), 3)
    pen.ring(box(x - 6, y - 8, x + 6, y + 5, corner=1.5), metal, 2.2)
    pen.line([(x - 5, y - 1.5), (x + 7, y - 1.5)], metal, 1.6)
    pen.dots([(x + 10 + 3.4 * i, y - 1.5 + i * 0.3) for i in range(3)], pen.contrast, 0.8)


LEATHER: dict[str, Drawing] = {
    "Backpacks": backpack,
    "Belts": belt,
    "Clutches": clutch,
    "Handbags": handbag,
    "Wallets": wallet,
}
"""The drawings of this family by articleType."""
