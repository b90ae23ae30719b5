"""The figures that the real catalogue's README counts."""

import json
from typing import Any

import pytest
from tests.real.jobs import Done


@pytest.fixture(scope="module")
def report(inspected: Done) -> Any:
    return json.loads(inspected.printed)


def test_rows(report: Any) -> None:
    assert (report["rows"], report["repaired"], report["rejected"]) == (44446, 22, [])
    assert report["products"] == 44440
    assert [item["id"] for item in report["excluded"]] == [40826]
    assert len(report["reassigned"]) == 105


def test_pictures(report: Any) -> None:
    assert report["images"] == {
        "missing": [12347, 39401, 39403, 39410, 39425],
        "unreadable": [],
        "greyscale": 431,
        "odd_sized": 23,
        "identical_copies": 780,
        "copy_groups": 653,
    }


def test_values(report: Any) -> None:
    missing = {"baseColour": 15, "season": 21, "year": 1, "usage": 317, "productDisplayName": 7}
    assert {name: count for name, count in report["missing_values"].items() if count} == missing
    distinct = {"masterCategory": 7, "subCategory": 45, "articleType": 143, "gender": 5, "baseColour": 46}
    distinct |= {"season": 4, "usage": 8}
    found = report["distinct_values"]
    assert {name: found[name] for name in distinct} == distinct


def test_balance(report: Any) -> None:
    balance = report["balance"]
    values = {name: round(balance[name]["balance"], 4) for name in ("masterCategory", "subCategory", "articleType")}
    assert values == {"masterCategory": 0.6712, "subCategory": 0.6437, "articleType": 0.7308}
    assert balance["Class"]["values"] == 30
    assert balance["Class"]["balance"] >= 0.90
