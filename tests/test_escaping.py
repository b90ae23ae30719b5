import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from modiste.escaping import printable


@given(st.text())
def test_what_is_shown_is_one_line_and_does_nothing(text: str) -> None:
    shown = printable(text)
    assert len(shown.splitlines()) <= 1
    assert not {unicodedata.category(letter) for letter in shown} & {"Cc", "Cs", "Zl", "Zp"}
    shown.encode("utf-8")


def test_what_acts_is_an_escape() -> None:
    assert printable("a\x1b[31m\n\t\x7f\x9b") == r"a\x1b[31m\n\t\x7f\x9b"
    assert printable("\u202egpj.exe\u2066\ufeff\u2028") == r"\u202egpj.exe\u2066\ufeff\u2028"
    assert printable("a\udcffb") == r"a\udcffb"
    assert printable("\U000e0041") == r"\U000e0041"


def test_other_text_is_left_as_it_is() -> None:
    for text in (
        "zażółć – šaty.jpg",
        "日本 シャツ",
        "می‌خواهم",
        "👩‍👧",
        r"C:\photos\new",
        "[red]",
        "\N{NO-BREAK SPACE}",
    ):
        assert printable(text) == text
