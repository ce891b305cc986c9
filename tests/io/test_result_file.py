"""The result file gives the live result back: every number, every word, every draw that was kept."""

import dataclasses
import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from small import action, measure, plan
from small import run as run_small
from vague import county

import tiny
from emisim import open_dataset, open_result, run, summarise, to_dataset
from emisim.errors import BadInput, Place
from emisim.io.config_file import load
from emisim.io.netcdf import ARCHIVE, MAY_BE_EMPTY
from emisim.io.result_file import result_bytes, without_draws
from emisim.model import Model
from emisim.report.markdown import markdown

ROWS = {"source_id": "kiln", "activity": 100.0, "factor": 1.0}


def same(a, b, where="result", seen=()):
    """Field by field; functions and laws of scipy are made anew, and files are called as the scenario calls them."""
    if callable(a) and not dataclasses.is_dataclass(a) or "scipy" in type(a).__module__:
        return
    assert type(a) is type(b), where
    if isinstance(a, np.ndarray):
        assert (a.dtype, a.shape, a.tolist() if a.dtype == object else a.tobytes()) == (
            b.dtype, b.shape, b.tolist() if b.dtype == object else b.tobytes(),
        ), where  # fmt: skip
    elif isinstance(a, Place):
        assert (Path(a.file).name, a.line, a.column) == (Path(b.file).name, b.line, b.column), where
    elif isinstance(a, Model):
        assert a == b, where
    elif dataclasses.is_dataclass(a):
        if id(a) not in seen:
            for field in dataclasses.fields(a):
                same(getattr(a, field.name), getattr(b, field.name), f"{where}.{field.name}", (*seen, id(a)))
    elif isinstance(a, Mapping):
        assert list(a) == list(b), where
        for key in a:
            same(a[key], b[key], f"{where}[{key}]", seen)
    elif isinstance(a, (tuple, list)):
        assert len(a) == len(b), where
        for k, (x, y) in enumerate(zip(a, b, strict=True)):
            same(x, y, f"{where}[{k}]", seen)
    elif where.endswith("records.folder"):
        assert Path(a).name == Path(b).name, where
    else:
        assert a == b or (a != a and b != b), where


def kept(result, folder) -> Path:
    path = folder / "result.nc"
    path.write_bytes(result_bytes(result))
    return path


SHIPPED = (
    ("mengjin-2025", {}),
    ("yichuan-2025-ambitious", {}),
    ("yichuan-2025", {"draws": 64, "seed": 5}),
)


@pytest.fixture(scope="module", params=SHIPPED, ids=lambda p: p[0])
def shipped(request, tmp_path_factory):
    """A result, and what its file gives back."""
    name, asked = request.param
    result = run(tiny.ROOT / "scenarios" / f"{name}.yaml", **asked)
    return result, open_result(kept(result, tmp_path_factory.mktemp("run")))


def test_the_live_result_comes_back_exactly(shipped):
    same(*shipped)


