"""The API on a bundle whose answers are known."""

import base64
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from modiste.portable.bundle import default_bundle, read_bundle
from modiste.portable.predictor import Predictor
from modiste.serving.uploads import RequestLimits

Photo = Callable[[int], bytes]


def files(*photos: bytes | tuple[str, bytes]) -> list[tuple[str, Any]]:
    return [("photos", each if isinstance(each, tuple) else ("photo.png", each)) for each in photos]


def test_one_photo_gets_every_attribute(client: TestClient, photo: Photo) -> None:
    answered = client.post("/v1/tag?top=2", files=files(photo(255)))
    assert answered.status_code == 200
    body = answered.json()
    assert body["precision"] == 0.98
    assert len(body["bundle"]) == 16
    assert body["milliseconds"] > 0
    (one,) = body["photos"]
    assert one["name"] == "photo.png"
    assert {name: answer["label"] for name, answer in one["answers"].items()} == {"tone": "bright", "half": "yes"}
    assert one["answers"]["tone"]["decision"] == "accept"
    assert one["answers"]["tone"]["probability"] == pytest.approx(one["answers"]["tone"]["top"][0]["probability"])
    assert [each["label"] for each in one["answers"]["tone"]["top"]] == ["bright", "grey"]
    assert not one["out_of_distribution"]
    assert 0 <= one["ood_score"] <= 1
    assert one["path"] == []
    assert one["error"] is one["explanation"] is None


def test_a_photo_out_of_distribution_goes_to_review(client: TestClient, photo: Photo) -> None:
    (one,) = client.post("/v1/tag", files=files(photo(0))).json()["photos"]
    assert one["answers"]["tone"]["label"] == "dark"
    assert one["out_of_distribution"]
    assert {answer["decision"] for answer in one["answers"].values()} == {"review"}


def test_one_bad_photo_among_many_gets_its_own_error(client: TestClient, photo: Photo) -> None:
    sent = files(("a.png", photo(0)), ("b.png", b"no picture"), ("c.png", b""), ("d.png", photo(255)))
    body = client.post("/v1/tag", files=sent).json()
    assert [each["name"] for each in body["photos"]] == ["a.png", "b.png", "c.png", "d.png"]
    assert [(each["error"] or {}).get("code") for each in body["photos"]] == [None, "not_a_picture", "empty", None]
    labels = [each["answers"].get("tone", {}).get("label") for each in body["photos"]]
    assert labels == ["dark", None, None, "bright"]


def test_where_no_photo_can_be_answered_it_is_a_4xx_that_says_why(client: TestClient) -> None:
    answered = client.post("/v1/tag", files=files(b"no picture"))
    assert answered.status_code == 422
    assert answered.json()["error"]["code"] == "no_answer"
    assert answered.json()["photos"][0]["error"]["code"] == "not_a_picture"


@pytest.mark.parametrize("way", ["occlusion", "activation"])
def test_a_heat_map_is_returned(client: TestClient, photo: Photo, way: str) -> None:
    answered = client.post(f"/v1/tag?explain=half&explain_by={way}", files=files(photo(128), b"none"))
    explanation = answered.json()["photos"][0]["explanation"]
    assert (explanation["attribute"], explanation["label"], explanation["method"]) == ("half", "yes", way)
    kind, _, data = explanation["image"].partition(",")
    assert kind == "data:image/jpeg;base64"
    assert Image.open(io.BytesIO(base64.b64decode(data))).size == (6, 8)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("top=0", "not_as_described"),
        ("explian=tone", "not_as_described"),
        ("top=x", "not_as_described"),
        ("explain=tome", "no_such_attribute"),
    ],
)
def test_a_wrong_question_is_refused(client: TestClient, photo: Photo, query: str, code: str) -> None:
    answered = client.post(f"/v1/tag?{query}", files=files(photo(1)))
    assert answered.status_code == 422
    assert answered.json()["error"]["code"] == code


