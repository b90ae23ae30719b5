"""Drawings of what is worn on the upper body: Tshirts, Shirts, Tops, Kurtas and Outerwear."""

from modiste.sample.drawings.colours import mix
from modiste.sample.drawings.pen import BLACK, WHITE, Drawing, Pen
from modiste.sample.drawings.shapes import Outline, Point, box, curve, mirrored, oval, path, reflected

__all__ = [
    "TOPS",
    "blazer",
    "jacket",
    "kurta",
    "kurti",
    "shirt",
    "shirt_front",
    "sleeves",
    "sweater",
    "sweatshirt",
    "top",
    "tshirt",
    "tunic",
]

SILVER = (176, 180, 188)


def sleeves(pen: Pen, cuff: Point, width: float, *, shoulder: Point, armpit: Point) -> None:
    """Draws both sleeves, from shoulder and armpit to a cuff (its middle) of the given width."""
    (x, y), tilt = cuff, width * 0.25
    right = [shoulder, (x + width / 2, y - tilt), (x - width / 2, y + tilt), armpit]
    for side in (right, reflected(right)):
        pen.cloth(side)
        pen.line([_between(side[1], side[0]), _between(side[2], side[3])])


def _between(start: Point, end: Point, share: float = 0.1) -> Point:
    """Returns the point at a share of the way from start to end."""
    return start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share


def _neck(pen: Pen, width: float, depth: float, top: float, *, rib: bool = True) -> None:
    """Draws a round neck with the inside of the back showing."""
    front = path([(30 - width, top), (30 - width * 0.7, top + depth * 0.7), (30, top + depth),
                  (30 + width * 0.7, top + depth * 0.7), (30 + width, top)])  # fmt: skip
    pen.fill([*front, (30, top + 1.5)], pen.inside)
    if rib:
        pen.line(front, pen.detail, 1.3)


def _collar(pen: Pen, width: float, drop: float, top: float) -> None:
    """Draws a turned-down collar."""
    pen.fill([(30 - width, top), (30 + width, top), (30, top + drop)], pen.inside)
    wing = [
        (30 + width, top - 1.5),
        (30 + width + 2.5, top + 3),
        (30 + width * 0.7, top + drop + 2),
        (30, top + drop),
    ]
    for side in (wing, reflected(wing)):
        pen.fill(side, mix(pen.colour, WHITE, 0.12))


def tshirt(pen: Pen) -> None:
    """Draws a T-shirt: short sleeves, straight hem; round neck, V neck or polo."""
    wide = pen.between(14.5, 16.5)
    sleeves(pen, (30 + wide + pen.between(6, 8), 31), 9.5, shoulder=(42, 15), armpit=(30 + wide - 2, 29))
    pen.cloth(mirrored([(35.5, 11.5), (43, 15), (30 + wide - 1, 29), (30 + wide, 68)]))
    pen.line([(31 - wide, 66), (29 + wide, 66)])
    style = pen.pick(("round", "round", "v", "polo"))
    if style == "round":
        _neck(pen, 6.5, pen.between(5.5, 8), 11.5)
    elif style == "v":
        pen.fill([(24.5, 11.5), (30, 13), (35.5, 11.5), (30, 23)], pen.inside)
        pen.line([(24.5, 11.5), (30, 23), (35.5, 11.5)], pen.detail, 1.4)
    else:
        pen.fill(box(28.5, 16, 31.5, 28), pen.detail)
        pen.dots([(30, 20), (30, 25)])
        _collar(pen, 5.5, 6, 11.5)
    if style != "polo" and pen.chance(0.55):
        _chest_print(pen)


def _chest_print(pen: Pen) -> None:
    """Draws a picture or a line of lettering on the chest."""
    colour = pen.accent()
    match pen.pick(("words", "badge", "block")):
        case "words":
            for y, reach in ((33, 8), (37.5, pen.between(4, 8))):
                pen.line([(30 - reach, y), (30 + reach, y)], colour, 2.6)
        case "badge":
            pen.fill(oval(30, 38, 7.5, 7.5), colour, contour=False)
            pen.fill(oval(30, 38, 4, 4), pen.accent(), contour=False)
        case _:
            pen.fill(box(22, 31, 38, pen.between(40, 50)), colour, contour=False)
            pen.line([(24, 37), (36, 34)], pen.contrast, 1.6)


def shirt_front(pen: Pen, bottom: float) -> None:
    """Draws a collar and a row of buttons down to the hem."""
    pen.line([(31.8, 18), (31.8, bottom)], pen.detail, 0.8)
    pen.line([(28.2, 18), (28.2, bottom)], pen.detail, 0.8)
    pen.dots([(30, y) for y in range(22, round(bottom) - 2, 8)], radius=0.9)
    _collar(pen, 5, 6.5, 11.5)


