"""Drawings of what covers the whole figure or lies on the skin: Dress, Saree, Nightwear and Innerwear."""

from modiste.sample.drawings.colours import mix
from modiste.sample.drawings.pen import BLACK, SKIN, WHITE, Drawing, Pen
from modiste.sample.drawings.shapes import box, curve, mirrored, oval, path, reflected
from modiste.sample.drawings.tops import sleeves

__all__ = [
    "GOWNS",
    "bath_robe",
    "bra",
    "briefs",
    "dress",
    "innerwear_vest",
    "night_suit",
    "nightdress",
    "saree",
    "skirt",
    "trunk",
]


def dress(pen: Pen) -> None:
    """Draws a dress: narrow waist with a sash, wide skirt; straps or short sleeves."""
    flare, bottom = pen.between(17, 23), pen.between(62, 74)
    strapped = pen.chance(0.55)
    if not strapped:
        sleeves(pen, (44, 20), 7, shoulder=(37.5, 9), armpit=(38.5, 20))
    skirt = path([(36.5, 33), (30 + flare * 0.6, 46), (30 + flare, bottom)])
    pen.cloth(mirrored([*skirt, (30 + flare * 0.45, bottom + 2.5)]))
    if strapped:
        for side in (-1, 1):
            pen.line([(30 + side * 6, 17), (30 + side * 5, 6)], pen.colour, 1.8)
    shoulder = (35.5, 16) if strapped else (37, 8)
    pen.cloth(mirrored([(30, 19 if strapped else 14), shoulder, (39, 20), (36.5, 33)]))
    for x in (-0.6, -0.2, 0.25, 0.6):
        pen.line([(30 + 6 * x, 35), (30 + flare * x, bottom)], pen.detail, 0.7)
    pen.fill(box(23, 31.5, 37, 35.5), pen.accent() if pen.chance(0.7) else pen.inside)


def skirt(pen: Pen) -> None:
    """Draws a skirt: waistband, pleats, wide hem."""
    flare, bottom = pen.between(16, 24), pen.between(52, 68)
    pen.cloth(
        mirrored([*path([(38, 14), (30 + flare * 0.75, 32), (30 + flare, bottom)]), (30 + flare / 2, bottom + 2)])
    )
    for x in (-0.75, -0.4, 0.0, 0.4, 0.75):
        pen.line([(30 + 8 * x, 19), (30 + flare * x, bottom)], pen.detail, 0.9)
    pen.fill(box(21.6, 12, 38.4, 18, corner=0.8), pen.inside)


def saree(pen: Pen) -> None:
    """Draws a woman in a saree: blouse, pleats, the pallu over one shoulder, a golden border."""
    skin, trim = pen.pick(SKIN), pen.pick([(218, 172, 66), pen.accent()])
    pen.fill(oval(30, 8, 5, 5.5), BLACK, contour=False)
    pen.fill(oval(34.5, 6, 2.8, 2.8), BLACK, contour=False)
    for side in (-1, 1):
        pen.line(path([(30 + side * 7, 20), (30 + side * 10.5, 31), (30 + side * 9, 42)]), skin, 3)
    pen.fill(mirrored([(32, 12), (32, 16), (35.5, 18), (34.5, 36)]), skin, contour=False)
    pen.fill(oval(30, 9, 3.7, 4.8), skin, contour=False)
    pen.fill(mirrored([(33, 18.5), (37.5, 18), (40, 26), (36.5, 27), (36, 31), (30, 31)]), trim)
    hem = pen.between(12, 15)
    pen.cloth(mirrored([*path([(36, 35), (39.5, 45), (30 + hem, 75)]), (34, 76.5)]))
    pen.line([(30.5 - hem, 73.5), (29.5 + hem, 73.5)], trim, 2.8)
    for x in (27, 29.5, 32):
        pen.line([(x, 39), (x + (x - 29.5) * 0.8, 72)], pen.detail, 0.8)
    fall = pen.between(48, 64)
    pallu = path([(24.5, 38), (29, 28), (33, 17.5), (38, 17), (42.5, 30), (44, fall)])
    pen.cloth([*pallu, (38.5, fall + 2), (38, 34), (35, 42)])
    pen.line(path([(24.5, 38), (28.5, 27), (33, 17.5)]), trim, 1.7)
    pen.line([(38.5, fall), (44, fall - 1.5)], trim, 2.8)