def test_what_is_no_form_of_photos_is_refused(client: TestClient, photo: Photo) -> None:
    assert client.post("/v1/tag", content=b"x").status_code == 415
    assert client.post("/v1/tag", json={"photos": []}).status_code == 415
    form = {"content-type": "multipart/form-data; boundary=b"}
    assert client.post("/v1/tag", content=b"--b\r\nno", headers=form).status_code == 400
    assert client.post("/v1/tag", content=b"--b\r\n\r\n\r\n--b--", headers=form).status_code == 400
    early = b'--b\r\nContent-Disposition: form-data; name="photos"; filename="a"\r\n\r\nabc'
    assert client.post("/v1/tag", content=early, headers=form).status_code == 400
    assert client.post("/v1/tag", files=[("pictures", ("a.png", photo(1)))]).json()["error"]["code"] == "unknown_field"
    asked = client.post("/v1/tag", files=files(photo(1)), data={"explain": "tone"}).json()["error"]
    assert asked["code"] == "unknown_field"
    assert "/v1/tag?" in asked["fix"], "it would have gone unheard"
    whole = b'--b\r\nContent-Disposition: form-data; name="photos"; filename="a"\r\n\r\nabc\r\n'
    for nameless in (b'name=""', b'name=""; filename="a"'):
        more = b"--b\r\nContent-Disposition: form-data; " + nameless + b"\r\n\r\nabc\r\n--b--\r\n"
        asked = client.post("/v1/tag", content=whole + more, headers=form).json()["error"]
        assert asked["code"] == "unknown_field", nameless
    assert client.post("/v1/tag", files=[("photos", ("", b""))]).status_code in {400, 422}
    assert client.get("/v1/tag").json()["error"]["code"] == "wrong_method"
    assert client.get("/v1/nothing").json()["error"]["code"] == "not_found"


def test_limits_apply_before_anything_is_decoded(ask: Callable[..., TestClient], photo: Photo) -> None:
    client = ask(limits=RequestLimits(photos=2, photo_bytes=2000, body_bytes=10_000, pixels=100))
    codes = [
        client.post("/v1/tag", files=files(*sent)).json()["error"]["code"]
        for sent in ([photo(1)] * 3, [photo(1), bytes(20_000)])
    ]
    assert codes == ["too_many_photos", "body_too_large"]
    large = Image.new("RGB", (11, 10))
    buffer = io.BytesIO()
    large.save(buffer, format="PNG")
    found = client.post("/v1/tag", files=files(bytes(2001), buffer.getvalue())).json()["photos"]
    assert [each["error"]["code"] for each in found] == ["too_large", "too_many_pixels"]


def test_the_labels_and_the_bundle_are_told() -> None:
    """On the bundle that ships, which has a hierarchy."""
    from modiste.serving.app import create_app

    bundle = read_bundle(default_bundle())
    with TestClient(create_app(Predictor(bundle, engine="onnxruntime")), base_url="http://localhost") as client:
        labels = client.get("/v1/labels").json()
        card = client.get("/v1/bundle").json()
    assert [each["name"] for each in labels["attributes"]] == [each.name for each in bundle.attributes]
    assert labels["attributes"][0]["display"] == {"en": "Class", "de": "Klasse", "fr": "Classe", "es": "Clase"}
    assert labels["hierarchy"] == ["masterCategory", "subCategory", "articleType", "Class"]
    assert ["Apparel", "Topwear", "Tshirts", "Tshirts"] in labels["paths"]
    assert card["card"] == bundle.card
    assert (card["width"], card["height"]) == (60, 80)


def test_health_is_told(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"status": "ready"}


def test_metrics_are_told(client: TestClient, photo: Photo) -> None:
    client.post("/v1/tag", files=files(photo(0), photo(255), b"none"))
    told = client.get("/metrics")
    assert told.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = told.text.splitlines()
    for line in (
        "# HELP modiste_requests_total Requests answered.",
        "# TYPE modiste_requests_total counter",
        'modiste_requests_total{method="POST",route="/v1/tag",status="200"} 1.0',
        'modiste_photos_total{outcome="answered"} 2.0',
        'modiste_photos_total{outcome="not_a_picture"} 1.0',
        'modiste_labels_total{attribute="tone",label="bright"} 1.0',
        'modiste_decisions_total{attribute="tone",decision="accept"} 1.0',
        'modiste_decisions_total{attribute="tone",decision="review"} 1.0',
        "modiste_out_of_distribution_photos_total 1.0",
        "modiste_request_seconds_count 1.0",
        "modiste_batch_photos_sum 2.0",
        "modiste_waiting_photos 0.0",
        "modiste_recent_answers 2.0",
    ):
        assert line in lines
    # Half of the answers are `dark`, as all of those on validation products are.
    (drift,) = (line.split()[1] for line in lines if line.startswith('modiste_drift{attribute="tone"'))
    assert float(drift) == pytest.approx(0.31128**0.5, abs=1e-4)


def test_the_openapi_document_is_complete(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    assert set(document["paths"]) >= {"/v1/tag", "/v1/labels", "/v1/bundle", "/healthz", "/readyz", "/metrics"}
    tag = document["paths"]["/v1/tag"]["post"]
    assert set(tag["responses"]) == {"200", "400", "401", "403", "408", "413", "415", "422", "503"}
    assert "HTTPValidationError" not in str(document)


def test_nothing_is_made_when_it_is_imported(brightness_bundle: Path) -> None:
    import modiste.serving.app as module

    assert {name for name in vars(module) if name.islower()} & {"app", "application", "predictor"} == set()
