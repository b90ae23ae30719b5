from modiste.catalogue.omissions import Omissions


def test_what_is_passed_over_is_counted_by_reason_and_the_first_are_named() -> None:
    found = Omissions()
    for number in range(4):
        found.add("no pictures", f"{number}.txt")
    found.add("hidden files", ".DS_Store")
    assert [str(each) for each in found] == [
        "passed over, no pictures: 4 (0.txt, 1.txt, 2.txt, ...)",
        "passed over, hidden files: 1 (.DS_Store)",
    ]


def test_what_others_counted_is_added() -> None:
    first, second = Omissions(), Omissions()
    first.add("no pictures", "a.txt")
    second.add("no pictures", "b.txt")
    first.extend(second)
    assert [each.as_json() for each in first] == [{"reason": "no pictures", "count": 2, "examples": ["a.txt", "b.txt"]}]
