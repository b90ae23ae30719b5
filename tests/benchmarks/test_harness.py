"""Every benchmark's command line, and at the smallest size those that need no peer; no test looks at a time."""

from dataclasses import replace
from importlib import import_module
from pathlib import Path

import polars as pl
import pytest
from tests.brightness import brightness_bundle as make_brightness_bundle

from benchmarks import candidates, own_photos, training_step
from benchmarks.__main__ import FULL, OPTIONS, SHORT
from benchmarks.harness import RESULTS, Benchmark
from modiste.portable.bundle import write_bundle
from modiste.workflows.export import ExportResult
from modiste.workflows.pipeline import RunResult

FOLDER = RESULTS.parent
NAMES = sorted(path.stem for path in FOLDER.glob("*.py") if "\nBENCHMARK = " in path.read_text(encoding="utf-8"))


def benchmark(name: str) -> Benchmark:
    found: Benchmark = import_module(f"benchmarks.{name}").BENCHMARK
    return found


def table_of(name: str, folder: Path, *words: object) -> pl.DataFrame:
    """The table that a benchmark writes, which must have the columns of the one that the pages are written from."""
    shared = ("--rounds", 1, "--work", folder / "work", "--out", folder / "table.csv")
    found = benchmark(name)
    found.write(found.setup([str(word) for word in (*words, *shared)]))
    table = pl.read_csv(folder / "table.csv")
    # The version of each engine that took part has a column.
    assert set(table.columns) ^ set(pl.read_csv(RESULTS / f"{name}.csv").columns) <= {"onnxruntime", "openvino"}
    return table


def test_each_has_help_and_the_name_of_its_module(capsys: pytest.CaptureFixture[str]) -> None:
    assert set(NAMES) == {name.partition("-")[0] for name in SHORT} | {"own_photos", "training_step"}
    for name in NAMES:
        assert benchmark(name).name == name
        with pytest.raises(SystemExit) as stop:
            benchmark(name).setup(["--help"])
        assert stop.value.code == 0
        assert f"{name}.csv" in capsys.readouterr().out.replace("\n", "").replace(" ", "")


def test_each_takes_what_make_bench_gives_it(tmp_path: Path) -> None:
    for name, size in [*SHORT.items(), *FULL.items()]:
        options = [(f"--{option}", "value") for option, those in OPTIONS.items() if name in those]
        words = [word for option in options for word in option]
        benchmark(name.partition("-")[0]).setup([*size, *words, "--work", str(tmp_path)])


def test_growth(drawn_catalogue: Path, brightness_bundle: Path, tmp_path: Path) -> None:
    photos = ("--catalogue", drawn_catalogue, "--photos", 2, 4)
    table = table_of("growth", tmp_path, *photos, "--bundle", brightness_bundle, "--engine", "onnxruntime")
    assert table["photos"].to_list() == [2, 4]
    assert table["times_the_first"][0] == 1
    assert (table["peak_megabytes"] > 10).all()


def test_mixed_requests(drawn_catalogue: Path, brightness_bundle: Path, tmp_path: Path) -> None:
    words = ("--catalogue", drawn_catalogue, "--bundle", brightness_bundle, "--requests", 300)
    table = table_of("mixed", tmp_path, *words, "--engine", "onnxruntime")
    assert table["requests"][-1] == 300
    assert table["descriptors"][-1] < 100, "all connections are closed at the end"


def test_candidates_are_added_to_those_that_the_table_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "ENGINES", ("onnxruntime",))
    known = {"metrics": {"tone": {"accuracy": {"value": 0.75}}}}
    write_bundle(tmp_path / "known.modiste", replace(make_brightness_bundle(), card=known))
    one, other = (f"{name}={tmp_path / 'known.modiste'}" for name in ("one", "other"))
    assert table_of("candidates", tmp_path, other, "--photos", 1)["candidate"].to_list() == ["other"]
    table = table_of("candidates", tmp_path, one, other, "--photos", 1)
    assert table["candidate"].to_list() == ["one", "other"]
    assert table["accuracy"].to_list() == [0.75, 0.75]


def test_a_training_s_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training_step, "BATCH", 2)
    monkeypatch.setattr(training_step, "VARIANTS", dict(list(training_step.VARIANTS.items())[:2]))
    table = table_of("training_step", tmp_path)
    assert table["variant"].to_list() == ["Keras as it comes", "+ fused Adam"]
    assert table["ratio"][0] == 1


def test_what_a_bundle_loses(small_run: RunResult, small_export: ExportResult, tmp_path: Path) -> None:
    bundle = ("--bundle", small_export.bundle, "--engine", "onnxruntime")
    table = table_of("quantisation", tmp_path, "--run", small_run.run, *bundle)
    assert table["work"].to_list() == [f"accuracy of {name}" for name in small_run.schema.names]
    accuracies = [each.scores.accuracy.value for each in small_run.scores["holdout"].values()]
    assert table["peer_median"].to_list() == pytest.approx(accuracies, abs=1e-4)
    assert table["ours_median"].to_list() == pytest.approx(accuracies, abs=0.1)  # float32, and yet not the same


def test_own_photos_are_drawn_into_a_folder_per_class(tmp_path: Path) -> None:
    count = own_photos.draw_photos(tmp_path / "photos", 20)
    assert len(list((tmp_path / "photos").glob("*/*.jpg"))) == count > 15
