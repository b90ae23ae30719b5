"""Drawings of what is worn on the legs and feet under shoes: Jeans, Trousers, Shorts and Socks."""

from modiste.sample.drawings.colours import mix
from modiste.sample.drawings.pen import BLACK, WHITE, Drawing, Pen
from modiste.sample.drawings.shapes import box, curve, mirrored, oval, path

__all__ = ["BOTTOMS", "booties", "capris", "jeans", "legs", "shorts", "socks", "track_pants", "trousers"]

THREAD = (214, 160, 72)


def legs(pen: Pen, bottom: float, *, hip: float = 12.0, hem: float = 8.0, spread: float = 1.5) -> None:
    """Draws two legs from a waist at 8 to `bottom`; `hem` is the width of a leg there."""
    outer, inner = 30 + spread + hem, 30 + spread
    pen.cloth(mirrored([(39, 8), (30 + hip, 26), (outer, bottom), (inner, bottom), (30, min(33, bottom - 8))]))
    pen.line([(30, 12), (30, 30)], pen.detail, 0.9)


def _waistband(pen: Pen, *, loops: bool = True) -> None:
    pen.fill(box(20.6, 6.5, 39.4, 11.5, corner=0.8), mix(pen.colour, BLACK, 0.12))
    if loops:
        for x in (23, 28, 32, 37):
            pen.line([(x, 6.5), (x, 12)], pen.detail, 1)


def jeans(pen: Pen) -> None:
    """Draws jeans: orange seams, rounded pockets, faded thighs."""
    hem, spread = pen.between(5.5, 9), pen.between(3.5, 5)
    legs(pen, 74, hip=12.5, hem=hem, spread=spread)
    if pen.chance(0.75):
        fade = mix(pen.colour, WHITE, pen.between(0.3, 0.5))
        for x in (24.5 - hem * 0.3, 35.5 + hem * 0.3):
            pen.fill(oval(x, 33, 2.2, 12), mix(pen.colour, fade, 0.5), contour=False)
            pen.fill(oval(x, 33, 1.2, 9), fade, contour=False)
    for side in (-1, 1):
        pen.line(path([(30 + side * 5, 12), (30 + side * 6, 16), (30 + side * 10.5, 18)]), THREAD, 1)
        pen.line([(30 + side * 11.8, 27), (30 + side * (spread + hem - 0.8), 73)], THREAD, 0.6)
        pen.line([(30 + side * (spread + 0.5), 71.5), (30 + side * (spread + hem - 0.5), 71.5)], THREAD, 0.9)
    pen.line(path([(30, 12), (32.5, 12), (32.5, 20), (30, 24)]), THREAD, 0.8)
    _waistband(pen)
    pen.line([(21, 11), (39, 11)], THREAD, 0.7)
    pen.dots([(30, 9)], THREAD, 1)


def trousers(pen: Pen) -> None:
    """Draws formal trousers: pressed creases, slanted pockets, belt loops."""
    hem = pen.between(7.5, 9.5)
    legs(pen, 75, hem=hem, spread=0.7)
    for side in (-1, 1):
        pen.line([(30 + side * 6.5, 14), (30 + side * (0.7 + hem / 2), 75)], pen.detail, 1)
        pen.line([(30 + side * 7, 12), (30 + side * 10.5, 21)], pen.detail, 1)
    _waistband(pen)
    pen.dots([(30, 9)])


def track_pants(pen: Pen) -> None:
    """Draws track pants: stripes down the sides, drawstring, elastic cuffs."""
    hem, colour = pen.between(6.5, 9), pen.contrast
    legs(pen, 74, hem=hem)
    for side in (-1, 1):
        for inset in (1.4, 3.6)[: 1 + pen.chance(0.6)]:
            foot = (30 + side * (1.5 + hem - inset), 73)
            pen.line([(30 + side * (9.5 - inset), 11), (30 + side * (12.2 - inset), 27), foot], colour, 1.2)
    _waistband(pen, loops=False)
    for side in (-1, 1):
        pen.line(path([(30, 10), (30 + side * 1.5, 14), (30 + side * 2.5, 19)]), colour, 1)


