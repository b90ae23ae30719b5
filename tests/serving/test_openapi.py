"""The API does what its OpenAPI document says, and answers nothing else, whatever it is asked (Schemathesis)."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, assume, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import positive_data_acceptance
from tests.serving.conftest import running

from modiste.portable.bundle import read_bundle
from modiste.portable.predictor import Predictor
from modiste.serving.app import create_app


@pytest.fixture(scope="module")
def app(brightness_bundle: Path) -> FastAPI:
    return create_app(Predictor(read_bundle(brightness_bundle), engine="onnxruntime", threads=1), key="k3y")


@pytest.fixture(scope="module")
def address(app: FastAPI) -> Iterator[str]:
    with running(app) as client:
        yield str(client.base_url)


@pytest.fixture
def described(app: FastAPI, address: str) -> schemathesis.BaseSchema:
    schema = schemathesis.openapi.from_dict(app.openapi())
    schema.config.base_url = address
    return schema


VALUELESS: list[Any] = [None, [], {}]

OPERATIONS = [
    ("POST", "/v1/tag"),
    ("GET", "/v1/labels"),
    ("GET", "/v1/bundle"),
    ("GET", "/metrics"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
]


def test_no_operation_is_left_out(app: FastAPI) -> None:
    described = app.openapi()["paths"]
    assert {(method.upper(), path) for path, methods in described.items() for method in methods} == set(OPERATIONS)


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_answer_is_as_described(
    described: schemathesis.BaseSchema, method: str, path: str, mode: GenerationMode
) -> None:
    operation = described[path][method]

    @settings(max_examples=60, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(operation.as_strategy(generation_mode=mode))
    def ask(case: schemathesis.Case[Any]) -> None:
        # A question without a value is not sent at all, and what is left may be as described.
        assume(not any(value in VALUELESS for value in (case.query or {}).values()))
        # What is described as a photo may be no picture, and is then refused.
        left_out = [positive_data_acceptance] if path == "/v1/tag" else []
        case.call_and_validate(headers={"Authorization": "Bearer k3y"}, excluded_checks=left_out)

    if mode is GenerationMode.POSITIVE:
        ask()
    else:
        # Not every operation can be asked wrongly.
        with suppress(Unsatisfiable):
            ask()
