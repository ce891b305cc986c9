"""The result file ``result.nc``: bytes of a result, and the live result or its dataset back."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from emisim.errors import BadInput, Place, fault, nearest
from emisim.io.archive import NotLive, archive, inputs_of, live, written_by
from emisim.io.netcdf import ARCHIVE, LABELS, contents, contents_bytes
from emisim.io.safe_write import settle
from emisim.simulate import Result

if TYPE_CHECKING:
    import h5py
    import xarray as xr

NAME = "result.nc"


def result_bytes(result: Result) -> bytes:
    """The result as a NetCDF-4 file, with all draws that it has kept; equal results give equal bytes."""
    held = contents(result)
    if result.uncertainty is not None and result.uncertainty.outcome is not None:
        from emisim.io.netcdf.uncertainty import with_draws

        held = with_draws(held, result.uncertainty)
    return contents_bytes(held, archive(result))


def without_draws(result: Result) -> Result:
    """The result without its single draws; what these say of it stays."""
    if result.uncertainty is None:
        return result
    return replace(result, uncertainty=replace(result.uncertainty, outcome=None))


def open_result(path: str | Path) -> Result:
    """The live result of a run: what ``emisim.run`` had returned, number for number.

    Parameters
    ----------
    path : run folder, or the file ``result.nc``.

    Returns
    -------
    Result
        Its single draws are there only if the run has kept them; its files are those of the run, also if they were changed since.

    Raises
    ------
    BadInput
        No result file, a damaged one, or one that another version of emisim wrote otherwise.
    """
    path = result_path(path)
    place = Place(path.as_posix())
    dataset = _loaded(path)
    if ARCHIVE not in dataset:
        raise BadInput([fault("opened.no_archive", place)])
    data = dataset[ARCHIVE].values.tobytes()
    try:
        return live(data, lambda name: dataset[name].values)
    except NotLive as error:
        raise BadInput([fault("opened.not_live", place, version=written_by(data) or "?", reason=str(error))]) from None
    except BadInput as bad:
        first = fault("opened.refused", place, version=written_by(data) or "?")
        raise BadInput([first, *bad.faults]) from None


def stored_inputs(path: str | Path) -> tuple[dict[str, bytes], str]:
    """(role → bytes of the files of the run, name of the inventory folder) that a result file keeps; path as in ``open_result``.

    Raises
    ------
    BadInput
        No result file, or a damaged one.
    """
    path = result_path(path)
    dataset, place = _loaded(path), Place(path.as_posix())
    if ARCHIVE not in dataset:
        raise BadInput([fault("opened.no_archive", place)])
    try:
        return inputs_of(dataset[ARCHIVE].values.tobytes())
    except NotLive as error:
        raise BadInput([fault("opened.not_live", place, version="?", reason=str(error))]) from None


def variables_of(data: bytes) -> dict[str, tuple[np.ndarray, str]]:
    """Variable → (its values, its attributes as text) of the bytes of a result file; those of the file itself stand under ``""``.

    Raises
    ------
    ValueError
        It is damaged.
    """
    import xarray as xr

    try:
        dataset = xr.load_dataset(io.BytesIO(data), engine="h5netcdf")
    except (OSError, KeyError, RuntimeError) as error:
        raise ValueError(str(error)) from None
    found = {str(name): (variable.values, repr(variable.attrs)) for name, variable in dataset.variables.items()}
    return {"": (np.empty(0), repr(dataset.attrs)), **found}


def open_dataset(path: str | Path) -> xr.Dataset:
    """The result file as a dataset with its texts as labels, so that ``ds.sel(measure="M11e", pollutant="NOx")`` works.

    Parameters
    ----------
    path : run folder, or the file ``result.nc``.

    Returns
    -------
    xarray.Dataset
        Emissions in t yr-1; every variable has its ``units``.

    Raises
    ------
    BadInput
        No result file, or a damaged one.
    """
    dataset = _loaded(result_path(path)).drop_vars(ARCHIVE, errors="ignore")
    for dim, label in LABELS.items():
        if dim in dataset.dims:
            dataset = dataset.assign_coords({dim: dataset[label].astype(str).data})
    return dataset


def result_path(path: str | Path) -> Path:
    """The result file of a run folder, or that file itself.

    Raises
    ------
    BadInput
        There is none.
    """
    path = Path(path)
    try:
        found = path / NAME if path.is_dir() else path
        settle(found.parent)
        if found.is_file() and path.suffix in (".yaml", ".yml"):
            raise BadInput([fault("opened.scenario", Place(path.as_posix()))])
        if found.is_file():
            return found
        if path.is_dir() and (path / "run.json").is_file():
            raise BadInput([fault("opened.left_out", Place(path.as_posix()))])
        runs = [p.parent.name for p in path.parent.glob(f"*/{NAME}")] if path.parent.is_dir() else []
    except (OSError, ValueError):
        runs = []
    raise BadInput([fault("opened.missing", Place(path.as_posix()), near=nearest(path.name, runs))])


def _loaded(path: Path) -> xr.Dataset:
    import h5py
    import xarray as xr

    try:
        with h5py.File(path, "r") as file:
            elsewhere = _leads_elsewhere(file)
        if elsewhere:
            raise BadInput([fault("opened.elsewhere", Place(path.as_posix()), name=elsewhere)])
        return xr.load_dataset(path, engine="h5netcdf")
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise BadInput([fault("opened.unreadable", Place(path.as_posix()), reason=str(error).splitlines()[0])]) from None


def _leads_elsewhere(file: h5py.File) -> str:
    """What in an HDF5 file is kept in other files, which a stranger may have chosen; empty if nothing is. emisim writes one group."""
    from h5py import Dataset, HardLink

    for name in file:
        if not isinstance(file.get(name, getlink=True), HardLink):
            return name
        thing = file[name]
        if not isinstance(thing, Dataset) or thing.external or thing.is_virtual:
            return name
    return ""