def shorts(pen: Pen) -> None:
    """Draws shorts: two wide, short legs; cargo pockets or a drawstring."""
    bottom, hem = pen.between(46, 54), pen.between(15, 17.5)
    pen.cloth(mirrored([(42, 18), (47, 36), (30 + hem + 1, bottom), (31, bottom), (30, 36)]))
    pen.line([(30, 22), (30, 35)], pen.detail, 0.9)
    for side in (-1, 1):
        pen.line([(30 + side * 2, bottom - 2), (30 + side * hem, bottom - 2)], pen.detail, 0.8)
        pen.line([(30 + side * 8, 22), (30 + side * 14, 29)], pen.detail, 1)
    if pen.chance(0.5):
        for x in (16, 37.5):
            pen.fill(box(x, 36, x + 6.5, 43), pen.inside)
    pen.fill(box(17.6, 16, 42.4, 21.5, corner=0.8), mix(pen.colour, BLACK, 0.12))
    if pen.chance(0.5):
        for side in (-1, 1):
            pen.line(path([(30, 20), (30 + side * 2, 24), (30 + side * 2.5, 29)]), pen.contrast, 1)


def capris(pen: Pen) -> None:
    """Draws capris: legs that end with a turned-up cuff below the knee."""
    bottom = pen.between(54, 58)
    pen.cloth(mirrored([(40, 14), (45, 32), (43, bottom), (32, bottom), (30, 34)]))
    pen.line([(30, 18), (30, 33)], pen.detail, 0.9)
    for x in (17.5, 32.5):
        pen.fill(box(x - 0.8, bottom - 4, x + 10.8, bottom + 1, corner=0.8), mix(pen.colour, WHITE, 0.25))
    for side in (-1, 1):
        pen.line([(30 + side * 6, 19), (30 + side * 12, 25)], pen.detail, 1)
    pen.fill(box(19.6, 12.5, 40.4, 17.5, corner=0.8), mix(pen.colour, BLACK, 0.12))
    pen.dots([(30, 15)])


def _sock(pen: Pen, x: float, y: float, tip: float, trim: tuple[int, int, int], *, banded: bool) -> None:
    """Draws one sock, its cuff at (x, y), its toe pointing to the right."""
    shape = [(x, y), (x + 12, y), (x + 12, y + 30), (x + 16, y + 36), (x + tip, y + 41), (x + tip, y + 48)]
    sole = [(x + tip - 4, y + 50), (x + 4, y + 48), (x - 0.5, y + 40), (x + 0.5, y + 30)]
    outline = [*shape[:3], *path([*shape[2:], *sole]), sole[-1]]
    pen.cloth(outline)
    pen.fill(
        curve([(x + tip - 5, y + 40), (x + tip, y + 41.5), (x + tip + 0.3, y + 48), (x + tip - 5, y + 50)]),
        trim,
    )
    pen.fill(curve([(x, y + 37), (x + 5, y + 41), (x + 5, y + 48), (x + 1, y + 45)]), trim)
    pen.fill(box(x - 0.4, y - 0.5, x + 12.4, y + 5.5, corner=1), trim if banded else pen.inside)
    if banded:
        for line in (9, 12.5):
            pen.line([(x + 0.5, y + line), (x + 11.5, y + line)], trim, 1.4)


def socks(pen: Pen) -> None:
    """Draws a pair of socks, one behind the other."""
    trim, banded = pen.accent(), pen.chance(0.6)
    tip = pen.between(24, 27)
    _sock(pen, 22.5, 11, tip, trim, banded=banded)
    _sock(pen, 10.5, 17, tip, trim, banded=banded)


def booties(pen: Pen) -> None:
    """Draws a pair of knitted baby booties with a bow."""
    ribbon = pen.accent()
    for x, y in ((29, 20), (10, 32)):
        pen.cloth(curve([(x, y), (x + 11, y), (x + 12, y + 12), (x + 20, y + 17), (x + 20, y + 25), (x + 1, y + 25)]))
        pen.fill(box(x - 0.5, y - 3, x + 11.5, y + 3, corner=1.5), mix(pen.colour, WHITE, 0.4))
        pen.line([(x + 0.5, y + 10), (x + 11.5, y + 10)], ribbon, 1.4)
        pen.dots([(x + 10, y + 8.5), (x + 13, y + 11.5)], ribbon, 1.7)


BOTTOMS: dict[str, Drawing] = {
    "Booties": booties,
    "Capris": capris,
    "Jeans": jeans,
    "Shorts": shorts,
    "Socks": socks,
    "Track Pants": track_pants,
    "Trousers": trousers,
}
"""The drawings of this family by articleType."""
