"""Writes docs/results/unfamiliar.md: what the tagger that ships makes of pictures that show no fashion product.

Use: python scripts/write_unfamiliar_results.py

The photographs are those that come with scikit-learn, cut into many pieces; everything else is drawn here.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from sklearn.datasets import load_digits, load_sample_image

from modiste.predictions import Predictions
from modiste.tagging.tagger import Tagger
from result_page import table, write_page

COUNT = 200
SEED = 0
SIZE = (180, 240)
"""Width and height of what is drawn, in pixels."""
WORDS = ("invoice", "order", "total", "size", "return", "paid", "shop", "street", "number", "date", "thank you")


def piece_of_a_photograph(generator: Generator) -> Image.Image:
    """Returns a part of one of two photographs, a temple and a flower."""
    photo: NDArray[np.uint8] = load_sample_image(str(generator.choice(["china.jpg", "flower.jpg"])))
    height = int(generator.integers(120, photo.shape[0]))
    width = height * 3 // 4
    top, left = (int(generator.integers(0, room + 1)) for room in (photo.shape[0] - height, photo.shape[1] - width))
    return Image.fromarray(photo[top : top + height, left : left + width])


def page_of_text(generator: Generator) -> Image.Image:
    """Returns lines of words on paper."""
    page = Image.new("RGB", SIZE, tuple(int(value) for value in generator.integers(225, 256, 3)))
    for line in range(12, SIZE[1] - 20, 14):
        text = " ".join(generator.choice(WORDS, int(generator.integers(1, 6))))
        ImageDraw.Draw(page).text((12, line), text, fill=(30, 30, 40))
    return page


def bar_chart(generator: Generator) -> Image.Image:
    """Returns bars on axes."""
    chart = Image.new("RGB", SIZE, "white")
    draw = ImageDraw.Draw(chart)
    colour = tuple(int(value) for value in generator.integers(0, 200, 3))
    for left in range(30, SIZE[0] - 20, 24):
        draw.rectangle((left, int(generator.integers(30, 190)), left + 15, 210), fill=colour)
    draw.line((22, 20, 22, 210, SIZE[0] - 10, 210), fill="black", width=2)
    return chart


def handwritten_digit(generator: Generator) -> Image.Image:
    """Returns a digit of scikit-learn's, dark on white."""
    digits = load_digits().images
    digit = 255 - (digits[int(generator.integers(len(digits)))] * 255 / 16).astype(np.uint8)
    return Image.fromarray(digit).resize(SIZE, Image.Resampling.BICUBIC).convert("RGB")


def one_colour(generator: Generator) -> Image.Image:
    """Returns an even ground."""
    return Image.new("RGB", SIZE, tuple(int(value) for value in generator.integers(0, 256, 3)))


def colour_gradient(generator: Generator) -> Image.Image:
    """Returns a ground that goes from one colour to another."""
    ends = generator.integers(0, 256, (2, 2, 3), dtype=np.uint8)
    return Image.fromarray(ends).resize(SIZE, Image.Resampling.BICUBIC)


def noise(generator: Generator) -> Image.Image:
    """Returns pixels of any colour."""
    return Image.fromarray(generator.integers(0, 256, (SIZE[1], SIZE[0], 3), dtype=np.uint8))


KINDS: dict[str, Callable[[Generator], Image.Image]] = {
    "pieces of photographs": piece_of_a_photograph,
    "pages of text": page_of_text,
    "bar charts": bar_chart,
    "handwritten digits": handwritten_digit,
    "one colour": one_colour,
    "a gradient of colours": colour_gradient,
    "noise": noise,
}


def main() -> None:
    """Writes the page."""
    write_page("unfamiliar", _lines(Tagger.load()))


def _lines(tagger: Tagger) -> Iterator[str]:
    card = tagger.bundle.card
    yield "# Pictures that show no fashion product"
    yield ""
    yield "Written by `python scripts/write_unfamiliar_results.py`; nothing here is typed in by hand. The tagger that"
    yield f"ships (`modiste card`) tags {COUNT} pictures of each kind (seed {SEED}) at its default precision,"
    yield f"{card['precision']}. `review` would be right for each attribute: an accepted answer to such a picture is a"
    yield "mistake that nobody would see."
    yield ""
    yield from table(
        ("pictures", f"with an accepted {tagger.attributes[0]}", "with any accepted answer"), _rows(tagger, card)
    )
    yield f"{card['training']['machine']}, modiste {card['training']['modiste']}."


def _rows(tagger: Tagger, card: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    attribute = tagger.attributes[0]
    for kind, draw in KINDS.items():
        yield (kind, *(f"{share:.1%}" for share in _accepted(_tagged(tagger, draw))))
    coverage = card["metrics"][attribute]["decisions"]["coverage"]["value"]
    yield "for comparison: the catalogue's own hold-out", f"{coverage:.1%}", ""


def _tagged(tagger: Tagger, draw: Callable[[Generator], Image.Image]) -> Predictions:
    generator = np.random.default_rng(SEED)
    with TemporaryDirectory() as folder:
        for number in range(COUNT):
            draw(generator).save(Path(folder) / f"{number:04d}.png")
        return tagger.tag(folder)


def _accepted(tagged: Predictions) -> tuple[float, float]:
    """Returns the shares of pictures whose first attribute, and any of whose attributes, was accepted."""
    return float(tagged.accepted[:, 0].mean()), float(tagged.accepted.any(axis=1).mean())


if __name__ == "__main__":
    main()