def shirt(pen: Pen) -> None:
    """Draws a shirt: collar, buttons from neck to hem, curved tails, mostly long sleeves."""
    if pen.chance(0.8):
        cuff = (30 + pen.between(21, 24), 58)
        sleeves(pen, cuff, 6, shoulder=(43, 14.5), armpit=(43, 30))
        for x in (cuff[0], 60 - cuff[0]):
            pen.line([(x - 2.2, 54.5), (x + 2.2, 54.5)], pen.detail, 1)
    else:
        sleeves(pen, (52, 32), 9, shoulder=(43, 14.5), armpit=(43.5, 29))
    pen.cloth(mirrored([(35, 11.5), (44, 15), (44.5, 30), (45, 64), (41, 69.5), (34, 70.5)]))
    if pen.chance(0.7):
        pen.fill([(34.5, 30), (41.5, 30), (41.5, 36), (38, 38), (34.5, 36)], mix(pen.colour, BLACK, 0.08))
    shirt_front(pen, 70)


def top(pen: Pen) -> None:
    """Draws a woman's top: wide neck, narrow waist, flared hem; sleeveless, cap or flutter sleeves."""
    length, flare = pen.between(53, 59), pen.between(14, 18)
    style = pen.pick(("straps", "cap", "flutter"))
    if style == "flutter":
        wing = curve([(39, 16), (47, 21), (52.5, 30), (47, 31.5), (41.5, 30)])
        for side in (wing, reflected(wing)):
            pen.cloth(side)
    elif style == "cap":
        sleeves(pen, (45.5, 23.5), 8, shoulder=(39, 15.5), armpit=(41, 28))
    shoulder = 36.5 if style == "straps" else 40
    body = [(shoulder - 2.5, 14), (shoulder, 14.5), (shoulder + 0.5, 22), (41.5, 28), (38.5, 41)]
    pen.cloth(mirrored([*path([*body, (30 + flare, length)]), (30 + flare * 0.4, length + 2)]))
    _neck(pen, shoulder - 32.5, pen.between(7, 11), 14)
    if pen.chance(0.6):
        pen.line([(21.5, 41), (38.5, 41)], pen.accent(), 1.8)
    for x in (-0.5, 0.1, 0.6):
        pen.line([(30 + 12 * x, 43), (30 + flare * x * 1.1, length)], pen.detail, 0.6)


def tunic(pen: Pen) -> None:
    """Draws a tunic: a longer top with bell sleeves and gathers under the bust."""
    bell = [(39, 16), (49, 34), (51, 41), (43, 42), (41, 29)]
    for side in (bell, reflected(bell)):
        pen.cloth(side)
    length, flare = pen.between(62, 66), pen.between(15, 18)
    pen.cloth(mirrored([*path([(35, 13), (40, 15), (40.5, 28), (39, 36), (30 + flare, length)]), (36, length + 2)]))
    _neck(pen, 5.5, pen.between(8, 11), 13)
    pen.line([(21, 36), (39, 36)], pen.accent(), 1.6)
    for x in (-0.7, -0.25, 0.25, 0.7):
        pen.line([(30 + 9 * x, 37), (30 + flare * x, length)], pen.detail, 0.6)


def kurta(pen: Pen) -> None:
    """Draws a kurta: knee-long and straight, side slits, mandarin collar, embroidered yoke."""
    trim = pen.accent()
    cuff = (30 + pen.between(16.5, 18.5), pen.between(38, 48))
    sleeves(pen, cuff, 5.5, shoulder=(39.5, 10.5), armpit=(39, 25))
    for x in (cuff[0], 60 - cuff[0]):
        pen.line([(x - 2.4, cuff[1] - 1.6), (x + 2.4, cuff[1] - 1.6)], trim, 1.8)
    flare = pen.between(11.5, 14.5)
    pen.cloth(mirrored([(33.5, 7), (39.5, 10), (39.5, 26), (39, 38), (30 + flare, 75)]))
    for side in (-1, 1):
        pen.line([(30 + side * (flare - 2), 75), (30 + side * 8.3, 52)], pen.detail, 1)
    pen.line([(30.8 - flare, 73), (29.2 + flare, 73)], trim, 2.6)
    if pen.chance(0.5):
        pen.fill(curve([(25.5, 8), (34.5, 8), (35, 20), (30, 27), (25, 20)]), trim)
    pen.fill([(27, 7), (33, 7), (30, 22)], pen.inside)
    pen.line([(27, 7), (30, 22), (33, 7)], trim, 1.6)
    pen.dots([(30, 24), (30, 28), (30, 32)], trim, 0.9)


def kurti(pen: Pen) -> None:
    """Draws a kurti: a shorter, wider kurta with an embroidered neck and a broad border."""
    trim, length = pen.accent(), pen.between(68, 72)
    cuff = (30 + pen.between(18.5, 20), pen.between(34, 42))
    sleeves(pen, cuff, 6.5, shoulder=(40.5, 12.5), armpit=(40.5, 27))
    pen.cloth(mirrored([(34.5, 9), (41, 12), (40.5, 27), (40, 38), (44, length)]))
    for side in (-1, 1):
        pen.line([(30 + side * 11.5, length), (30 + side * 9.5, 52)], pen.detail, 1)
    pen.line([(16.7, length - 2.2), (43.3, length - 2.2)], trim, 3)
    pen.line([(17.3, length - 6), (42.7, length - 6)], trim, 0.9)
    pen.fill(curve([(24, 9.5), (36, 9.5), (36.5, 16), (30, 25), (23.5, 16)]), trim)
    _neck(pen, 4.5, 8, 9)
    pen.dots([(26, 15), (34, 15), (30, 20.5)], pen.colour, 0.8)


