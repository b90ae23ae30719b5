from pathlib import Path

import pytest

from modiste.cli.main import main
from modiste.workflows.export import ExportResult
from modiste.workflows.quantise import Cost


@pytest.mark.parametrize(
    ("lost", "said"), [(0.0, "+0.00"), (0.00004, "+0.00"), (-0.00004, "+0.00"), (0.0012, "-0.12"), (-0.0012, "+0.12")]
)
def test_a_loss_that_rounds_to_nothing_has_no_minus(
    lost: float, said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    cost = Cost(products=10_000, changed=7, lost=lost)
    made = ExportResult(Path("a.modiste"), 1, checked=9, converted=0.0, stored=0.0, int8=True, cost=cost)
    monkeypatch.setattr("modiste.workflows.export.export", lambda *_, **__: made)
    main(["export", "run", "a.modiste"])
    assert capsys.readouterr().out.endswith(f"7 of 10,000 validation answers change, accuracy by {said} points\n")


def test_a_network_that_cannot_be_quantised_is_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = ExportResult(Path("a.modiste"), 1, checked=9, converted=0.0, stored=0.0, int8=False, cost=None)
    monkeypatch.setattr("modiste.workflows.export.export", lambda *_, **__: made)
    main(["export", "run", "a.modiste"])
    told = "it computes in float32: only efficientnet-lite0 can be made to compute in 8 bits\n"
    assert capsys.readouterr().out.endswith(told)
    main(["export", "run", "a.modiste", "--float"])
    assert told not in capsys.readouterr().out
