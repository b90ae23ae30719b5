"""What a file of weights may be made of, looked at before Keras gets it.

HDF5 can say that an array lies in another file, is put together of other files' arrays, or is packed by a program that
is to be loaded. A checkpoint of ours holds plain arrays.
"""

from pathlib import Path

import h5py

__all__ = ["check_weights_file"]

NUMBERS = "biuf"
"""The kinds of NumPy's types that weights, and what an optimizer keeps, are of."""


def check_weights_file(path: Path) -> None:
    """Makes sure that an HDF5 file holds groups of plain arrays of numbers, all of it in the file.

    Raises:
        OSError: It cannot be read, or is no HDF5 file.
        TypeError: There are links in it, or things that are no arrays.
        ValueError: An array is of another type, lies elsewhere, or is not there.
    """
    with h5py.File(path, "r") as file:
        most, groups, seen = path.stat().st_size, [file], set()
        while groups:
            group = groups.pop()
            address = h5py.h5o.get_info(group.id).addr
            if address in seen:
                raise ValueError("a group comes twice")
            seen.add(address)
            for name in group:
                # Not what a link leads to: that would open another file.
                if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                    raise TypeError(f"{name!r} is a link")
                found = group[name]
                if isinstance(found, h5py.Group):
                    groups.append(found)
                elif isinstance(found, h5py.Dataset):
                    _check_array(found, most)
                else:
                    raise TypeError(f"{name!r} is no array")


def _check_array(array: h5py.Dataset, most: int) -> None:
    """Makes sure that an array's numbers, of at most so many bytes, are stored in its file as they are."""
    if array.shape is None or array.dtype.kind not in NUMBERS:
        raise ValueError(f"{array.name!r} holds no numbers")
    if array.external or array.is_virtual or array.id.get_create_plist().get_nfilters():
        raise ValueError(f"{array.name!r} lies in another file, or is packed")
    size = array.size * array.dtype.itemsize
    if size > most or array.id.get_storage_size() < size:
        raise ValueError(f"{array.name!r} says that it is larger than it is")
