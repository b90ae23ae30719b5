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
