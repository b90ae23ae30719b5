import re

import matplotlib as mpl
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modiste.reports import figures
from modiste.reports.svg import to_svg


def test_svg_is_the_same_on_every_run_and_names_no_date(history: pl.DataFrame) -> None:
    first, second = (to_svg(figures.learning_curve(history, "loss"), name="loss") for _ in range(2))

    assert first == second
    assert first.startswith("<svg ")
    assert not re.search(r"<metadata|<!--|<\?xml|<style|dc:date", first)


def test_svg_ids_belong_to_the_chart(history: pl.DataFrame) -> None:
    svg = to_svg(figures.learning_curve(history, "loss"), name="loss")
    ids = re.findall(r' id="([^"]+)"', svg)
    used = re.findall(r'(?:url\(|href=")#([^")]+)', svg)

    assert ids
    assert all(name.startswith("loss-") for name in ids)
    assert set(used) == set(ids)


def test_svg_colours_follow_the_page() -> None:
    svg = to_svg(figures.count_bars({"a": 1}))

    assert "fill: var(--chart-blue, #2a66ad)" in svg
    assert "fill: var(--chart-ink, #1e2530)" in svg


def test_svg_says_what_it_shows() -> None:
    assert 'role="img" aria-label="&lt;3 &quot;bars&quot;"' in to_svg(figures.count_bars({"a": 1}), alt='<3 "bars"')


@settings(max_examples=25, deadline=None)
@given(st.dictionaries(st.text(max_size=60), st.integers(0, 10**7), max_size=4))
def test_any_value_can_be_drawn(counts: dict[str, int]) -> None:
    svg = to_svg(figures.count_bars(counts))

    assert svg.count("<svg") == 1
    assert svg.rstrip().endswith("</svg>")


@pytest.mark.parametrize(
    "name", ["$\\frac{1}{0}$ for $5", "</text><script>alert(1)</script>", "--><b>", "手袋 👜", "a\x00b\nc"]
)
def test_hostile_names_stay_text(name: str) -> None:
    svg = to_svg(figures.count_bars({name: 5}))

    assert not re.search(r"<script|<b>|\x00", svg)
    assert len(re.findall("<text", svg)) == 2


def test_settings_of_the_user_neither_count_nor_change() -> None:
    plain = to_svg(figures.count_bars({"a": 1}))
    with mpl.rc_context({"text.color": "red", "font.size": 30, "svg.fonttype": "path"}):
        assert to_svg(figures.count_bars({"a": 1})) == plain
        assert mpl.rcParams["font.size"] == 30
