"""Photos in files and in memory, and the entries that they belong to."""

import io
import pickle
import zipfile
from concurrent.futures import ThreadPoolExecutor
from hashlib import blake2b
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from modiste.catalogue.pictures import FolderPictures, ZipPictures
from modiste.dataset.geometry import Size
from modiste.errors import CatalogueError, ImageError
from modiste.tagging.photos import FilePhoto, MemoryPhoto
from modiste.tagging.sources import find_photos

SIZE = Size(6, 8)


def jpeg(picture: Image.Image, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "jpeg", quality=95, **options)
    return buffer.getvalue()


@pytest.fixture
def large() -> Image.Image:
    """A picture whose upper half is bright."""
    pixels = np.zeros((80, 60, 3), np.uint8)
    pixels[:40] = 255
    return Image.fromarray(pixels)


def test_a_file_and_its_bytes_are_the_same_photo(large: Image.Image, tmp_path: Path) -> None:
    data = jpeg(large)
    (tmp_path / "a.jpg").write_bytes(data)
    one, other = FilePhoto("a.jpg", FolderPictures(tmp_path), "a.jpg"), MemoryPhoto("a.jpg", data)
    (pixels, digest), (same, too) = one.load(SIZE), other.load(SIZE)
    assert pixels.shape == (8, 6, 3)
    assert (pixels == same).all()
    assert digest == too == blake2b(data, digest_size=16).hexdigest()
    assert one.load(SIZE, digest=False)[1] is other.load(SIZE, digest=False)[1] is None
    assert one.picture().tobytes() == other.picture().tobytes()


def test_a_picture_s_digest_is_that_of_its_pixels_and_its_shape(large: Image.Image) -> None:
    def digest(picture: Image.Image) -> str | None:
        return MemoryPhoto("", picture).load(SIZE)[1]

    even = [Image.new("RGB", size, "white") for size in ((60, 80), (80, 60))]
    assert len({digest(large), digest(large.rotate(180)), *map(digest, even)}) == 4
    assert digest(large) == digest(large.copy()) == digest(Image.fromarray(np.asarray(large)))
    assert MemoryPhoto("", large).load(SIZE, digest=False)[1] is None


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA", "CMYK", "1", "I;16"])
def test_a_picture_of_any_mode_looks_as_its_file_does(large: Image.Image, mode: str) -> None:
    picture = (
        large.convert("L").convert("I").point(lambda value: value * 257).convert(mode) if mode == "I;16" else large
    )
    picture = picture.convert(mode)
    if mode in {"LA", "RGBA"}:
        picture.putalpha(Image.linear_gradient("L").resize(picture.size))
    buffer = io.BytesIO()
    picture.save(buffer, "tiff" if mode == "CMYK" else "png")
    of_picture, of_file = (MemoryPhoto("", each).load(SIZE)[0] for each in (picture, buffer.getvalue()))
    assert (of_picture == of_file).all()
    assert of_file[0].mean() > 200


def test_a_picture_is_turned_upright(large: Image.Image) -> None:
    turned = Image.Exif()
    turned[274] = 3  # upside down
    data = jpeg(large.rotate(180), exif=turned)
    opened = Image.open(io.BytesIO(data))
    for content in (data, opened):
        pixels, _ = MemoryPhoto("", content).load(SIZE)
        assert pixels[0].min() > 250
        assert pixels[-1].max() < 5
    assert np.asarray(opened)[0].max() < 5, "the caller's picture stays as it was"


def test_a_picture_that_was_opened_and_cannot_be_read_says_so(large: Image.Image, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (80, 60, 3), dtype=np.uint8)
    cut = Image.open(io.BytesIO(jpeg(Image.fromarray(noise))[:-300]))
    with pytest.raises(ImageError, match=r"damaged .*truncated"):
        MemoryPhoto("", cut).load(SIZE)
    large.save(tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as closed:
        pass
    with pytest.raises(ImageError, match="its file was closed before it was read"):
        MemoryPhoto("", closed).load(SIZE)


def test_a_picture_that_is_too_large_says_so(large: Image.Image) -> None:
    buffer = io.BytesIO()
    large.save(buffer, "png")
    for content in (large, buffer.getvalue()):
        photo = MemoryPhoto("", content)
        assert photo.load(SIZE, max_pixels=4800)[0].shape == (8, 6, 3)
        for way in (photo.picture, lambda max_pixels, photo=photo: photo.load(SIZE, max_pixels=max_pixels)):
            with pytest.raises(ImageError, match="60x80 pixels, more than 4,799; allow it with --max-pixels 4800"):
                way(max_pixels=4799)


def test_threads_may_share_a_picture_that_nobody_has_read_yet() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (1500, 1000, 3), dtype=np.uint8)
    data = jpeg(Image.fromarray(pixels))
    expected = MemoryPhoto("", data).load(SIZE)[0]
    for _ in range(5):
        opened = MemoryPhoto("", Image.open(io.BytesIO(data)))
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(lambda _, photo=opened: photo.load(SIZE)[0], range(4)))
        assert all((each == expected).all() for each in found)


def test_photos_travel(shades: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as archive:
        archive.write(shades / "grey.png", "deep/grey.png")
    entries = find_photos([shades / "dark.png", tmp_path / "photos.zip"])
    arrived = pickle.loads(pickle.dumps(entries))
    assert [entry.id for entry in arrived] == [entry.id for entry in entries]
    for one, other in zip(entries, arrived, strict=True):
        assert (one.photos[0].load(SIZE)[0] == other.photos[0].load(SIZE)[0]).all()
    assert len(pickle.dumps(list(entries))) < 1000


def test_a_zip_travels_as_its_path(shades: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as archive:
        for number in range(200):
            archive.write(shades / "grey.png", f"{number}.png")
    data = pickle.dumps(ZipPictures(tmp_path / "photos.zip"))
    assert len(data) < 500
    assert pickle.loads(data).read("7.png") == (shades / "grey.png").read_bytes()
    (tmp_path / "photos.zip").unlink()
    with pytest.raises(CatalogueError, match=r"photos\.zip: cannot be read as a zip"):
        pickle.loads(data)
