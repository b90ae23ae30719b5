"""Drawings of what is worn as an ornament: Watches, Jewellery and Eyewear."""

import math

from modiste.sample.drawings.colours import COLOURS, Colour, mix
from modiste.sample.drawings.pen import BLACK, WHITE, Drawing, Pen
from modiste.sample.drawings.shapes import box, curve, oval, path, reflected

__all__ = ["TRINKETS", "bangle", "cufflinks", "earrings", "finger_ring", "necklace", "pendant", "sunglasses", "watch"]

GEMS: tuple[Colour, ...] = tuple(COLOURS[name] for name in ("Red", "Blue", "Green", "Purple", "Turquoise Blue", "Pink"))


def watch(pen: Pen) -> None:
    """Draws a wrist watch: leather strap or metal bracelet, round or square, with hands or digits."""
    steel: Colour = pen.pick(((190, 194, 200), (222, 180, 90), (60, 60, 64)))
    width = pen.between(7, 9)
    pen.fill([(30 - width, 26), (30 + width, 26), (30 + width * 0.75, 3), (30 - width * 0.75, 3)])
    pen.fill([(30 - width, 54), (30 + width, 54), (30 + width * 0.75, 77), (30 - width * 0.75, 77)])
    if pen.chance(0.5):
        for y in (5, 9, 13, 17, 21, 59, 63, 67, 71, 75):
            pen.line([(30 - width * 0.85, y), (30 + width * 0.85, y)], pen.detail, 0.9)
    else:
        pen.dots([(30, y) for y in (62, 66, 70)], pen.contrast, 0.8)
    face: Colour = pen.pick((WHITE, BLACK, pen.accent()))
    hands = BLACK if sum(face) > 380 else WHITE
    pen.fill(box(44, 38, 49, 42, corner=1), steel)
    if pen.chance(0.65):
        size = pen.between(14.5, 17)
        pen.fill(oval(30, 40, size, size), steel)
        pen.fill(oval(30, 40, size - 3, size - 3), face)
    else:
        size = 14.0
        pen.fill(box(15.5, 25, 44.5, 55, corner=3), steel)
        pen.fill(box(18.5, 28, 41.5, 52, corner=1.5), face)
    if pen.chance(0.85):
        marks = oval(30, 40, size - 4.5, size - 4.5, stop=330)
        pen.dots(marks[:: len(marks) // 11], hands, 0.7)
        hour, minute = pen.between(0, 2 * math.pi), pen.between(0, 2 * math.pi)
        pen.line([(30, 40), (30 + 5 * math.cos(hour), 40 + 5 * math.sin(hour))], hands, 1.5)
        pen.line([(30, 40), (30 + 8.5 * math.cos(minute), 40 + 8.5 * math.sin(minute))], hands, 1.0)
    else:
        pen.fill(box(21, 35, 39, 45), (182, 194, 170))
        for x in (24, 28, 33, 37):
            pen.line([(x, 37), (x, 43)], BLACK, 1.3)


def _gem(pen: Pen, x: float, y: float, size: float, colour: Colour) -> None:
    """Draws a set stone with a spark."""
    pen.fill(oval(x, y, size + 0.9, size + 0.9))
    pen.fill(oval(x, y, size, size), colour)
    pen.dots([(x - size * 0.3, y - size * 0.3)], WHITE, size * 0.25)


def earrings(pen: Pen) -> None:
    """Draws a pair of earrings: hoops, drops or bells."""
    gem, style = pen.pick(GEMS), pen.pick(("hoop", "drop", "bell"))
    for x in (17.0, 43.0):
        pen.line(path([(x - 2.5, 22), (x - 2, 15), (x + 1.5, 16), (x, 24)]), pen.colour, 1.2)
        if style == "hoop":
            pen.ring(oval(x, 38, 8.5, 13), mix(pen.colour, BLACK, 0.4), 3)
            pen.ring(oval(x, 38, 8.5, 13), pen.colour, 2.1)
        elif style == "drop":
            _gem(pen, x, 28, 2.6, gem)
            pen.fill(curve([(x, 32), (x + 6.5, 48), (x, 56), (x - 6.5, 48)]))
            _gem(pen, x, 48, 3.4, gem)
        else:
            _gem(pen, x, 27, 2.6, gem)
            pen.fill([*oval(x, 46, 9, 13, start=180, stop=360), (x + 9, 48), (x - 9, 48)])
            pen.line([(x - 8, 44), (x + 8, 44)], gem, 1.6)
            pen.dots([(x + dx, 51) for dx in (-6, -2, 2, 6)], pen.colour, 1.5)


def necklace(pen: Pen) -> None:
    """Draws a necklace: a chain or beads in a wide U."""
    gem, depth = pen.pick(GEMS), pen.between(34, 44)
    chain = path([(10, 10), (11, 26), (18, 18 + depth * 0.85), (30, 22 + depth)])
    line = [*chain, *reversed(reflected(chain))]
    if pen.chance(0.5):
        pen.dots(line[::2], mix(pen.colour, BLACK, 0.4), 2.3)
        pen.dots(line[::2], pen.colour, 1.8)
    else:
        pen.line(line, mix(pen.colour, BLACK, 0.4), 1.9)
        pen.line(line, pen.colour, 1.3)
    for x, y in line[9:-9:4]:
        _gem(pen, x, y + 3.5, 2.2, gem)


def pendant(pen: Pen) -> None:
    """Draws a pendant on a narrow chain: heart, drop or disc."""
    gem = pen.pick(GEMS)
    for side in (-1, 1):
        pen.line(path([(30 + side * 13, 6), (30 + side * 8, 24), (30, 42)]), mix(pen.colour, BLACK, 0.3), 1.6)
    match pen.pick(("heart", "drop", "disc")):
        case "heart":
            pen.fill(curve([(30, 46), (37, 41), (41, 48), (36, 58), (30, 65), (24, 58), (19, 48), (23, 41)]))
        case "drop":
            pen.fill(curve([(30, 42), (37, 56), (30, 66), (23, 56)]))
        case _:
            pen.fill(oval(30, 53, 9.5, 9.5))
    _gem(pen, 30, 54, 3.8, gem)


def finger_ring(pen: Pen) -> None:
    """Draws a ring with its stone on top."""
    pen.ring(oval(30, 48, 15, 16), mix(pen.colour, BLACK, 0.45), 5.4)
    pen.ring(oval(30, 48, 15, 16), pen.colour, 4.2)
    pen.line(oval(30, 48, 15, 16, start=200, stop=250), mix(pen.colour, WHITE, 0.7), 1.5)
    gem = pen.pick((*GEMS, WHITE))
    pen.fill([(21, 25), (26, 18.5), (34, 18.5), (39, 25), (30, 34)], gem)
    for end in ((26, 18.5), (30, 25), (34, 18.5)):
        pen.line([end, (30, 34)], mix(gem, WHITE, 0.6), 0.8)
    pen.line([(21, 25), (39, 25)], mix(gem, WHITE, 0.6), 0.8)


def bangle(pen: Pen) -> None:
    """Draws a stack of bangles lying on the table."""
    gem = pen.pick(GEMS)
    for y in (52, 45, 38)[: pen.pick((2, 3))]:
        pen.ring(oval(30, y, 21, 14), mix(pen.colour, BLACK, 0.45), 4)
        pen.ring(oval(30, y, 21, 14), pen.colour, 3)
        pen.dots(oval(30, y, 21, 14, start=10, stop=170)[::2], gem, 1.0)


def cufflinks(pen: Pen) -> None:
    """Draws a pair of cufflinks, round or square."""
    gem, square = pen.pick(GEMS), pen.chance(0.5)
    for x, y in ((18, 34), (42, 46)):
        pen.line([(x, y), (x + 7, y - 13)], mix(pen.colour, BLACK, 0.35), 2.6)
        pen.line([(x + 3, y - 15), (x + 11, y - 11)], pen.colour, 3.4)
        pen.fill(box(x - 8, y - 7, x + 8, y + 8, corner=2) if square else oval(x, y, 8.5, 8.5))
        pen.fill(box(x - 5, y - 4, x + 5, y + 5, corner=1) if square else oval(x, y, 5.5, 5.5), gem)
        pen.line([(x - 3, y - 1), (x, y - 3)], WHITE, 1.1)


def sunglasses(pen: Pen) -> None:
    """Draws sunglasses from the front: square, round or aviator lenses, temples folded out."""
    lens = mix(pen.pick((BLACK, (70, 46, 30), (40, 60, 92), (44, 74, 60))), WHITE, pen.between(0, 0.25))
    style = pen.pick(("square", "round", "aviator"))
    for side in (-1, 1):
        pen.line(path([(30 + side * 25, 36), (30 + side * 27.5, 31), (30 + side * 24, 27)]), pen.colour, 2.2)
    pen.line(path([(24, 37.5), (30, 35), (36, 37.5)]), pen.colour, 2.2)
    if style == "square":
        right = curve([(33, 35), (44, 33.5), (55, 34.5), (54, 45), (48, 50), (38, 49.5), (33.5, 45)])
    elif style == "round":
        right = oval(43.5, 41.5, 10, 9.5)
    else:
        right = curve([(33.5, 36), (44, 34), (55.5, 35.5), (55, 45), (48.5, 52.5), (40, 51.5), (34.5, 45)])
        pen.line([(22, 33.5), (38, 33.5)], pen.colour, 1.4)
    for outline in (right, reflected(right)):
        pen.fill(outline, lens)
        pen.ring(outline, pen.colour, 1.3 if style == "aviator" else 2.6)
    for x in (12, 39):
        pen.line([(x + 1.5, 44), (x + 6.5, 38.5)], mix(lens, WHITE, 0.55), 1.4)


TRINKETS: dict[str, Drawing] = {
    "Bangle": bangle,
    "Cufflinks": cufflinks,
    "Earrings": earrings,
    "Necklace and Chains": necklace,
    "Pendant": pendant,
    "Ring": finger_ring,
    "Sunglasses": sunglasses,
    "Watches": watch,
}
"""The drawings of this family by articleType."""
