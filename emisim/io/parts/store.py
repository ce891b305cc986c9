"""Every source of a run in parts, as a Zarr store: written as the parts come, chunk by chunk, so that no process ever holds the whole.

Dimensions and attributes are those of result.nc; xarray opens it with ``xarray.open_zarr``. The store is made beside the old one and takes its place
when it is whole.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np

from emisim.errors import BadInput, Place, fault

CHUNK = 2**16  # sources
NAME = "sources.zarr"
_MAKING, _GOING = f".{NAME}.new", f".{NAME}.old"
_LONG = MappingProxyType(
    {
        "emission_base": "emission of the base year",
        "emission_reference": "emission with existing measures, level at 31 December",
        "emission_plan": "emission with the plan, level at 31 December",
        "calendar_plan": "emission with the plan, mean rate of the calendar year",
        "in_official_total": "whether the source counts in the official totals",
    }
)
_DIMS = ("source", "pollutant", "time")


class Store:
    """A store that is being filled.

    Parameters
    ----------
    folder : the run folder. sources : how many will come. widths : of texts: name → letters of the longest. pollutants, years : of the run.
    attributes : of the store.
    """

    def __init__(
        self,
        folder: Path,
        sources: int,
        widths: Mapping[str, int],
        pollutants: tuple[str, ...],
        years: tuple[int, ...],
        attributes: Mapping[str, str],
    ):
        self.folder, self.sources, self.widths = folder, sources, widths
        self.rows = 0
        self._held: dict[str, list[np.ndarray]] = {}
        self._arrays: dict = {}
        try:
            import zarr
        except ImportError:
            raise BadInput([fault("parts.no_zarr")]) from None
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for left in (_MAKING, _GOING):
                shutil.rmtree(folder / left, ignore_errors=True)
            self._group = zarr.create_group(folder / _MAKING, zarr_format=2, attributes=dict(attributes))
        except OSError as error:
            raise BadInput([fault("file.unwritable", Place(folder.as_posix()), reason=error.strerror or str(error))]) from None
        self._put("pollutant", np.array(pollutants), ("pollutant",), {})
        self._put("time", np.array(years, np.int32), ("time",), {"long_name": "year"})

    def add(self, values: Mapping[str, np.ndarray]) -> None:
        """Add the next sources: name → (row, …)."""
        for name, array in values.items():
            self._held.setdefault(name, []).append(array)
        held = sum(map(len, self._held["source_id"]))
        if held >= CHUNK:
            self._write(held - held % CHUNK)

    def close(self) -> None:
        """Write what is left, and let the store take its place.

        Raises
        ------
        BadInput
            It cannot be written.
        """
        import zarr

        try:
            self._write(sum(map(len, self._held.get("source_id", ()))))
            zarr.consolidate_metadata(self._group.store)
            old, new = self.folder / NAME, self.folder / _MAKING
            if old.exists():
                old.rename(self.folder / _GOING)
            new.rename(old)
            shutil.rmtree(self.folder / _GOING, ignore_errors=True)
        except OSError as error:
            raise BadInput(
                [fault("file.unwritable", Place(self.folder.as_posix()), reason=error.strerror or str(error))]
            ) from None

    def drop(self) -> None:
        """Leave nothing behind."""
        shutil.rmtree(self.folder / _MAKING, ignore_errors=True)

    def _write(self, count: int) -> None:
        """Write the first ``count`` of the rows that are held."""
        for name, some in self._held.items():
            values = some[0] if len(some) == 1 else np.concatenate(some)
            self._held[name] = [values[count:]]
            if name not in self._arrays:
                self._arrays[name] = self._new(name, values)
            self._arrays[name][self.rows : self.rows + count] = values[:count]
        self.rows += count

    def _new(self, name: str, like: np.ndarray):
        kind = np.dtype(f"U{self.widths[name]}") if name in self.widths else like.dtype
        chunks = (CHUNK, *like.shape[1:])
        attributes = {"long_name": _LONG[name]} if name in _LONG else {}
        if like.ndim > 1:
            attributes["units"] = "t yr-1"
        return self._array(name, (self.sources, *like.shape[1:]), chunks, kind, _DIMS[: like.ndim], attributes)

    def _put(self, name: str, values: np.ndarray, dims: tuple[str, ...], attributes: Mapping[str, str]) -> None:
        self._array(name, values.shape, values.shape, values.dtype, dims, attributes)[:] = values

    def _array(self, name, shape, chunks, dtype, dims, attributes):
        fill = np.nan if np.dtype(dtype).kind == "f" else None  # what xarray takes for missing: no zero is
        array = self._group.create_array(name, shape=shape, chunks=chunks, dtype=dtype, fill_value=fill)
        array.attrs.update({"_ARRAY_DIMENSIONS": list(dims), **attributes})
        return array