def _coat(pen: Pen, *, bottom: float = 66) -> None:
    """Draws the body of an outer garment with long, full sleeves."""
    sleeves(pen, (30 + pen.between(21.5, 23.5), 60), 7.5, shoulder=(45, 15), armpit=(43, 32))
    pen.cloth(mirrored([(35, 11), (46, 15), (46, 32), (45, bottom)]))


def _ribs(pen: Pen, bottom: float = 66) -> None:
    """Draws a ribbed hem."""
    pen.fill(box(15.5, bottom - 5, 44.5, bottom + 1, corner=1), mix(pen.colour, BLACK, 0.25))
    for x in range(18, 44, 3):
        pen.line([(x, bottom - 4.5), (x, bottom + 0.5)], pen.detail, 0.5)


def jacket(pen: Pen) -> None:
    """Draws a jacket: zip, standing collar, slanted pockets, ribbed or straight hem."""
    _coat(pen)
    if pen.chance(0.35):
        pen.fill(mirrored([(30, 15), (46, 15), (46, 27), (30, 27)]), pen.accent())
    if pen.chance(0.5):
        _ribs(pen)
    pen.fill(mirrored([(35.5, 7), (38, 14), (30, 18)]), pen.inside)
    pen.line([(30, 15), (30, 66)], SILVER, 1.8)
    pen.dots([(30, 20)], SILVER, 1.3)
    for side in (-1, 1):
        pen.line([(30 + side * 7, 53), (30 + side * 12, 44)], pen.contrast, 1.3)
        pen.line([(30 + side * 3, 13), (30 + side * 1.5, 20)], pen.detail, 1)


def sweatshirt(pen: Pen) -> None:
    """Draws a sweatshirt: hood with strings, kangaroo pocket, ribbed hem."""
    pen.fill(curve([(30, 3), (38, 6), (41, 14), (36, 20), (24, 20), (19, 14), (22, 6)]), pen.colour)
    _coat(pen)
    pen.fill(curve([(30, 7), (36, 11), (34.5, 18), (30, 20), (25.5, 18), (24, 11)]), pen.inside)
    for side in (-1, 1):
        pen.line([(30 + side * 2.5, 19), (30 + side * 3, 30)], pen.contrast, 1.1)
    pen.fill(mirrored([(37, 45), (42, 55), (42, 60)]), mix(pen.colour, BLACK, 0.12))
    _ribs(pen)
    if pen.chance(0.5):
        pen.line([(22, 37), (38, 37)], pen.accent(), 3)


def sweater(pen: Pen) -> None:
    """Draws a sweater: ribbed neck and hem, knitted bands or cables."""
    _coat(pen)
    colour = pen.accent()
    if pen.chance(0.6):
        for y in (27, 35, 43):
            zigzag = [(16 + 2 * i, y + (2.5 if i % 2 else 0)) for i in range(15)]
            pen.line(zigzag, colour, 1.3)
    else:
        for x in (21, 30, 39):
            cable: Outline = [(x + (1.5 if i % 2 else -1.5), 22 + 3 * i) for i in range(13)]
            pen.line(cable, pen.detail, 1.2)
    _ribs(pen)
    _neck(pen, 6.5, 6.5, 11)
    pen.ring(oval(30, 12.5, 6.8, 4.2, start=0, stop=180), pen.detail, 1.8)


def blazer(pen: Pen) -> None:
    """Draws a blazer: lapels over a shirt, two buttons, pocket flaps."""
    _coat(pen, bottom=68)
    pen.fill(mirrored([(35, 10), (30, 42)]), WHITE)
    lapel = [(35.5, 9), (40, 18), (37.5, 22), (39, 24), (30, 43)]
    for side in (lapel, reflected(lapel)):
        pen.fill(side, mix(pen.colour, WHITE, 0.14))
    pen.line([(30, 43), (30, 68)], pen.detail, 1)
    pen.dots([(31.5, 46), (31.5, 53)], pen.contrast, 1)
    for x in (18, 35.5):
        pen.fill(box(x, 52, x + 7, 55), pen.inside)
    pen.fill(box(36.5, 30, 42, 31.5), pen.accent())


TOPS: dict[str, Drawing] = {
    "Blazers": blazer,
    "Jackets": jacket,
    "Kurtas": kurta,
    "Kurtis": kurti,
    "Shirts": shirt,
    "Sweaters": sweater,
    "Sweatshirts": sweatshirt,
    "Tops": top,
    "Tshirts": tshirt,
    "Tunics": tunic,
}
"""The drawings of this family by articleType."""
