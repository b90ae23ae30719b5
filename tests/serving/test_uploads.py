"""Forms as they arrive, in pieces of any size, and the limits that hold meanwhile."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modiste.errors import BusyError, RequestError
from modiste.serving.uploads import MAX_FIELDS, Form, RequestLimits, UploadBudget, photos_of, read_form

KIND = "multipart/form-data; boundary=mark"


def form(*parts: tuple[str, bytes]) -> bytes:
    body = b"".join(
        b'--mark\r\nContent-Disposition: form-data; name="photos"; filename="%s"\r\n\r\n%s\r\n' % (name.encode(), data)
        for name, data in parts
    )
    return body + b"--mark--\r\n"


def read(body: bytes, *, sizes: list[int] | None = None, limits: RequestLimits | None = None, kind: str = KIND) -> Form:
    async def chunks() -> AsyncIterator[bytes]:
        start = 0
        for size in sizes or [len(body)]:
            yield body[start : start + size]
            start += size
        yield body[start:]

    async def run() -> Form:
        with UploadBudget(limits or RequestLimits()).reserve() as reservation:
            return await read_form(kind, chunks(), reservation)

    return asyncio.run(run())


@given(st.lists(st.binary(max_size=80), min_size=1, max_size=4), st.lists(st.integers(0, 60), max_size=12))
def test_the_pieces_in_which_a_form_arrives_do_not_matter(files: list[bytes], sizes: list[int]) -> None:
    files = [data.replace(b"--mark", b"") for data in files]
    found = read(form(*((f"{place}.png", data) for place, data in enumerate(files))), sizes=sizes)
    assert [bytes(each.data) for each in found.files] == files
    assert [each.name for each in found.files] == [f"{place}.png" for place in range(len(files))]


def test_fields_are_text() -> None:
    body = b'--mark\r\nContent-Disposition: form-data; name="who"\r\n\r\nAda \xff\r\n--mark--\r\n'
    assert read(body).fields == {"who": "Ada \N{REPLACEMENT CHARACTER}"}


def test_names_are_names_and_nothing_else() -> None:
    found = read(form(("../../etc/passwd", b"x"), ("a" * 1000 + ".png", b"x")))
    assert found.files[0].name == "../../etc/passwd"
    assert len(found.files[1].name) == 255
    assert found.files[1].name.endswith(".png")


def test_a_refusal_does_not_repeat_a_name_without_end() -> None:
    body = form(("a", b"x")).replace(b'name="photos"', b'name="%s"' % (b"n" * 100_000))
    with pytest.raises(RequestError) as refused:
        photos_of(read(body))
    assert len(refused.value.what) < 300


def test_a_photo_that_is_too_large_is_not_kept() -> None:
    found = read(form(("a", bytes(11)), ("b", bytes(10))), limits=RequestLimits(photo_bytes=10))
    assert [(each.too_large, len(each.data)) for each in found.files] == [(True, 0), (False, 10)]


@pytest.mark.parametrize(
    ("limits", "status"),
    [(RequestLimits(photos=1), 413), (RequestLimits(body_bytes=100), 413), (RequestLimits(total_bytes=100), 503)],
)
def test_too_much_is_refused(limits: RequestLimits, status: int) -> None:
    with pytest.raises(RequestError) as refused:
        read(form(("a", bytes(60)), ("b", bytes(60))), limits=limits)
    assert refused.value.status == status


def test_too_many_requests_are_refused_and_room_comes_back() -> None:
    budget = UploadBudget(RequestLimits(concurrent_requests=1, total_bytes=10))
    with budget.reserve() as reservation:
        reservation.take(10)
        with pytest.raises(BusyError), budget.reserve():
            pass
    with budget.reserve() as reservation:
        reservation.take(10)


def test_a_form_that_takes_too_long_is_refused() -> None:
    async def trickle() -> AsyncIterator[bytes]:
        for _ in range(1000):
            yield b"-"
            await asyncio.sleep(0.01)

    async def run() -> None:
        with UploadBudget(RequestLimits(body_seconds=0.05)).reserve() as reservation:
            await read_form(KIND, trickle(), reservation)

    with pytest.raises(RequestError) as refused:
        asyncio.run(run())
    assert refused.value.status in {400, 408}


@pytest.mark.parametrize("kind", ["", "text/plain", "multipart/form-data", "application/x-www-form-urlencoded"])
def test_another_kind_of_body_is_refused(kind: str) -> None:
    with pytest.raises(RequestError) as refused:
        read(b"", kind=kind)
    assert refused.value.status == 415


def test_a_form_without_a_photo_has_none() -> None:
    with pytest.raises(RequestError, match="no photo"):
        photos_of(read(form(("", b""))))


def field(name: str, value: str) -> bytes:
    return f'--mark\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()


@pytest.mark.parametrize("names", [["a"], ["a", "b"], [""]])
def test_fields_of_one_name_count_like_others(names: list[str]) -> None:
    """By their names alone there would be no end of them, and the service would answer nobody else meanwhile."""
    fields = [field(names[number % len(names)], "x") for number in range(MAX_FIELDS + 1)]
    assert read(b"".join(fields[:-1]) + b"--mark--\r\n").fields == dict.fromkeys(names, "x")
    arrived = []

    async def body() -> AsyncIterator[bytes]:
        for each in fields * 100:
            arrived.append(each)
            yield each

    async def run() -> None:
        with UploadBudget(RequestLimits()).reserve() as reservation:
            await read_form(KIND, body(), reservation)

    with pytest.raises(RequestError) as refused:
        asyncio.run(run())
    assert refused.value.code == "too_many_fields"
    assert len(arrived) <= len(fields) + 1


def test_a_form_is_refused_at_the_first_field_that_is_wrong() -> None:
    arrived = []

    async def body() -> AsyncIterator[bytes]:
        for each in [field("token", "wrong"), field("photos", "x"), field("photos", "x")]:
            arrived.append(each)
            yield each

    def check(name: str, value: str) -> None:
        if (name, value) == ("token", "wrong"):
            raise RequestError(403, "stale_page", "this page is out of date")

    async def run() -> None:
        with UploadBudget(RequestLimits()).reserve() as reservation:
            await read_form(KIND, body(), reservation, check)

    with pytest.raises(RequestError, match="out of date"):
        asyncio.run(run())
    assert len(arrived) == 2, "a field ends where the next part begins"
