import pytest

from modiste.cli.show import print_table


def test_what_is_no_terminal_gets_tables_whole(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    names = ["name " * 10 + str(number) for number in range(3)]
    print_table("A title", ["masterCategory", *names], [("x" * 60, 1, 2, "[red]3[/red]")])
    title, *_, header, rule, row = capsys.readouterr().out.rstrip().splitlines()
    assert title.strip() == "A title"
    assert all(name in header for name in names)
    assert "x" * 60 in row
    assert row.endswith("[red]3[/red]")
    assert len(rule) < 300
