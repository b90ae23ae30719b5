"""A drawn catalogue in the Kaggle layout: products of all 30 labels, with the real one's kinds of defects."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from modiste.errors import CatalogueError, OutputError
from modiste.sample.assortment import ASSORTMENT, BRANDS, CUSHION, GIFTS, MEASURED, SHARES, Article
from modiste.sample.defects import DEFECTS, Mark, jpeg, marked, with_gap, worded
from modiste.sample.drawings import draw_picture

__all__ = ["Sample", "draw_catalogue"]

Choice = TypeVar("Choice")

FIRST_ID, LAST_ID = 1163, 60000
"""The range of the real catalogue's ids; a larger sample goes on above it."""

SEASONS = {"Summer": 0.48, "Fall": 0.26, "Winter": 0.19, "Spring": 0.07}
YEARS = {
    "2012": 0.37,
    "2011": 0.31,
    "2016": 0.13,
    "2017": 0.07,
    "2015": 0.06,
    "2013": 0.03,
    "2010": 0.02,
    "2018": 0.01,
}
PATTERN_WORDS = {
    "plain": ("",),
    "stripes": ("Striped", "Stripes"),
    "checks": ("Check", "Checked"),
    "dots": ("Polka Dot", "Dotted"),
    "print": ("Printed", "Floral Print"),
}
GIFT_TYPES = ("Backpacks", "Handbags", "Ties", "Wallets")
QUOTE = '"'

BY_NAME = {article.name: article for article in (*ASSORTMENT, CUSHION)}
BY_LABEL = {label: {a: float(a.weight) for a in ASSORTMENT if a.label == label} for label in SHARES}
ARTICLES_OF = {"home": (CUSHION.name,), "free_items": GIFTS, "inch_signs": MEASURED}
"""The articleTypes of products whose defect suits only some; all others are shared out among the labels."""


@dataclass(frozen=True)
class Sample:
    """What was drawn.

    Attributes:
        directory: Where the catalogue lies: ``styles.csv`` and ``images/<id>.jpg``.
        rows: Rows of ``styles.csv`` below its header.
        images: Files in ``images``, broken ones included.
        affected: Kind of defect -> ids of the products that have it, in the order of the rows; a product has
            at most one. Of identical pictures, the ids of the copies without that of the original.
        labels: Id -> the label of what the picture shows; the Home product has none.
    """

    directory: Path
    rows: int
    images: int
    affected: Mapping[str, tuple[int, ...]]
    labels: Mapping[int, str]

    @property
    def defects(self) -> dict[str, int]:
        """Kind of defect -> how many products have it."""
        return {kind: len(ids) for kind, ids in self.affected.items()}


@dataclass(frozen=True)
class _Order:
    """One product to draw: its own number, or for a copy its original's, seeds all that is drawn of it."""

    id: int
    article: Article
    number: int
    mark: Mark


def draw_catalogue(
    directory: Path,
    *,
    products: int = 3000,
    seed: int = 0,
    on_progress: Callable[[int], None] | None = None,
) -> Sample:
    """Draws a synthetic catalogue; the same seed and size give the same files to the byte.

    Args:
        directory: Where to write ``styles.csv`` and ``images/<id>.jpg`` (60 wide, 80 high); made if need be.
        products: Number of products, 1 or more. From 200 on, every kind of defect occurs.
        seed: Decides everything, 0 or more.
        on_progress: Called after each product with the number drawn so far.

    Returns:
        What was drawn, and which defects it holds.

    Raises:
        CatalogueError: `products` is below 1 or `seed` below 0.
        OutputError: The directory already holds a catalogue, or cannot be written.
    """
    if products < 1:
        raise CatalogueError(f"cannot draw a catalogue of {products} products", fix="ask for 1 or more")
    if seed < 0:
        raise CatalogueError(f"cannot draw with the seed {seed}", fix="give a seed of 0 or more")
    directory = Path(directory)
    images = directory / "images"
    for found in (directory / "styles.csv", images):
        if found.is_file() or (found.is_dir() and any(found.iterdir())):
            raise OutputError("is already there", where=found, fix="draw the sample into another folder")
    orders = _orders(products, seed)
    lines: list[str] = []
    try:
        images.mkdir(parents=True, exist_ok=True)
        for done, order in enumerate(orders, start=1):
            row, data = _drawn(order, seed)
            lines = lines or [",".join(row)]
            lines.append(_csv_line(row))
            if data is not None:
                (images / f"{order.id}.jpg").write_bytes(data)
            if on_progress:
                on_progress(done)
        (directory / "styles.csv").write_bytes("".join(f"{line}\n" for line in lines).encode())
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(f"cannot be written: {reason}", where=directory, fix="choose another folder") from error
    return _summary(directory, orders)