def test_what_is_made_of_it_is_the_same(shipped):
    result, back = shipped
    assert json.dumps(summarise(back)) == json.dumps(summarise(result))
    assert to_dataset(back).identical(to_dataset(result))
    assert result_bytes(back) == result_bytes(result)
    assert markdown(back, "zh") == markdown(result, "zh")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The folder of the tiny project, drawn, with other readings beside it, and its result."""
    folder = tiny.copy(tmp_path_factory.mktemp("tiny"))
    path = folder / "scenario.yaml"
    more = "uncertainty:\n  draws: 64\n  seed: 2\nensemble:\n  switches: all\n  wording: all\n"
    path.write_text(path.read_text(encoding="utf-8") + more, encoding="utf-8")
    return folder, run(path)


@pytest.fixture(scope="module")
def content(made) -> bytes:
    return result_bytes(made[1])


@pytest.fixture
def file(content, tmp_path) -> Path:
    """A result file of its own."""
    path = tmp_path / "result.nc"
    path.write_bytes(content)
    return path


def test_draws_come_back_where_they_were_kept(made, file, tmp_path):
    result = made[1]
    assert result.ensemble is not None
    same(result, open_result(file))
    plain = open_result(kept(without_draws(result), tmp_path))
    assert plain.uncertainty.outcome is None
    assert json.dumps(summarise(plain)) == json.dumps(summarise(result))


def test_changes_of_the_command_line_come_back(tmp_path):
    scenario = tiny.ROOT / "scenarios" / "mengjin-2025.yaml"
    changes = [(("measures", "without"), ["M20d"], "--without M20d"), (("delay", "M08"), "6mo", "--delay M08=6mo")]
    result = run(load(scenario, changes=changes))
    back = open_result(kept(result, tmp_path))
    assert "M20d" not in back.bound.names and back.scenario.delay == {"M08": "6mo"}
    same(result, back)


def test_the_files_of_the_run_are_inside_byte_by_byte(made, file, tmp_path):
    import xarray as xr

    assert not (tmp_path / "scenario.yaml").exists() and open_result(file).scenario.scenario == "tiny-2025"
    with zipfile.ZipFile(io.BytesIO(xr.load_dataset(file, engine="h5netcdf")[ARCHIVE].values.tobytes())) as archive:
        for role in ("sources.csv", "factors.csv", "growth.csv"):
            assert archive.read(f"inputs/{role}") == next(made[0].rglob(role)).read_bytes()
        for role in ("scenario", "plan"):
            assert archive.read(f"inputs/{role}") == (made[0] / f"{role}.yaml").read_bytes()


def test_names_in_it_do_not_depend_on_where_a_run_is_started(made, content, monkeypatch):
    monkeypatch.chdir(made[0])
    assert result_bytes(run(Path("scenario.yaml"))) == content


def test_activity_times_factor_is_emission(shipped):
    dataset = to_dataset(shipped[0])
    for which in ("reference", "plan"):
        product = (dataset[f"activity_{which}"] * dataset[f"factor_{which}"]).transpose("source", "pollutant", "time")
        emission = dataset[f"emission_{which}"].values
        gone = dataset[f"activity_{which}"].values == 0
        np.testing.assert_array_equal(np.isnan(product.values).any(axis=1), gone)
        np.testing.assert_allclose(np.nan_to_num(product.values), np.where(gone[:, None], 0.0, emission), rtol=1e-12)
    assert not np.isnan(dataset.factor_base.values).any()


@pytest.mark.parametrize("engine", ["h5netcdf", "netcdf4"])
def test_the_file_is_the_one_that_xarray_would_write(shipped, tmp_path, engine):
    """Dimensions, variables, types, attributes and what is missing, as both libraries read them."""
    import xarray as xr

    pytest.importorskip({"netcdf4": "netCDF4"}.get(engine, engine))
    result = shipped[0]
    mine, theirs = kept(without_draws(result), tmp_path), tmp_path / "theirs.nc"
    dataset = to_dataset(result)
    floats = {
        n: {"_FillValue": np.nan if n in MAY_BE_EMPTY else None} for n, v in dataset.variables.items() if v.dtype.kind == "f"
    }
    dataset.to_netcdf(theirs, engine="h5netcdf", encoding=floats)
    with (
        xr.open_dataset(mine, engine=engine, decode_cf=False) as one,
        xr.open_dataset(theirs, engine=engine, decode_cf=False) as other,
    ):
        assert one.drop_dims("archive_byte").identical(other.load())
        assert all(one[n].dtype == other[n].dtype and list(one[n].attrs) == list(other[n].attrs) for n in other.variables)


def test_labels_stand_in_both_languages(shipped):
    result, dataset = shipped[0], to_dataset(shipped[0])
    for dim, name in (
        ("source", "sector_name"),
        ("measure", "measure_name"),
        ("target", "target_name"),
        ("clause", "clause_name"),
    ):
        for language in ("en", "zh"):
            words = dataset[f"{name}_{language}"]
            assert words.dims == (dim,) and all(words.values.tolist())
    titles = [t.zh for t in (result.reading.targets[v.id].title for v in result.verdicts)]
    assert dataset.target_name_zh.values.tolist() == titles


def test_the_dataset_has_labels_and_no_archive(made, file):
    result, dataset = made[1], open_dataset(file.parent)
    assert ARCHIVE not in dataset
    total = dataset.emission_plan.where(dataset.in_official_total == 1).sum("source").sel(pollutant="NOx").values
    np.testing.assert_allclose(total, result.totals(result.plan)[0], rtol=1e-12)


# -------------------------------------------------------------------- files that give nothing back


def fault_of(path: Path) -> str:
    with pytest.raises(BadInput) as told:
        open_result(path)
    return told.value.faults[0].key


def test_a_folder_without_a_result_is_told_with_the_nearest_run(tmp_path):
    for name in ("mengjin", "yichuan"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "result.nc").write_bytes(b"")
    with pytest.raises(BadInput, match="mengjin") as told:
        open_result(tmp_path / "mengjim")
    assert told.value.faults[0].key == "opened.missing"
    assert fault_of(tmp_path) == "opened.missing"


@pytest.mark.parametrize("content", [b"", b"no file of ours", b"\x89HDF\r\n\x1a\n" + bytes(90)])
def test_what_is_no_result_file_is_refused(tmp_path, content):
    path = tmp_path / "result.nc"
    path.write_bytes(content)
    assert fault_of(path) == "opened.unreadable"
    with pytest.raises(BadInput):
        open_dataset(path)


def test_a_file_that_was_cut_is_refused(file):
    file.write_bytes(file.read_bytes()[:-5000])
    assert fault_of(file) == "opened.unreadable"


def test_a_result_from_memory_has_a_dataset_but_is_not_live(tmp_path):
    result = run_small(plan({"A": measure(action("source_removal", "kiln", removed="10 %"))}), county(ROWS))
    path = kept(result, tmp_path)
    assert float(open_dataset(path).emission_plan.sum()) > 0
    assert fault_of(path) == "opened.no_archive"


def rewritten(path: Path, change) -> Path:
    """The file with other members in its archive."""
    import xarray as xr

    dataset = xr.load_dataset(path, engine="h5netcdf")
    with zipfile.ZipFile(io.BytesIO(dataset[ARCHIVE].values.tobytes())) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    kept = (dataset[ARCHIVE].dims, np.frombuffer(stream.getvalue(), np.int8))
    dataset.drop_dims(kept[0]).assign({ARCHIVE: kept}).to_netcdf(path, engine="h5netcdf")
    return path


def in_record(key, value):
    def change(members):
        record = json.loads(members["record.json"])
        record[key] = value
        members["record.json"] = json.dumps(record).encode()

    return change


@pytest.mark.parametrize(
    ("change", "key"),
    [
        (in_record("format", 99), "opened.not_live"),
        (in_record("record", {"is": "os.system", "of": "true"}), "opened.not_live"),
        (in_record("shown", {"scenario": "../../../../tmp/x.yaml"}), "opened.not_live"),
        (in_record("inventory", ".."), "opened.not_live"),
        (lambda members: members.update({"record.json": b"[" * 100_000}), "opened.not_live"),
        (lambda members: members.pop("record.json"), "opened.not_live"),
        (lambda members: members.pop("arrays/0.npy"), "opened.not_live"),
        (lambda members: members.update({"arrays/0.npy": b"\x93NUMPY no"}), "opened.not_live"),
        (lambda members: members.update({"inputs/plan": b"plan: [1"}), "opened.refused"),
    ],
)
def test_a_changed_archive_is_refused_in_one_line(file, change, key):
    path = rewritten(file, change)
    with pytest.raises(BadInput) as told:
        open_result(path)
    assert key in [f.key for f in told.value.faults]
    assert all("\n" not in f.text() for f in told.value.faults)


def test_sources_that_no_longer_fit_are_refused(file):
    def change(members):
        record = json.loads(members["record.json"])
        record["record"]["of"][2][1] = [f"{name}x" for name in record["record"]["of"][2][1]]
        members["record.json"] = json.dumps(record).encode()

    with pytest.raises(BadInput, match="other sources or measures"):
        open_result(rewritten(file, change))
