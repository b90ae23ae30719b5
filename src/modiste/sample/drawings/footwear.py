"""Drawings of footwear, from the side with the toe to the right; flip flops from above."""

from modiste.sample.drawings.colours import Colour, mix
from modiste.sample.drawings.pen import BLACK, SKIN, WHITE, Drawing, Pen
from modiste.sample.drawings.shapes import Outline, Point, box, curve, oval, path

__all__ = [
    "FOOTWEAR",
    "casual_shoe",
    "flat",
    "flip_flops",
    "formal_shoe",
    "heel",
    "sandal",
    "sports_sandal",
    "sports_shoe",
]

RUBBER: tuple[Colour, ...] = ((246, 244, 238), (226, 210, 180), (40, 40, 42))
SOLE: tuple[Colour, ...] = ((52, 38, 30), (36, 36, 38), (150, 110, 70))


def _laces(pen: Pen, start: Point, step: Point, count: int) -> None:
    """Draws crossed laces down a tongue."""
    colour = pen.contrast
    for i in range(count):
        x, y = start[0] + step[0] * i, start[1] + step[1] * i
        pen.line([(x - 2.4, y + 1.2), (x + 2.2, y - 1.6)], colour, 1.1)


def casual_shoe(pen: Pen) -> None:
    """Draws a casual shoe on a flat rubber sole: sneaker, high-top, slip-on or loafer."""
    rubber = pen.pick(RUBBER)
    style = pen.pick(("sneaker", "sneaker", "high", "slip-on"))
    top = 20.0 if style == "high" else 33.0
    ankle = [(6, 51), (5.5, 43), (7, top + 1), (13, top + 1.5), (19, top)]
    front = [(24, 35.5), (34, 41), (46, 43), (53, 46.5), (54.5, 51)]
    pen.cloth([*path([*ankle, *front]), (54, 53), (6, 53)])
    pen.fill(path([(7, top + 1), (13, top - 1.5), (19, top), (13, top + 2.2), (7, top + 1)]), pen.inside)
    if style == "slip-on":
        pen.fill([(17, 33.5), (24, 35.5), (26, 44), (21, 45)], pen.inside)
    else:
        pen.fill([(17, top), (24, 35.5), (34, 41), (30, 45), (21, 40), (15, top + 3)], pen.detail)
        _laces(pen, (22, 35), (3.3, 1.9), 4)
        if style == "high":
            _laces(pen, (19.5, 25), (0.9, 4.6), 2)
            pen.fill(oval(11, 33, 3.2, 3.2), rubber)
        pen.fill(path([(46, 53), (45, 47), (47, 43.4), (52, 45.5), (55, 52)]), rubber)
    pen.fill(box(4.5, 50.5, 56, 56.5, corner=2.4), rubber)
    pen.line([(6, 53.6), (54.5, 53.6)], pen.accent(), 0.9)


def sports_shoe(pen: Pen) -> None:
    """Draws a running shoe: thick sprung sole in two colours, slanted stripes, heel tab."""
    bright = pen.accent()
    pen.fill(
        curve([(2.5, 50), (9, 53), (30, 52), (50, 53), (58, 48), (57, 55), (46, 59.5), (10, 60.5), (3, 57)]),
        WHITE,
    )
    pen.fill(curve([(4, 57.5), (20, 58.5), (44, 57.5), (57, 52.5), (55, 57.5), (46, 60), (10, 61.5)]), bright)
    for x in range(8, 52, 5):
        pen.line([(x, 59), (x + 1.5, 61)], BLACK, 1.2)
    upper = [
        (5, 52),
        (6, 43),
        (3.5, 33),
        (7, 29.5),
        (13, 34),
        (19, 32),
        (25, 31),
        (38, 42),
        (50, 45.5),
        (57, 51),
    ]
    pen.cloth([*path(upper), (50, 54), (30, 53.5), (10, 54)])
    pen.fill(path([(3.5, 33), (7, 29.5), (10, 33), (8.5, 42), (6, 43)]), bright)
    pen.fill(path([(8, 30.5), (13, 34.5), (20, 32.5), (24, 30.5), (19, 29), (8, 30.5)]), pen.inside)
    pen.fill([(22, 31.5), (25.5, 30.5), (39, 42), (35.5, 44)], mix(pen.colour, WHITE, 0.3))
    _laces(pen, (25.5, 34), (3.4, 2.7), 4)
    if pen.chance(0.5):
        for x in (17, 22, 27):
            pen.line([(x + 4.5, 40 + (x - 17) * 0.25), (x, 52.5)], pen.contrast, 2.1)
    else:
        pen.line(path([(12, 47), (20, 50.5), (29, 48), (40, 43)]), pen.contrast, 2.6)
    pen.line(path([(44, 53), (46, 48), (52, 46.5)]), bright, 1.5)


