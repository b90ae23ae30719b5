"""Drawings of Headwear, Accessories, Fragrance and Beauty, and of the odd cushion."""

from modiste.sample.drawings.colours import Colour, mix
from modiste.sample.drawings.pen import BLACK, WHITE, Drawing, Pen
from modiste.sample.drawings.shapes import box, curve, mirrored, oval, path

__all__ = [
    "SUNDRIES",
    "basketball",
    "bottle",
    "cap",
    "compact",
    "cushion",
    "deodorant",
    "football",
    "hat",
    "lipstick",
    "nail_polish",
    "perfume",
    "scarf",
    "tie",
]

CHROME: tuple[Colour, ...] = ((204, 206, 212), (224, 188, 104), (38, 38, 42))
GLOSS: tuple[Colour, ...] = ((40, 38, 42), (220, 180, 96), (196, 198, 206))


def cap(pen: Pen) -> None:
    """Draws a cap from the side: crown in panels, button, a long brim."""
    brim = pen.accent() if pen.chance(0.4) else mix(pen.colour, BLACK, 0.2)
    pen.fill(curve([(32, 49), (44, 47), (57, 51), (58, 55.5), (48, 55), (33, 55)]), brim)
    crown = [*oval(25, 51, 20.5, pen.between(24, 27), start=180, stop=350), (45.5, 52), (44, 55)]
    pen.cloth([*crown, *path([(44, 55), (25, 57), (5, 53)])])
    for x in (14.0, 25.0, 36.0):
        pen.line(path([(25, 26), (x, 34), (25 + (x - 25) * 1.4, 54)]), pen.detail, 0.8)
    pen.dots([(25, 25.5)], brim, 1.8)
    if pen.chance(0.7):
        pen.fill(oval(34, 41, 5, 4.5), pen.accent(), contour=False)


def hat(pen: Pen) -> None:
    """Draws a hat: pinched crown, ribbon, wide brim."""
    pen.fill(curve([(3, 50), (14, 49), (30, 51), (46, 49), (57, 50), (48, 57), (30, 59), (12, 57)]), pen.colour)
    pen.cloth(curve([(15, 51), (17, 32), (23, 25), (30, 28), (37, 25), (43, 32), (45, 51), (30, 53.5)]))
    ribbon = path([(15, 47), (30, 49.5), (45, 47)])
    pen.line(ribbon, pen.accent(), 5)
    pen.line(path([(26, 29), (29, 36), (30, 28)]), pen.detail, 0.9)


def tie(pen: Pen) -> None:
    """Draws a knotted tie, its blade pointing down."""
    pen.line(oval(30, 11, 9, 7, start=120, stop=420), pen.inside, 3)
    wide = pen.between(6.5, 8.5)
    pen.cloth([(27, 20), (33, 20), (30 + wide, 65), (30, 77), (30 - wide, 65)])
    pen.line([(30, 22), (29, 40)], pen.detail, 0.7)
    pen.cloth([(24.5, 10), (35.5, 10), (33.5, 20.5), (26.5, 20.5)])


def scarf(pen: Pen) -> None:
    """Draws a scarf: looped at the top, two ends hanging with fringes."""
    for x, bottom in ((17.0, 68.0), (31.0, pen.between(60, 66))):
        pen.cloth([(x + 2, 22), (x + 11, 22), (x + 12.5, bottom), (x - 0.5, bottom)])
        for i in range(6):
            pen.line([(x + 0.3 + i * 2.3, bottom), (x + i * 2.4, bottom + 6)], pen.inside, 0.9)
    pen.cloth(curve([(15, 14), (22, 8), (38, 8), (45, 14), (43, 27), (30, 32), (17, 27)]))
    pen.fill(oval(30, 15, 8, 4.5), pen.inside)
    for dy in (0, 4):
        pen.line(path([(17, 21 + dy), (30, 25 + dy), (43, 21 + dy)]), pen.detail, 0.9)


def bottle(pen: Pen) -> None:
    """Draws a sports bottle: clear body with a band, a coloured cap and loop."""
    body = mix(pen.colour, WHITE, 0.35)
    pen.line(oval(30, 12, 5, 6, start=180, stop=360), BLACK, 1.8)
    pen.fill(box(24, 11, 36, 20, corner=2))
    pen.fill(
        curve([(25, 20), (35, 20), (42, 30), (41, 46), (42, 72), (30, 75), (18, 72), (19, 46), (18, 30)]),
        body,
    )
    pen.fill(box(19, 40, 41, 54), pen.contrast)
    pen.line([(24, 47), (36, 47)], pen.colour, 3)
    pen.line([(23, 28), (22.5, 38)], WHITE, 1.6)


def football(pen: Pen) -> None:
    """Draws a ball of black and coloured patches."""
    pen.fill(oval(30, 40, 22, 22), pen.colour)
    patch = mix(pen.colour, BLACK, 0.85)
    centre = oval(30, 40, 7, 7, start=-90, stop=270)[::6]
    pen.fill(centre[:5], patch)
    for x, y in centre[:5]:
        end = (30 + (x - 30) * 2.3, 40 + (y - 40) * 2.3)
        pen.line([(x, y), end], patch, 1.1)
        pen.fill(oval(30 + (x - 30) * 2.65, 40 + (y - 40) * 2.65, 3.4, 3.4), patch, contour=False)