def _summary(directory: Path, orders: list[_Order]) -> Sample:
    affected = {defect.kind: tuple(o.id for o in orders if o.mark.kind == defect.kind) for defect in DEFECTS}
    return Sample(
        directory=directory,
        rows=len(orders),
        images=len(orders) - len(affected["missing_images"]),
        affected=affected,
        labels={order.id: order.article.label for order in orders if order.article.label},
    )


def _orders(products: int, seed: int) -> list[_Order]:
    """Draws ids, articles and defects of the whole catalogue."""
    rng = np.random.default_rng([seed, 0])
    numbers = np.arange(FIRST_ID, max(LAST_ID, FIRST_ID + 2 * products))
    ids = rng.choice(numbers, products, replace=False).tolist()
    marks = marked(products, rng)
    labels = iter(_labels(sum(mark.kind not in ARTICLES_OF for mark in marks), rng))
    orders: list[_Order] = []
    for number, (id_, mark) in enumerate(zip(ids, marks, strict=True), start=1):
        names = ARTICLES_OF.get(mark.kind)
        article = BY_NAME[names[mark.turn % len(names)]] if names else _weighted(BY_LABEL[next(labels)], rng)
        orders.append(_Order(id_, article, number, mark))
    originals = [order for order in orders if not order.mark.kind]
    return [
        replace(_pick(originals, rng), id=order.id, mark=order.mark) if order.mark.kind == "identical_copies" else order
        for order in orders
    ]


def _labels(count: int, rng: np.random.Generator) -> list[str]:
    """Shares `count` products out among the labels (largest remainders) and shuffles them."""
    exact = np.array(list(SHARES.values())) * count / sum(SHARES.values())
    counts = np.floor(exact).astype(int)
    order = np.argsort(counts - exact, kind="stable")
    counts[order[: count - counts.sum()]] += 1
    labels: list[str] = rng.permutation(np.repeat(list(SHARES), counts)).tolist()
    return labels


def _drawn(order: _Order, seed: int) -> tuple[dict[str, str], bytes | None]:
    """Draws one product: its row, and the bytes of its picture if it has one."""
    rng = np.random.default_rng([seed, order.number])
    article, mark = order.article, order.mark
    colour, pattern = _pick(article.colours, rng), _pick(article.patterns, rng)
    gender = _pick(article.genders, rng)
    words = (
        _pick(BRANDS, rng),
        gender,
        _pick(PATTERN_WORDS[pattern], rng),
        colour,
        worded(mark),
        article.noun,
    )
    master, sub, name = _shelf(article, mark)
    row = {
        "id": str(order.id),
        "gender": gender,
        "masterCategory": master,
        "subCategory": sub,
        "articleType": name,
        "baseColour": colour,
        "season": _weighted(SEASONS, rng),
        "year": _weighted(YEARS, rng),
        "usage": _pick(article.usages, rng),
        "productDisplayName": " ".join(word for word in words if word),
    }
    return with_gap(row, mark), jpeg(draw_picture(article.name, colour, pattern, rng), mark)


def _shelf(article: Article, mark: Mark) -> tuple[str, str, str]:
    """Returns where the catalogue files a product: gifts under Free Items, few of them by their own type."""
    if mark.kind != "free_items":
        return article.master, article.sub, article.name
    if mark.turn == 1:
        return "Free Items", "Vouchers", "Ipad"
    return "Free Items", "Free Gifts", article.name if article.name in GIFT_TYPES else "Free Gifts"


def _csv_line(row: Mapping[str, str]) -> str:
    """Joins the fields as the real catalogue does: quoted for a quote sign, but not for a comma."""
    return ",".join(f'"{field.replace(QUOTE, QUOTE * 2)}"' if QUOTE in field else field for field in row.values())


def _pick(options: Sequence[Choice], rng: np.random.Generator) -> Choice:
    return options[int(rng.integers(len(options)))]


def _weighted(options: Mapping[Choice, float], rng: np.random.Generator) -> Choice:
    weights = np.fromiter(options.values(), dtype=float)
    return list(options)[int(rng.choice(len(weights), p=weights / weights.sum()))]