def nightdress(pen: Pen) -> None:
    """Draws a nightdress: a loose, straight fall from the bust, lace at neck and hem, a bow."""
    lace, bottom = mix(pen.colour, WHITE, 0.65), pen.between(66, 72)
    if pen.chance(0.5):
        sleeves(pen, (47, 23), 10, shoulder=(38, 11), armpit=(40, 25))
    pen.cloth(mirrored([(34, 11), (38, 11), (39.5, 23), (46, bottom), (30, bottom + 1)]))
    scallops = [(14.5 + 3.45 * i, bottom) for i in range(10)]
    pen.dots(scallops, mix(pen.colour, BLACK, 0.2), radius=2.5)
    pen.dots(scallops, lace, radius=2.0)
    pen.fill(curve([(26, 10), (34, 10), (35, 16), (30, 22), (25, 16)]), lace)
    pen.fill(curve([(27, 9.5), (33, 9.5), (32.5, 14), (30, 16.5), (27.5, 14)]), pen.inside)
    pen.line([(20.5, 27), (39.5, 27)], lace, 2)
    pen.dots([(28, 27), (32, 27)], pen.accent(), 1.9)


def night_suit(pen: Pen) -> None:
    """Draws pyjamas: a piped shirt with its trousers below."""
    piping, hem = pen.contrast, pen.between(70, 76)
    pen.cloth(mirrored([(38, 44), (41.5, hem), (32.5, hem), (30, 54)]))
    for x in (18.5, 32.5):
        pen.line([(x + 0.5, hem - 2.5), (x + 8.5, hem - 2.5)], piping, 1.4)
    sleeves(pen, pen.pick(((47.5, 34), (47, 25))), 7, shoulder=(40, 8.5), armpit=(40, 22))
    pen.cloth(mirrored([(34, 5.5), (41, 8.5), (41, 22), (42, 48)]))
    pen.line([(18.5, 46), (41.5, 46)], piping, 1.4)
    pen.line([(30, 14), (30, 47)], piping, 1.1)
    lapel = [(34.5, 5), (37, 12), (30, 18)]
    for side in (lapel, reflected(lapel)):
        pen.fill([*side, (30, 14)], piping)
    pen.dots([(32, 22), (32, 29), (32, 36), (32, 42)], piping, 0.9)
    pen.line([(21, 38), (26, 38)], piping, 1.2)


def bath_robe(pen: Pen) -> None:
    """Draws a bath robe: wide sleeves, shawl collar, a tied belt."""
    bottom, wide = pen.between(66, 75), pen.between(43, 48)
    sleeves(pen, (51, pen.between(42, 48)), 11, shoulder=(42, 10), armpit=(40, 30))
    pen.cloth(mirrored([(35, 6), (42, 10), (41, 38), (wide, bottom)]))
    pen.fill(mirrored([(34, 6), (30, 34)]), pen.inside)
    collar = path([(34, 5), (38, 14), (36, 25), (29, 38)])
    for side in (collar, reflected(collar)):
        pen.fill([*side, (30 + (side[-1][0] - 30) * 2, 34)], mix(pen.colour, WHITE, 0.3))
    pen.line([(30, 40), (32, bottom)], pen.detail, 1)
    pen.fill(box(18.7, 37, 41.3, 42, corner=1), mix(pen.colour, WHITE, 0.3))
    pen.line([(30, 41), (27, 56)], mix(pen.colour, WHITE, 0.3), 2.4)
    pen.line([(31, 41), (34, 54)], mix(pen.colour, WHITE, 0.3), 2.4)


