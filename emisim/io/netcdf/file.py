"""A NetCDF-4 file by h5py alone: what the file holds, put down as the netCDF library does it.

xarray would write the same file, but importing it (and pandas with it) takes longer than everything else that a run does.

Source: NetCDF-4 format in HDF5, appendix C of the netCDF user's guide: a dimension is a dimension scale, ``_Netcdf4Dimid`` its number,
and a variable is attached to the scales of its dimensions and names them in ``_Netcdf4Coordinates``.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from emisim import __version__

if TYPE_CHECKING:
    import h5py

Variable = tuple[tuple[str, ...], Any, Mapping[str, Any]]  # dims, values, attributes
LARGE = 10_000  # numbers of a variable that is compressed
_NO_VARIABLE = "This is a netCDF dimension but not a netCDF variable."


@dataclass(frozen=True)
class Contents:
    """What a result file holds: name → (dims, values, attributes) of its variables and of its coordinates, and its own attributes."""

    variables: Mapping[str, Variable]
    coords: Mapping[str, Variable]
    attrs: Mapping[str, str]

    def sizes(self) -> dict[str, int]:
        """Dimension → length, in the order in which the variables name them."""
        every = (*self.variables.values(), *self.coords.values())
        return {dim: n for dims, values, _ in every for dim, n in zip(dims, np.shape(values), strict=True)}

    def related(self) -> Contents:
        """The same with the attribute ``coordinates`` where it is not given: on a variable the coordinates along its dimensions, on the file
        those that no variable names."""
        sizes = self.sizes()
        beside = {name: set(dims) for name, (dims, *_) in self.coords.items() if name not in sizes}
        variables, named = {}, set()
        for name, (dims, values, attrs) in self.variables.items():
            found = attrs.get("coordinates") or " ".join(sorted(c for c, along in beside.items() if along <= set(dims)))
            variables[name] = (dims, values, {**attrs, "coordinates": found} if found else attrs)
            named.update(found.split())
        rest = " ".join(sorted(set(beside) - named))
        return replace(self, variables=variables, attrs={**self.attrs, "coordinates": rest} if rest else self.attrs)


def file_bytes(contents: Contents, may_be_empty: tuple[str, ...], packed: Mapping[str, int]) -> bytes:
    """The bytes of a NetCDF-4 file; equal contents give equal bytes.

    Parameters
    ----------
    may_be_empty : variables that have no value somewhere, which is NaN.
    packed : variable → how hard it is compressed, of those where this is not left to its size.
    """
    import h5py

    stream, contents = io.BytesIO(), contents.related()
    with h5py.File(stream, "w", track_order=True) as file:
        library = f"version=2,emisim={__version__},hdf5={h5py.version.hdf5_version},h5py={h5py.__version__}"
        for name, value in {**contents.attrs, "_NCProperties": np.bytes_(library.encode())}.items():
            _attribute(file, name, value)
        scales: dict[str, h5py.Dataset] = {}
        for number, (dim, size) in enumerate(contents.sizes().items()):
            own = contents.coords.get(dim)
            scale = _dataset(file, dim, np.asarray(own[1])) if own else file.create_dataset(dim, (size,), ">f4", track_order=True)
            _attribute(scale, "_Netcdf4Dimid", np.int32(number))
            scale.make_scale(dim if own else f"{_NO_VARIABLE}{size:10}")
            scales[dim] = scale
        numbers = {dim: number for number, dim in enumerate(scales)}
        for name, (dims, values, attrs) in {**contents.variables, **contents.coords}.items():
            empty = name in may_be_empty
            thing = scales.get(name) or _dataset(file, name, np.asarray(values), empty, packed.get(name))
            if dims:
                _attribute(thing, "_Netcdf4Coordinates", np.array([numbers[d] for d in dims], np.int32))
            if name not in scales:
                for k, dim in enumerate(dims):
                    thing.dims[k].attach_scale(scales[dim])
                if dims:
                    _attribute(thing, "_Netcdf4Dimid", np.int32(numbers[dims[0]]))
            for key, value in ({"_FillValue": np.array([np.nan]), **attrs} if empty else attrs).items():
                _attribute(thing, key, value)
    return stream.getvalue()


def _dataset(file: h5py.File, name: str, values: np.ndarray, empty: bool = False, level: int | None = None) -> h5py.Dataset:
    """A dataset with its values, compressed if it is large or if ``level`` says how."""
    import h5py

    filters: dict[str, Any] = {}
    if level is not None:
        filters = {"compression": "gzip", "compression_opts": level}
    elif values.dtype.kind == "f" and values.size > LARGE:
        filters = {"compression": "gzip", "compression_opts": 1, "shuffle": True}
    kind = h5py.string_dtype() if values.dtype.kind == "O" else values.dtype
    fill = np.nan if empty else None
    return file.create_dataset(name, values.shape, kind, values, fillvalue=fill, track_order=True, **filters)


def _attribute(thing: h5py.HLObject, name: str, value: Any) -> None:
    """Write a new attribute. h5py's own way looks each time whether there is one of that name, which takes thrice as long."""
    from h5py import h5a, h5s, h5t, string_dtype

    values = np.asarray(value, string_dtype()) if isinstance(value, str) else np.asarray(value)
    space = h5s.create_simple(values.shape) if values.shape else h5s.create(h5s.SCALAR)
    h5a.create(thing.id, name.encode(), h5t.py_create(values.dtype, logical=True), space).write(values)
