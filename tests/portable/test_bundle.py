import io
import json
import pickle
import zipfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import fields, replace
from functools import partial
from hashlib import sha256
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from tests.portable.conftest import make_bundle

from modiste.dataset.geometry import ON_WHITE, Fit
from modiste.errors import BundleError, OutputError
from modiste.portable.archive import FORMAT
from modiste.portable.bundle import SUFFIX, Bundle, read_bundle, write_bundle
from modiste.portable.contents import Calibration, Hierarchy, ImageFacts
from modiste.schema import Attribute, Schema

Members = dict[str, bytes]

SMALL = make_bundle(b"a network", np.arange(24, dtype=np.float16).reshape(2, 12))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a small bundle lies."""
    place = tmp_path / f"small{SUFFIX}"
    write_bundle(place, SMALL)
    return place


def contents(thing: Any) -> Any:
    """What a dataclass holds, in a form that can be compared."""
    if isinstance(thing, np.ndarray):
        return thing.dtype, thing.shape, thing.tobytes()
    if isinstance(thing, tuple):
        return [contents(item) for item in thing]
    if hasattr(thing, "__dataclass_fields__"):
        return {item.name: contents(getattr(thing, item.name)) for item in fields(thing) if item.compare}
    return thing


def members_of(path: Path) -> Members:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def pack(path: Path, members: Members, compression: int = zipfile.ZIP_STORED) -> None:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)


def forge(path: Path, change: Callable[[dict[str, Any]], object] = dict, **members: bytes) -> None:
    """Changes the facts and members of the bundle at `path`, with checksums that are right."""
    held = members_of(path)
    facts = json.loads(held.pop("bundle.json"))
    for key, data in members.items():
        name = {"card": "card.json", "schema": "schema.toml"}.get(key, f"arrays/{key}.npy")
        held[name] = data
        facts["members"][name] = {"size": len(data), "sha256": sha256(data).hexdigest()}
    change(facts)
    pack(path, {**held, "bundle.json": json.dumps(facts).encode()})


def refused(path: Path) -> str:
    """The line with which the file at `path` is refused."""
    with pytest.raises(BundleError) as caught:
        read_bundle(path)
    line = str(caught.value)
    assert str(path) in line
    assert len(line.splitlines()) == 1
    assert len(line) < 500
    assert caught.value.fix
    return line


def npy(values: np.ndarray[Any, Any], **options: Any) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, values, **options)
    return buffer.getvalue()


words = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
names = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=5).filter(str.strip)
# A network is at least a protobuf message: here it is one of a note and nothing else.
networks = st.binary(max_size=50).map(lambda note: b"\x32" + bytes([len(note)]) + note)
plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)
temperatures = st.floats(1e-3, 1e3)


@st.composite
def calibrations(draw: st.DrawFn, labels: int) -> Calibration:
    n = draw(st.integers(0, 4))
    return Calibration(
        draw(hnp.arrays(np.float32, n, elements=st.floats(0, 1, width=32))),
        draw(hnp.arrays(np.bool_, n)),
        draw(hnp.arrays(np.uint16, n, elements=st.integers(0, labels - 1))),
    )


@st.composite
def bundles(draw: st.DrawFn) -> Bundle:
    label_lists = st.lists(names, min_size=1, max_size=4, unique=True).map(tuple)
    called = draw(st.lists(names, min_size=1, max_size=3, unique=True))
    attributes = tuple(
        Attribute(name, draw(label_lists), similarity=draw(st.floats(0, 9)), display={"en": draw(names)})
        for name in called
    )
    sizes = [len(attribute.labels) for attribute in attributes]
    hierarchy = None
    if draw(st.booleans()):
        rows = draw(st.lists(st.tuples(*(st.integers(0, size - 1) for size in sizes)), min_size=1, unique=True))
        hierarchy = Hierarchy(tuple(called), np.array(rows, np.int32), np.full(len(called), draw(temperatures)))
    halves = st.floats(-100, 100, width=16)
    return Bundle(
        schema=Schema(attributes, hierarchy=tuple(called[:2]), visual_similarity=draw(st.floats(0.1, 1))),
        image=ImageFacts(draw(st.integers(1, 4096)), draw(st.integers(1, 4096)), colour=draw(words)),
        network=draw(networks),
        heads=draw(hnp.arrays(np.float16, (draw(st.integers(0, 3)), sum(sizes)), elements=halves)),
        temperatures=tuple(draw(temperatures) for _ in sizes),
        calibration=tuple(draw(calibrations(size)) for size in sizes),
        ood_threshold=draw(st.floats(0, 1)),
        hierarchy=hierarchy,
        card=draw(st.dictionaries(words, plain, max_size=3)),
        made_with=draw(words),
    )


@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.too_slow])
@given(bundles())
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, bundle: Bundle) -> None:
    folder = tmp_path_factory.mktemp("round")
    write_bundle(folder / "one.modiste", bundle)
    again = read_bundle(folder / "one.modiste")
    assert contents(again) == contents(bundle)
    write_bundle(folder / "two.modiste", again)
    assert (folder / "two.modiste").read_bytes() == (folder / "one.modiste").read_bytes()


def test_any_tool_can_look_into_it(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == sorted(archive.namelist())
    members = members_of(path)
    assert json.loads(members["card.json"]) == SMALL.card
    facts = json.loads(members["bundle.json"])
    assert facts["format"] == FORMAT
    assert facts["members"].keys() == members.keys() - {"bundle.json"}
    assert members["network.onnx"] == SMALL.network
    heads = np.load(io.BytesIO(members["arrays/heads.npy"]), allow_pickle=False)
    np.testing.assert_array_equal(heads, SMALL.heads)


def test_it_tells_what_it_is() -> None:
    assert str(SMALL).startswith("tagger of 32x40 pictures")
    assert "kind (3 labels), colour (5 labels)" in str(SMALL)
    assert len(repr(SMALL)) < 1000


def test_a_bundle_that_was_packed_again_is_read(path: Path) -> None:
    pack(path, members_of(path), zipfile.ZIP_DEFLATED)
    assert contents(read_bundle(path)) == contents(SMALL)


SOUND = contents(SMALL)
WRONG = np.zeros(400, np.bool_)


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_changed_bit_is_told_or_does_no_harm(path: Path, data: st.DataObject) -> None:
    whole = path.read_bytes()
    # The last thousand bytes are the zip's directory, where zipfile trusts most.
    at = data.draw(st.integers(0, len(whole) - 1) | st.integers(len(whole) - 1000, len(whole) - 1))
    bad = bytearray(whole)
    bad[at] ^= 1 << data.draw(st.integers(0, 7))
    check_damaged(path.with_name("bad.modiste"), bytes(bad))


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_cut_file_and_one_with_something_after_it(path: Path, data: st.DataObject) -> None:
    whole = path.read_bytes()
    bad = path.with_name("bad.modiste")
    bad.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
    assert "damaged, or not a bundle at all" in refused(bad)
    check_damaged(bad, whole + data.draw(st.binary(min_size=1, max_size=30)))


def check_damaged(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    with suppress(BundleError):
        assert contents(read_bundle(path)) == SOUND


def test_a_newer_format_is_refused_with_what_to_do(path: Path) -> None:
    forge(path, lambda facts: facts.update(format=FORMAT + 1, something="new"))
    assert f"a bundle of format {FORMAT + 1}, and this program reads format {FORMAT}" in refused(path)
    assert "pip install --upgrade modiste" in refused(path)


def test_an_older_format_is_refused_with_what_to_do(path: Path) -> None:
    forge(path, lambda facts: facts.update(format=1))
    assert refused(path) == (
        f"{path}: a bundle of format 1, and this program reads format {FORMAT}; train and export again, or use "
        "the version of modiste that made it"
    )


def test_what_is_no_bundle(tmp_path: Path) -> None:
    assert "No such file" in refused(tmp_path / "none.modiste")
    assert "Is a directory" in refused(tmp_path)
    text = tmp_path / "text.modiste"
    text.write_text("hello")
    assert "not a bundle at all" in refused(text)
    other = tmp_path / "other.zip"
    pack(other, {"styles.csv": b"id"})
    assert "there is no bundle.json in it" in refused(other)


@pytest.mark.parametrize("name", ["network.onnx", "card.json", "arrays/heads.npy", "arrays/calibration-1-answer.npy"])
def test_a_member_that_is_missing_is_named(path: Path, name: str) -> None:
    members = members_of(path)
    del members[name]
    pack(path, members)
    assert name in refused(path)


def test_a_member_that_was_changed_is_named(path: Path) -> None:
    pack(path, members_of(path) | {"network.onnx": b"another!!"})
    assert "network.onnx is not what was written" in refused(path)


def test_a_member_that_nobody_wrote_is_named(path: Path) -> None:
    pack(path, members_of(path) | {"extra.txt": b""})
    assert "extra.txt" in refused(path)


def test_a_member_that_comes_twice_is_refused(path: Path) -> None:
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("card.json", b"{}")
    assert "comes twice" in refused(path)


def test_a_bomb_is_not_unpacked(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modiste.portable.archive.MOST_BYTES", 10_000)
    pack(path, members_of(path) | {"network.onnx": bytes(20_000)}, zipfile.ZIP_DEFLATED)
    assert "unpack to more than 10,000 bytes" in refused(path)


def test_a_pickle_is_never_opened(path: Path) -> None:
    mark = path.with_name("executed")

    class Payload:
        def __reduce__(self) -> tuple[Any, ...]:
            return Path.touch, (mark,)

    objects = npy(np.array([[Payload()]], dtype=object), allow_pickle=True)
    for data in (objects, pickle.dumps(Payload())):
        forge(path, heads=data)
        assert "do not fit together" in refused(path)
    assert not mark.exists()


@pytest.mark.parametrize(
    "heads",
    [
        SMALL.heads.astype(np.float32),
        np.asfortranarray(SMALL.heads),
        SMALL.heads[:, :5],
        SMALL.heads[0],
        SMALL.heads * np.float16(np.nan),
        SMALL.heads.astype(">f2"),
    ],
)
def test_an_array_of_another_kind_is_refused(path: Path, heads: np.ndarray[Any, Any]) -> None:
    forge(path, heads=npy(heads))
    assert "do not fit together" in refused(path)


@pytest.mark.parametrize("shape", ["(99999999999, 12)", "(-2, -12)", "(2, 11)", "'x'", "()"])
def test_an_array_that_lies_about_its_size_allocates_nothing(path: Path, shape: str) -> None:
    header = f"{{'descr': '<f2', 'fortran_order': False, 'shape': {shape}, }}".ljust(117).encode() + b"\n"
    data = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + SMALL.heads.tobytes()
    forge(path, heads=data)
    assert "do not fit together" in refused(path)


STILL_BUNDLES = [("ood_threshold", 0), ("ood_threshold", True), ("hierarchy", []), ("hierarchy", {})]


def test_facts_of_another_kind_are_refused(path: Path, subtests: pytest.Subtests) -> None:
    whole = path.read_bytes()
    names = ["format", "members", "image", "hierarchy", "temperatures", "ood_threshold"]
    values: list[object] = [None, 0, -1, "x", [], {}, [None], ["x"], [{}], True, float("nan"), 10**30]
    for name, value in product(names, values):
        path.write_bytes(whole)
        forge(path, partial(dict.update, **{name: value}))
        with subtests.test(name=name, value=value):
            if (name, value) in STILL_BUNDLES:
                read_bundle(path)
            else:
                refused(path)


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        (b"\xff", "invalid start byte"),
        (b"no toml", "schema.toml: is no valid TOML"),
        (b"[" * 100_000, "TOML"),
        (b"format = 99", "schema.toml: a schema of format 99"),
        (b"", "there must be attributes"),
        (SMALL.schema.to_toml().replace('"red"', '"blue"').encode(), "a label of 'colour' is there twice"),
        (
            SMALL.schema.to_toml().replace('    "red",\n', "").encode(),
            "heads for 12 labels, and the attributes have 11",
        ),
        (
            SMALL.schema.to_toml().replace('name = "kind"', 'name = "sort"').encode(),
            "names 'kind', which is no attribute",
        ),
        (SMALL.schema.to_toml().encode() + b"similarity = -1\n", "similarity is -1; give a number of at least 0"),
    ],
)
def test_a_schema_that_will_not_do_is_refused(path: Path, schema: bytes, reason: str) -> None:
    forge(path, schema=schema)
    assert reason in refused(path)


def test_a_file_of_deep_brackets_is_refused(path: Path) -> None:
    forge(path, card=b"[" * 100_000)
    refused(path)


def test_a_fingerprint_follows_from_all_that_answers_and_embeddings_follow_from(path: Path) -> None:
    schema, (kind, colour, article) = SMALL.schema, SMALL.attributes
    assert SMALL.hierarchy is not None
    changed = [
        SMALL,
        replace(SMALL, network=b"another network"),
        replace(SMALL, image=ImageFacts(40, 33)),
        replace(SMALL, image=ImageFacts(40, 32, fill="border")),
        replace(SMALL, image=ImageFacts(40, 32, stretch=1.2)),
        replace(SMALL, temperatures=(1.5, 0.7, 2.1)),
        replace(SMALL, ood_threshold=0.9),
        replace(SMALL, hierarchy=None),
        replace(SMALL, hierarchy=replace(SMALL.hierarchy, weights=np.array([1.0, 0.9]))),
        replace(SMALL, calibration=(*SMALL.calibration[:2], replace(SMALL.calibration[2], correct=WRONG))),
        replace(SMALL, schema=replace(schema, visual_similarity=0.31)),
        replace(SMALL, schema=replace(schema, hierarchy=())),
        replace(SMALL, schema=schema.narrowed((replace(kind, similarity=1.5), colour, article))),
        replace(SMALL, schema=schema.narrowed((kind, replace(colour, name="hue"), article))),
        replace(SMALL, schema=schema.narrowed((kind, replace(colour, labels=colour.labels[::-1]), article))),
    ]
    assert len({each.fingerprint for each in changed}) == len(changed)
    assert len(SMALL.fingerprint) == 32
    assert read_bundle(path).fingerprint == SMALL.fingerprint


def test_a_bundle_that_says_nothing_of_its_geometry_is_on_white_and_keeps_its_fingerprint(path: Path) -> None:
    older = {
        "height": 40,
        "width": 32,
        "colour": "RGB",
        "resizing": "bicubic, aspect ratio kept, white on the sides that stay free",
        "scaling": "none; the network takes the bytes",
    }
    assert repr(SMALL.image.as_json()) == repr(older), "the fingerprint hashes this text"
    forge(path, lambda facts: facts.update(image=older))
    again = read_bundle(path)
    assert (again.image.fit, again.fingerprint) == (ON_WHITE, SMALL.fingerprint)
    bordered = replace(SMALL, image=ImageFacts(40, 32, fill="border", stretch=1.2))
    write_bundle(path, bordered)
    assert read_bundle(path).image.fit == Fit("border", 1.2)


def test_a_fingerprint_does_not_follow_from_names_for_people_and_what_training_needs() -> None:
    kind, *others = SMALL.attributes
    named = replace(
        kind, weight=0.3, imbalance="focal", display={"de": "Art"}, label_display={"shoes": {"de": "Schuhe"}}
    )
    schema = replace(SMALL.schema.narrowed((named, *others)), id="sku", text="title", pictures=("photo",))
    for same in (
        replace(SMALL, schema=schema),
        replace(SMALL, schema=SMALL.schema.narrowed((replace(kind, similarity=1), *others))),
        replace(SMALL, card={}, made_with="another version"),
        replace(SMALL, temperatures=(1.5, 0.7, 2)),
    ):
        assert same.fingerprint == SMALL.fingerprint


def test_a_full_disk_leaves_the_bundle_that_was_there(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, data: bytes) -> int:
        with self.open("wb") as file:
            file.write(data[:100])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OutputError, match="No space left on device"):
        write_bundle(path, replace(SMALL, network=b"another"))
    assert contents(read_bundle(path)) == SOUND
    assert list(path.parent.iterdir()) == [path]


def wrong_type(values: np.ndarray[Any, Any]) -> Any:
    return values.astype(np.float64)


def having(*attributes: Attribute) -> dict[str, Any]:
    """A change to bundle that has other attributes."""
    return {"schema": replace(SMALL.schema, attributes=attributes, hierarchy=())}


CALIBRATION = SMALL.calibration[0]
HIERARCHY = Hierarchy(("kind", "article"), np.array([[0, 0]], np.int32), np.ones(2))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (having(), "there must be attributes"),
        (having(*SMALL.attributes[:2], Attribute("x", ())), "each must have labels"),
        (having(*SMALL.attributes[:2]), "2 attributes, 3 temperatures"),
        (having(*SMALL.attributes[:2], Attribute("article", ("a", "b"))), "heads for 12 labels"),
        ({"temperatures": (1.0, 0.0, 1.0)}, "temperatures must be above 0"),
        ({"temperatures": (1.0, float("inf"), 1.0)}, "temperatures must be above 0"),
        ({"calibration": (CALIBRATION,)}, "1 calibrations"),
        ({"calibration": (SMALL.calibration[1], *SMALL.calibration[1:])}, "calibration of kind holds a label"),
        ({"hierarchy": replace(HIERARCHY, attributes=("kind", "size"))}, "names 'size' wrongly"),
        ({"hierarchy": replace(HIERARCHY, attributes=("kind", "kind"))}, "names 'kind' wrongly"),
        ({"hierarchy": replace(HIERARCHY, combinations=np.array([[0, 4]], np.int32))}, "names 'article' wrongly"),
        ({"hierarchy": replace(HIERARCHY, combinations=np.array([[-1, 0]], np.int32))}, "names 'kind' wrongly"),
        ({"network": b""}, "no network"),
        ({"card": {"n": float("nan")}}, "not JSON compliant"),
        ({"card": {"n": (1, 2)}}, "JSON cannot hold"),
        ({"card": {1: 2}}, "JSON cannot hold"),
    ],
)
def test_parts_that_do_not_fit_make_no_bundle(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(SMALL, **change)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ImageFacts(0, 60), "height must be 1 to 4096"),
        (lambda: ImageFacts(80, 5000), "width must be 1 to 4096"),
        (lambda: ImageFacts(80, 60, fill="grey"), "fill must be white or border, not 'grey'"),  # type: ignore[arg-type]
        (lambda: ImageFacts(80, 60, stretch=0.9), "stretch must be 1 or more"),
        (lambda: ImageFacts(80, 60, stretch=101), "stretch must be 1 to 100, not 101"),
        (lambda: ImageFacts(80, 60, stretch=float("nan")), "stretch must be 1 or more"),
        (lambda: replace(HIERARCHY, weights=np.ones(3)), "2 hierarchical attributes, 2 in combinations, 3 weights"),
        (lambda: replace(HIERARCHY, weights=np.zeros(2)), "above 0"),
        (lambda: replace(HIERARCHY, combinations=np.zeros((2, 2), np.int32)), "no row twice"),
        (lambda: replace(HIERARCHY, combinations=np.zeros((0, 2), np.int32)), "at least one"),
        (
            lambda: replace(HIERARCHY, combinations=wrong_type(HIERARCHY.combinations)),
            "combinations must be int32 with 2 axes",
        ),
        (lambda: replace(CALIBRATION, correct=CALIBRATION.correct[:3]), "differ in length"),
        (lambda: replace(CALIBRATION, confidence=CALIBRATION.confidence + 1), r"in \[0, 1\]"),
        (lambda: replace(CALIBRATION, confidence=CALIBRATION.confidence * np.float32("nan")), "holds NaN"),
        (lambda: replace(CALIBRATION, answer=wrong_type(CALIBRATION.answer)), "answer must be uint16"),
        (lambda: replace(SMALL, ood_threshold=-0.1), r"in \[0, 1\]"),
        (lambda: replace(SMALL, ood_threshold=float("nan")), r"in \[0, 1\]"),
    ],
)
def test_a_part_checks_itself(make: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()