def formal_shoe(pen: Pen) -> None:
    """Draws a leather shoe: long toe, thin dark sole, block heel; laced or slipped on."""
    sole = mix(pen.colour, BLACK, 0.75)
    pen.fill([(5, 53), (17.5, 53), (17, 59.5), (5.5, 59.5)], sole)
    pen.fill(
        path([(5, 51.5), (17, 53), (24, 54), (40, 57.5), (56, 58), (58.5, 55.5), (56, 53), (30, 50), (5, 51.5)]),
        sole,
    )
    upper = [
        (5.5, 53),
        (5, 45),
        (7, 36.5),
        (15, 38.5),
        (21, 35.5),
        (30, 42),
        (42, 46.5),
        (54, 50.5),
        (58, 55.5),
    ]
    pen.fill([*path(upper), (54, 56.5), (40, 55.5), (24, 52.8)])
    shine = mix(pen.colour, WHITE, 0.5)
    pen.fill(path([(7, 36.5), (14, 35.3), (21, 35.5), (15, 38.5), (7, 36.5)]), pen.inside)
    if pen.chance(0.6):
        pen.fill([(20.5, 36), (30, 42), (27.5, 46.5), (17.5, 40.5)], mix(pen.colour, WHITE, 0.12))
        _laces(pen, (22, 38.6), (2.7, 1.9), 3)
        pen.line(path([(40, 55), (40.5, 50), (43, 47)]), pen.detail, 1.1)
        pen.dots([(44 + i * 2.3, 51 + i * 0.6) for i in range(4)], pen.detail, 0.5)
    else:
        pen.fill(curve([(25, 40), (33, 43), (32, 50), (26, 50), (22, 45)]), mix(pen.colour, BLACK, 0.25))
        pen.line([(22, 43), (34, 46.5)], (200, 170, 90) if pen.chance(0.4) else shine, 1.7)
    pen.line(path([(40, 47.6), (48, 50), (54, 53)]), shine, 1.2)
    pen.line(path([(8, 48), (8.5, 42)]), shine, 1.0)


def heel(pen: Pen) -> None:
    """Draws a high-heeled shoe: stiletto, block heel or wedge; closed, or strapped at ankle and toes."""
    style = pen.pick(("stiletto", "stiletto", "block", "wedge"))
    base, back = 62.0, pen.between(35, 40)
    sole = pen.pick(SOLE) if pen.chance(0.5) else mix(pen.colour, BLACK, 0.45)
    if style == "wedge":
        pen.fill(
            path([(7, back), (8, base), (30, base), (50, base), (56, base - 2), (44, 57), (30, 49), (7, back)]),
            sole,
        )
    else:
        foot = 2.0 if style == "stiletto" else 7.0
        pen.fill([*path([(14.5, back + 2), (10.5, back + 8), (7 + foot, base)]), (6.6, base), (5, back)], sole)
    arch = [(6, back), (16, back + 2), (28, 49), (42, 59), (57, 60.5)]
    pen.line(path(arch), sole, 2.4)
    if pen.chance(0.55):
        upper = [
            (6, back + 1.5),
            (5, back - 7),
            (8, back - 11),
            (17, back - 1),
            (30, 44),
            (41, 50),
            (51, 56),
            (58, 60.5),
        ]
        pen.cloth([*path(upper), *path([(44, 60), (29, 50.5), (17, back + 3.5), (6, back + 1.5)])])
        pen.line(path([(8, back - 11), (17, back - 1), (30, 44), (41, 50)]), pen.detail, 1.1)
        if pen.chance(0.4):
            pen.dots([(42, 51), (45, 52.5)], pen.accent(), 1.8)
    else:
        pen.cloth([*path([(37, 55.5), (38, 48.5), (42, 47)]), *path([(45, 48), (48, 53), (48, 60)])])
        pen.cloth([(50, 60), (50.5, 53.5), (53.5, 54.5), (55, 60)])
        pen.cloth(
            [
                *path([(5, back), (3.5, back - 7), (5, back - 13)]),
                (8, back - 13),
                (10, back - 5),
                (15, back + 1.5),
            ]
        )
        pen.line(path([(5, back - 11), (12, back - 8.5), (19, back - 12)]), pen.colour, 2)
        pen.line(path([(5, back - 11), (12, back - 14), (19, back - 12)]), pen.inside, 1.4)
        pen.dots([(15.5, back - 9.5)], (214, 190, 120), 1.2)


def flat(pen: Pen) -> None:
    """Draws a ballerina: thin sole, wide opening, a bow or stones, at times a strap or a turned-up toe."""
    sole, trim = mix(pen.colour, BLACK, 0.5), pen.accent()
    pen.fill(path([(5, 50), (6, 54.5), (20, 54.5), (48, 55), (56, 53), (57, 50), (30, 52), (5, 50)]), sole)
    pen.fill(curve([(6, 43), (18, 41.5), (32, 43.5), (40, 47), (24, 52), (8, 50)]), mix(pen.colour, SKIN[0], 0.75))
    pointed = pen.chance(0.3)
    toe = [(52, 47), (58.5, 42), (57, 50)] if pointed else [(50, 45.5), (56, 47.5), (57, 51.5)]
    rim = path([(4.5, 42), (10, 46.5), (22, 48.5), (32, 46.5), (39, 43)])
    pen.cloth([*rim, *path([(39, 43), *toe]), (48, 54), (20, 53.5), (6, 53), (4.5, 47)])
    pen.line(rim, pen.contrast if pointed else pen.detail, 1.2)
    if pen.chance(0.35):
        pen.ring(oval(12, 36, 7.5, 3.0), pen.colour, 1.6)
        pen.line([(6, 37), (6, 44)], pen.colour, 1.8)
    if pen.chance(0.6):
        for side in (-1, 1):
            pen.fill([(42, 44.5), (42 + side * 5, 41.5), (42 + side * 5, 47.5)], trim)
        pen.dots([(42, 44.5)], trim, 1.4)
    else:
        pen.dots([(40 + i * 3, 45.5 + i * 0.8) for i in range(4)], trim, 1.1)


