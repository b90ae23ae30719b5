import json
import zipfile
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from tests.portable.conftest import SIZES, make_bundle, make_calibration

from modiste.errors import BundleError
from modiste.portable.answers import select
from modiste.portable.bundle import Bundle, read_bundle, write_bundle
from modiste.portable.naming import Naming, answer_named
from modiste.portable.predictor import Predictor
from modiste.predictions import Predictions
from modiste.text.names import NameModel

LABELS = sum(SIZES)
SHOES, SHIRTS = 0, 1


def make_naming() -> Naming:
    terms = ("shirt", "shoe")
    label_ids = np.array([SHIRTS, SHOES], np.uint16)
    model = NameModel(
        terms,
        np.ones(2, np.float32),
        np.array([0, 1, 2], np.int32),
        label_ids,
        np.array([127, 127], np.int8),
        np.full(LABELS, 0.05, np.float32),
        np.zeros(LABELS, np.float32),
    )
    calibration = tuple(make_calibration(size) for size in SIZES)
    return Naming(model, np.ones((3, 2)), np.array([1.0, 0.8]), np.ones(3), calibration)


NAMED = replace(make_bundle(b"\x32\x00", np.zeros((2, LABELS), np.float16)), naming=make_naming())


def test_what_reads_names_is_written_and_read(tmp_path: Path) -> None:
    write_bundle(tmp_path / "a.modiste", NAMED)
    again = read_bundle(tmp_path / "a.modiste")
    assert again.naming is not None
    assert again.naming.model.terms == ("shirt", "shoe")
    assert again.fingerprint == NAMED.fingerprint != replace(NAMED, naming=None).fingerprint
    write_bundle(tmp_path / "b.modiste", again)
    assert (tmp_path / "a.modiste").read_bytes() == (tmp_path / "b.modiste").read_bytes()


@pytest.mark.parametrize(
    ("member", "array"),
    [
        ("names-starts", np.array([0, 5, 2], np.int32)),
        ("names-starts", np.array([0, -1, 2], np.int32)),
        ("names-starts", np.array([[0, 1, 2]], np.int32)),
        ("names-label_ids", np.array([0, 600], np.uint16)),
        ("names-idf", np.array([np.nan, 1], np.float32)),
        ("names-idf", np.array([1e30, 1], np.float32)),
        ("names-idf", np.array([1, 1], np.float64)),
        ("names-scales", np.full(LABELS, -1, np.float32)),
        ("names-bias", np.full(LABELS, np.inf, np.float32)),
        ("names-bias", np.zeros(LABELS + 1, np.float32)),
        ("names-shares", np.full((3, 2), -1.0)),
        ("names-temperatures", np.zeros(3)),
        ("names-hierarchy", np.ones(1)),
        ("names-calibration-0-answer", np.full(400, 60000, np.uint16)),
        ("names-else", np.zeros(1)),
        ("terms", b"shoe\nshirt"),
        ("terms", b"shirt"),
        ("terms", b"\xff\nshoe"),
        ("terms", None),
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, member: str, array: "np.ndarray | bytes | None") -> None:
    import io

    path = tmp_path / "a.modiste"
    write_bundle(path, NAMED)
    with zipfile.ZipFile(path) as archive:
        held = {name: archive.read(name) for name in archive.namelist()}
    facts = json.loads(held.pop("bundle.json"))
    name = "terms.txt" if member == "terms" else f"arrays/{member}.npy"
    if array is None:
        del held[name], facts["members"][name]
    else:
        buffer = io.BytesIO()
        if not isinstance(array, bytes):
            np.save(buffer, array)
        held[name] = array if isinstance(array, bytes) else buffer.getvalue()
        facts["members"][name] = {"size": len(held[name]), "sha256": sha256(held[name]).hexdigest()}
    with zipfile.ZipFile(path, "w") as archive:
        for key, data in {**held, "bundle.json": json.dumps(facts).encode()}.items():
            archive.writestr(key, data)
    with pytest.raises(BundleError):
        read_bundle(path)


def told(names: list[str | None], kind: int, *, accepted: bool = True, ood: float = 0.0) -> Predictions:
    """What comes of names beside pictures that say one kind of product."""
    n, bundle = len(names), NAMED
    naming = bundle.naming
    assert naming is not None
    logits = np.zeros((n, LABELS), np.float32)
    logits[:, kind] = 4
    parts = [np.exp(part) / np.exp(part).sum(1, keepdims=True) for part in np.split(logits, np.cumsum(SIZES)[:-1], 1)]
    alone = Predictions.answered(
        bundle.schema,
        parts,
        accepted=np.full((n, 3), accepted),
        ood_score=np.full(n, ood, np.float32),
        visual=np.ones((n, 1), np.float32),
    )
    return answer_named(
        alone,
        logits,
        names,
        bundle.schema,
        naming=naming,
        hierarchy=bundle.hierarchy,
        ood_threshold=0.5,
        selections=select(naming.calibration, bundle.attributes, 0.9),
    )


def test_a_row_without_a_known_word_keeps_the_pictures_answer() -> None:
    found = told([None, "", "Hemd", "shirt"], SHIRTS)
    assert found.accepted[:3].all()
    assert found.labels("kind") == ["shirts"] * 4
    assert found.confidence[3, 0] > found.confidence[0, 0]
    assert found.ids == ("0", "1", "2", "3")


def test_where_both_are_sure_of_different_labels_a_person_decides() -> None:
    found = told(["shirt", "shoe"], SHOES)
    assert not found.accepted[0, 0]
    assert found.notes[0] is not None
    assert "kind: the name says shirts, the picture shoes" in found.notes[0]
    assert found.notes[1] is None


def test_of_an_unfamiliar_picture_only_what_the_name_says_is_accepted() -> None:
    assert told(["shoe"], SHOES, accepted=False, ood=0.9).accepted[0, 0]


def test_a_predictor_reads_names(bundle: Bundle, lab: object) -> None:
    pixels = lab.pixels[:6]  # type: ignore[attr-defined]
    named = Predictor(replace(bundle, naming=make_naming()))
    alone = named.predict(pixels)
    np.testing.assert_array_equal(named.predict(pixels, names=[None] * 6).confidence, alone.confidence)
    read = named.predict(pixels, names=["shoe"] * 6)
    kinds = alone.probabilities("kind")[:, SHOES], read.probabilities("kind")[:, SHOES]
    assert (kinds[1] > kinds[0] - 1e-6).all()
    assert Predictor(bundle).predict(pixels, names=["shoe"] * 6).labels("kind") == Predictor(bundle).predict(
        pixels
    ).labels("kind")