def briefs(pen: Pen) -> None:
    """Draws briefs: high legs, a waistband."""
    band, high = pen.contrast if pen.chance(0.6) else pen.inside, pen.between(38, 43)
    leg = path([(48.5, high), (40, 48), (34.5, 57)])
    pen.cloth(mirrored([(49, 28), *leg, (30, 58.5)]))
    for side in (leg, reflected(leg)):
        pen.line(side, band, 1.3)
    if pen.chance(0.5):
        pen.line(path([(28, 34), (27, 46), (31, 55)]), pen.detail, 0.9)
        pen.line(path([(32, 34), (33, 46), (31, 55)]), pen.detail, 0.9)
    else:
        pen.dots([(29, 34.5), (31.5, 34.5)], band, 1.2)
    pen.fill(box(10.6, 26, 49.4, 31.5, corner=0.8), band)


def trunk(pen: Pen) -> None:
    """Draws trunks: short, close legs under a wide, lettered waistband."""
    band = pen.accent()
    pen.cloth(mirrored([(47, 26), (49, 54), (33, 56.5), (30, 49)]))
    pen.line(path([(25, 31), (26, 43), (30, 49)]), pen.detail, 1)
    pen.line(path([(35, 31), (34, 43), (30, 49)]), pen.detail, 1)
    for x in (11.5, 33.5):
        pen.line([(x, 53.5), (x + 15, 53.5)], pen.detail, 0.8)
    pen.fill(box(12.4, 23, 47.6, 30.5, corner=0.8), band)
    pen.line([(24, 26.8), (36, 26.8)], WHITE, 1.8)


def bra(pen: Pen) -> None:
    """Draws a bra: two cups, straps, a bow between."""
    for side in (-1, 1):
        pen.line([(30 + side * 13, 34), (30 + side * 10, 15), (30 + side * 6, 13)], pen.inside, 1.9)
        pen.fill(
            [(30 + side * 20, 39), (30 + side * 27, 45), (30 + side * 27, 50), (30 + side * 14, 52)],
            pen.inside,
        )
    cup = curve([(43, 32), (49, 42), (46, 51), (38, 54), (31.5, 51), (31.5, 44), (37, 38)])
    for outline in (cup, reflected(cup)):
        pen.cloth(outline)
    seam = path([(32, 47), (39, 43.5), (48, 44)])
    for line in (seam, reflected(seam)):
        pen.line(line, pen.detail, 1)
    pen.dots([(28.7, 47), (31.3, 47)], pen.accent(), 1.5)


def innerwear_vest(pen: Pen) -> None:
    """Draws a vest: no sleeves, deep neck and arm holes with a bound edge."""
    neck = path([(30, pen.between(22, 30)), (34, 20), (35, 9)])
    side = path([(38, 9), (37.5, 20), (40, 27), (44, 31)])
    bottom = pen.between(63, 70)
    pen.cloth(mirrored([*neck, *side, (44.5, bottom)]))
    for edge in (neck, side):
        pen.line(edge, pen.detail, 1.5)
        pen.line(reflected(edge), pen.detail, 1.5)
    for x in range(19, 43, 4):
        pen.line([(x, 34), (x, bottom - 2)], mix(pen.colour, BLACK, 0.1), 0.6)
    pen.line([(16, bottom - 2), (44, bottom - 2)], pen.detail, 0.9)


GOWNS: dict[str, Drawing] = {
    "Bath Robe": bath_robe,
    "Bra": bra,
    "Briefs": briefs,
    "Dresses": dress,
    "Innerwear Vests": innerwear_vest,
    "Night suits": night_suit,
    "Nightdress": nightdress,
    "Sarees": saree,
    "Skirts": skirt,
    "Trunk": trunk,
}
"""The drawings of this family by articleType."""