def sandal(pen: Pen) -> None:
    """Draws a sandal: low sole, broad straps with the foot bed showing between."""
    sole, bed = pen.pick(SOLE), mix(pen.colour, (210, 170, 120), 0.6)
    pen.fill(
        curve([(4, 52), (12, 54), (30, 53), (48, 53.5), (57, 52), (57, 57), (46, 59), (28, 57.5), (6, 59)]),
        sole,
    )
    pen.fill(curve([(4, 50), (14, 50.5), (32, 51), (50, 50.5), (57, 51), (52, 54), (10, 54)]), bed)
    straps: list[Outline] = [
        [(5, 52), (3.5, 40), (7.5, 39.5), (10, 52)],
        [(12, 53), (20, 36), (27, 36), (21, 53.5)],
        [(33, 53.5), (36, 41), (43, 41.5), (46, 53.5)],
    ]
    if pen.chance(0.5):
        straps.append([(48, 53), (49, 45), (52.5, 45.5), (54, 53)])
    for strap in straps:
        pen.cloth(strap)
    pen.line([(5, 41.5), (23, 37.5)], pen.colour, 3)
    if pen.chance(0.6):
        pen.line([(23, 37.5), (39, 43)], pen.colour, 2.6)
    pen.fill(box(16.5, 40.5, 20.5, 45), (206, 206, 210))
    pen.line([(35, 47), (45, 47.5)], pen.detail, 0.9)


def sports_sandal(pen: Pen) -> None:
    """Draws a floater: chunky sole with a bright line, padded straps held by velcro."""
    bright = pen.accent()
    pen.fill(
        curve([(3, 51), (14, 53), (32, 52), (50, 53), (58, 50), (57, 58), (46, 61), (28, 59.5), (5, 61)]),
        BLACK,
    )
    pen.line(path([(5, 56.5), (28, 56.5), (46, 57.5), (56, 55)]), bright, 1.6)
    straps = ([(4, 52), (2.5, 38), (8, 37), (12, 52)], [(12, 53), (19, 34), (29, 35), (23, 53)],
              [(31, 53), (35, 40), (45, 41), (50, 53)])  # fmt: skip
    for strap in straps:
        pen.cloth(strap)
        (x0, y0), (x1, y1) = strap[1], strap[2]
        pen.line([(x0 + 0.5, y0 + 8), (x1 - 0.5, y1 + 8)], bright, 1.7)
    pen.line([(4, 41), (24, 37), (40, 43)], pen.inside, 3.2)
    pen.fill(box(21, 35, 27, 40, corner=1), bright)


def _sole_above(x: float, tilt: float) -> list[Point]:
    """The outline of a sole seen from above; `tilt` leans its toe outwards."""
    shape = [
        (-4.5, 70),
        (-6, 62),
        (-5, 48),
        (-7.5, 30),
        (-6.5, 17),
        (0, 11),
        (6.5, 15),
        (8, 28),
        (5, 46),
        (6, 62),
        (4.5, 70),
    ]
    return curve([(x + dx + tilt * (70 - y) / 59, y) for dx, y in shape])


def flip_flops(pen: Pen) -> None:
    """Draws a pair of flip flops from above: two soles, each with a Y strap."""
    strap = pen.accent()
    for x, tilt in ((17, -2.0), (43, 2.0)):
        pen.fill(_sole_above(x, tilt), mix(pen.colour, BLACK, 0.3))
        pen.cloth(_sole_above(x - 0.6, tilt))
        toe = (x + tilt, 23.0)
        for side in (-1, 1):
            pen.line(path([toe, (x + tilt * 0.7 + side * 4.5, 32), (x + tilt * 0.4 + side * 6, 45)]), BLACK, 3.4)
            pen.line(path([toe, (x + tilt * 0.7 + side * 4.5, 32), (x + tilt * 0.4 + side * 6, 45)]), strap, 2.6)
        pen.dots([toe], strap, 1.9)


FOOTWEAR: dict[str, Drawing] = {
    "Casual Shoes": casual_shoe,
    "Flats": flat,
    "Flip Flops": flip_flops,
    "Formal Shoes": formal_shoe,
    "Heels": heel,
    "Sandals": sandal,
    "Sports Sandals": sports_sandal,
    "Sports Shoes": sports_shoe,
}
"""The drawings of this family by articleType."""