def basketball(pen: Pen) -> None:
    """Draws a basketball with its seams."""
    pen.fill(oval(30, 40, 22, 22))
    for seam in ([(30, 18), (30, 62)], [(8, 40), (52, 40)], path([(15, 24), (23, 40), (15, 56)]),
                 path([(45, 24), (37, 40), (45, 56)])):  # fmt: skip
        pen.line(seam, mix(pen.colour, BLACK, 0.8), 1.4)


def perfume(pen: Pen) -> None:
    """Draws a flask of perfume with its cap and label: square, round or tapered; at times with its box."""
    chrome = pen.pick(CHROME)
    if pen.chance(0.35):
        pen.fill(box(38, 20, 56, 68), mix(pen.colour, WHITE, 0.25))
        pen.line([(41, 40), (53, 40)], pen.contrast, 2)
        left = 22.0
    else:
        left = 30.0
    square = box(left - 14, 32, left + 14, 68, corner=3)
    tapered = [(left - 9.0, 32.0), (left + 9, 32.0), (left + 15, 68.0), (left - 15, 68.0)]
    flask = pen.pick((square, tapered, oval(left, 51, 16, 17)))
    pen.fill(box(left - 3, 27, left + 3, 35), (206, 206, 210))
    pen.fill(box(left - 6, 14, left + 6, 28, corner=1.5), chrome)
    pen.fill(flask, mix(pen.colour, WHITE, 0.35))
    inner = [(left + (x - left) * 0.78, 52 + (y - 52) * 0.78) for x, y in flask]
    pen.fill(inner, pen.colour, contour=False)
    pen.fill(box(left - 7, 46, left + 7, 56), WHITE)
    pen.line([(left - 4, 51), (left + 4, 51)], BLACK, 1.1)


def deodorant(pen: Pen) -> None:
    """Draws a deodorant: a tall can with a domed cap."""
    lid = pen.pick(CHROME)
    pen.fill([*oval(30, 16, 8, 9, start=180, stop=360), (38, 22), (22, 22)], lid)
    pen.fill(box(20.5, 21, 39.5, 76, corner=2))
    pen.fill(box(20.5, pen.between(34, 38), 39.5, pen.between(48, 54)), pen.accent())
    pen.line([(24, 29), (36, 29)], pen.contrast, 2)
    pen.line([(24, 61), (36, 61)], pen.contrast, 1.2)
    pen.line([(24, 64.5), (33, 64.5)], pen.contrast, 1.2)
    pen.line([(23, 24), (23, 74)], mix(pen.colour, WHITE, 0.5), 1.3)


def lipstick(pen: Pen) -> None:
    """Draws an open lipstick, its cap beside it."""
    case = pen.pick(GLOSS)
    pen.fill([(20, 38), *path([(20, 22), (22, 16), (31, 11), (32, 20)]), (32, 38)])
    pen.line([(23, 21), (23, 36)], mix(pen.colour, WHITE, 0.5), 1.2)
    pen.fill(box(19, 36, 33, 47), mix(case, WHITE, 0.35))
    pen.fill(box(17, 46, 35, 74, corner=1), case)
    pen.fill(box(39, 44, 54, 74, corner=1.5), case)
    pen.line([(41.5, 47), (41.5, 72)], mix(case, WHITE, 0.4), 1.3)


def nail_polish(pen: Pen) -> None:
    """Draws a flask of nail polish with its tall brush cap."""
    pen.fill([(26, 10), (34, 10), (35.5, 40), (24.5, 40)], pen.pick(GLOSS))
    pen.line([(28, 13), (27.5, 37)], (150, 150, 156), 1)
    shape = box(17, 41, 43, 72, corner=5) if pen.chance(0.5) else oval(30, 56, 14.5, 16)
    pen.fill(shape)
    pen.line(path([(21.5, 48), (20.5, 56), (21.5, 64)]), mix(pen.colour, WHITE, 0.7), 1.8)


def compact(pen: Pen) -> None:
    """Draws an open compact: mirror above, powder below."""
    case = pen.pick(GLOSS)
    pen.fill(oval(30, 26, 19, 18), case)
    pen.fill(oval(30, 26, 15.5, 14.5), (206, 224, 234))
    pen.line([(22, 30), (33, 18)], WHITE, 2)
    pen.fill(oval(30, 58, 20, 14), case)
    pen.fill(oval(30, 56.5, 16, 10), pen.colour)
    pen.line(path([(20, 56), (30, 60), (40, 56)]), mix(pen.colour, WHITE, 0.4), 1.4)
    pen.fill(box(24, 42, 36, 46), case)


def cushion(pen: Pen) -> None:
    """Draws a cushion."""
    pen.cloth(curve([(8, 18), (30, 21), (52, 18), (49, 40), (52, 62), (30, 59), (8, 62), (11, 40)]))
    pen.ring(mirrored([(30, 25), (45, 23), (45, 57), (30, 55)]), pen.detail, 0.9)


SUNDRIES: dict[str, Drawing] = {
    "Basketballs": basketball,
    "Caps": cap,
    "Compact": compact,
    "Cushion Covers": cushion,
    "Deodorant": deodorant,
    "Footballs": football,
    "Hat": hat,
    "Lipstick": lipstick,
    "Nail Polish": nail_polish,
    "Perfume and Body Mist": perfume,
    "Scarves": scarf,
    "Ties": tie,
    "Water Bottle": bottle,
}
"""The drawings of this family by articleType."""
