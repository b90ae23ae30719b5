import re
from dataclasses import replace
from html import unescape

import numpy as np
import polars as pl
import pytest

from modiste.measure.metrics import Estimate
from modiste.reports.pages import tagger_page
from modiste.reports.tagger import Decisions, TaggerReport


@pytest.fixture
def page(pages: dict[str, str]) -> str:
    return pages["tagger"]


def section(page: str, name: str) -> str:
    """The words of a section, without tags, its tables' cells apart."""
    inside = page.split(f'<section id="{name}"', maxsplit=1)[1].split("</section>", maxsplit=1)[0]
    inside = re.sub(r"<svg.*?</svg>", "", inside, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", inside)).split())


def with_decisions(tagger: TaggerReport, decisions: Decisions) -> TaggerReport:
    return replace(tagger, attributes=(replace(tagger.attributes[0], decisions=decisions),))


def test_the_page_goes_from_results_to_what_they_were_made_of(page: str) -> None:
    results = ("summary", "scores", "learning", "decisions", "confidence", "consistency", "confusion", "per-label")
    sections = (*results, "mistakes", "data", "balance", "labels", "network", "facts")
    places = [page.index(f'<section id="{name}"') for name in sections]

    assert places == sorted(places)


def test_the_head_names_the_first_attribute_and_the_mean(page: str) -> None:
    head = section(page, "summary")

    for text in (
        "Class accuracy 93.4 % 92.0 % to 95.0 %",
        "Class macro-F1 90.0 %",
        "Class accepted 71.0 % at a precision of 98 %",
        "Mean accuracy 83.3 % over 2 attributes",
        "Best epoch 2 of 3",
        "Training time 5 min 33 s",
        "Leaked pictures 20",
        "The hold-out was not looked at before.",
    ):
        assert text in head


def test_scores_state_how_many_labels_macro_f1_is_over(page: str) -> None:
    scores = section(page, "scores")

    assert "Class 400 pictures 3 93.4 % 92.0 % to 95.0 % 99.0 %" in scores
    assert re.search(r"Class 400 .* 3 labels, each ≥ 50 .* 0\.0123 71\.0 % 69\.0 % to 73\.0 % season 400", scores)
    assert re.search(r"season 400 pictures 2 73\.2 % .* 1 label, each ≥ 400 .* none", scores)
    assert "Class 380 92.9 %" in scores.split("Without the pictures")[1]
    assert "season" not in scores.split("Without the pictures")[1]


def test_every_attribute_has_its_charts(page: str) -> None:
    names = re.findall(r'<figcaption>(\w+)</figcaption>\s*<svg role="img" aria-label="(\w+)', page)

    for kind in ("Line", "Curve", "Reliability"):
        assert [name for name, start in names if start == kind] == ["Class", "season"]


def test_learning_curves_give_every_epoch(page: str) -> None:
    learning = section(page, "learning")

    assert "those after epoch 2" in learning
    assert "Epoch Loss Error Class season Seconds" in learning
    assert "2 1.0000 20.00 % 90.00 % 70.00 % 100" in learning


def test_decisions_say_what_is_promised_and_whether_it_held(page: str) -> None:
    decisions = section(page, "decisions")

    assert "0.8765 2 labels have their own 98 % 98.5 % 97.0 % to 99.0 % 71.0 % 69.0 % to 73.0 % kept" in decisions
    assert "A precision of 98 % cannot be promised for season: every answer about it goes to review." in decisions
    assert "season cannot be promised: review" in decisions
    assert "Class Sandal > 0.9999" in decisions
    assert "Class Tshirts always review" in decisions


@pytest.mark.usefixtures("without_charts")
@pytest.mark.parametrize(
    ("precision", "words"),
    [
        (Estimate(0.979, 0.97, 0.985), "below, by no more than chance explains"),
        (Estimate(0.95, 0.94, 0.96), "missed"),
        (None, "not tested: nothing was accepted"),
    ],
)
def test_a_promise_that_did_not_hold_is_named(tagger: TaggerReport, precision: Estimate | None, words: str) -> None:
    decisions = Decisions(0.9, precision, Estimate(0.5, 0.4, 0.6), {})

    assert words in section(tagger_page(with_decisions(tagger, decisions)), "decisions")


@pytest.mark.usefixtures("without_charts")
def test_a_threshold_of_a_single_label_is_a_promise(tagger: TaggerReport) -> None:
    decisions = Decisions(None, Estimate(0.99, 0.98, 1.0), Estimate(0.1, 0.05, 0.2), {"Sandal": 0.9})

    told = section(tagger_page(with_decisions(tagger, decisions)), "decisions")

    assert "Class some labels only 1 label has its own 98 % 99.0 %" in told
    assert "cannot be promised" not in told


@pytest.mark.usefixtures("without_charts")
def test_everything_may_be_accepted(tagger: TaggerReport) -> None:
    decisions = Decisions(0.0, Estimate(0.99, 0.98, 1.0), Estimate(1.0, 0.99, 1.0), {})

    assert "Class none needed 98 %" in section(tagger_page(with_decisions(tagger, decisions)), "decisions")


@pytest.mark.usefixtures("without_charts")
def test_a_target_is_written_as_it_was_asked_for(tagger: TaggerReport) -> None:
    assert "Accepted at 99.5 %" in section(tagger_page(replace(tagger, precision=0.995)), "scores")


def test_confidence_before_and_after_its_temperature(page: str) -> None:
    assert "Class 1.309 0.0456 0.0123" in section(page, "confidence")


def test_consistency_counts_what_the_heads_alone_contradict(tagger: TaggerReport, page: str) -> None:
    told = section(page, "consistency")

    assert "masterCategory, articleType and Class must fit together" in told
    assert "Each attribute by itself 7 (1.75 %) Together, as the tagger answers none" in told

    loose = tagger_page(replace(tagger, hierarchy=(), inconsistent=0))
    assert "No two attributes depend" in section(loose, "consistency")


def test_the_weakest_labels_come_first_and_are_named_unopened(page: str) -> None:
    told = section(page, "per-label")

    assert "Class 3 labels; weakest Sandal (0.87), Flip Flops (0.90), Tshirts (0.99)" in told
    assert "season 2 labels; weakest Summer (0.75) season on the hold-out" in told
    assert told.index("Sandal 0.870 0.952 0.800 50 330") < told.index("Flip Flops 0.897 – 0.960 50 310")
    assert "Winter – – – 0 2" in told


def test_mistakes_network_and_facts(page: str) -> None:
    assert "True: Sandal Predicted: Flip Flops" in section(page, "mistakes")
    assert "season 2 2 logit adjustment" in section(page, "network")
    assert "learning rate 0.003" in section(page, "facts")
    assert "Training 2,880 Validation 720 Hold-out 400" in section(page, "facts")


def test_one_attribute_alone_has_a_page(tagger: TaggerReport) -> None:
    page = tagger_page(replace(tagger, attributes=tagger.attributes[:1], hierarchy=()))

    assert "over 1 attribute" in section(page, "summary")
    assert section(page, "confusion").count("Confusion matrix of Class") == 0


def test_a_training_with_nothing_to_show_has_a_page(tagger: TaggerReport) -> None:
    nothing = np.zeros(0)
    attributes = [replace(each, confidence=nothing, correct=nothing.astype(bool)) for each in tagger.attributes]
    page = tagger_page(
        replace(
            tagger,
            history=tagger.history.clear(),
            parts={},
            attributes=tuple(attributes),
            confusion=np.zeros((3, 3), dtype=np.int64),
            mistakes=(),
            notes=(),
        )
    )

    for text in ("No epoch was completed.", "Nothing was scored.", "made no mistake about Class"):
        assert text in page


def test_an_attribute_without_a_curve_has_its_other_charts(tagger: TaggerReport) -> None:
    page = tagger_page(replace(tagger, history=tagger.history.drop("val_season")))

    assert "Epoch Loss Error Class Seconds" in section(page, "learning")
    assert page.count("Line chart of the accuracy of") == 1
    assert page.count("Reliability diagram of") == 2


def test_of_many_labels_those_with_few_confusions_share_a_row(tagger: TaggerReport) -> None:
    labels = tuple(f"label {number}" for number in range(141))
    matrix = np.diag(np.full(141, 9))
    matrix[140, 7] = 5
    first = replace(
        tagger.attributes[0],
        labels=labels,
        per_label=pl.DataFrame({"label": labels}).join(
            tagger.attributes[0].per_label.drop("label").head(1), how="cross"
        ),
    )
    page = tagger_page(replace(tagger, confusion=matrix, attributes=(first,)))

    assert "107 labels with few confusions share the last row" in section(page, "confusion")
    assert "label 140 label 7 5 35.7 %" in section(page, "confusion")
    assert {"107 other labels", "label 140", "label 7"} <= set(re.findall(r"<text[^>]*>([^<]*)</text>", page))
