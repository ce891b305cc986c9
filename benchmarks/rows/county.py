"""A real county from its files to its result, in a process that has nothing loaded yet."""

import csv
import subprocess

import numpy as np

from benchmarks.contender import LIMIT, OURS, PEER, Contender, Entry, Goal, Row
from benchmarks.generate import INPUTS, ROOT
from benchmarks.rig import difference, interpreter
from benchmarks.timing import environment, process, python
from emisim.io.config_file import load
from emisim.simulate import simulate

SCENARIO = ROOT / "scenarios" / "mengjin-2025.yaml"
NAME = "pandas + pint + xarray"


def enter(size, rig):
    runs, out = int(size["runs"]), rig.folder / "run"
    naive = [
        interpreter("peers"),
        "-m",
        "benchmarks.peers.county",
        str(INPUTS),
        str(rig.folder / "left.csv"),
        str(rig.folder / "naive.nc"),
    ]
    whole = python("emisim", "run", str(SCENARIO), "--out", str(rig.folder / "whole"))
    ours = python("emisim", "run", str(SCENARIO), "--files", "result.nc", "--out", str(out))
    contenders = [
        Contender("emisim", OURS, process(ours), repeat=runs),
        Contender("emisim, all files", PEER, process(whole), repeat=runs),
        Contender(
            "numpy + h5netcdf alone", LIMIT, process(python("benchmarks.peers.least", str(rig.folder / "least.nc"))), repeat=runs
        ),
    ]
    if rig.peers:
        result = simulate(load(SCENARIO).case)
        write_left(result, rig.folder / "left.csv")
        first = subprocess.run(naive, cwd=ROOT, env=environment(), capture_output=True, text=True)
        if first.stderr.startswith("absent "):
            rig.missing.append(NAME)
        elif first.returncode:
            raise RuntimeError(first.stderr)
        else:
            contenders.append(
                Contender(NAME, PEER, process(naive), repeat=runs, check=lambda: checked(result, rig.folder / "naive.nc"))
            )
    return Entry(tuple(contenders), {"written_kb": lambda: round(sum(f.stat().st_size for f in out.glob("*.nc")) / 1e3)})


def write_left(result, path):
    """What the plan leaves of the emission after growth alone, for every source, pollutant and year."""
    inventory = result.case.inventory
    grown = result.base[..., None] * inventory.activity_index(list(result.years))[:, None, :]
    left = np.divide(result.plan, grown, out=np.zeros_like(grown), where=grown > 0)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["source", "pollutant", "year", "left"])
        for i, p, t in np.ndindex(left.shape):
            writer.writerow([inventory.ids[i], inventory.pollutants[p], result.years[t], repr(float(left[i, p, t]))])


def checked(result, path):
    """How far the naive script is from the run, where there is something to scale."""
    import h5py

    inventory = result.case.inventory
    with h5py.File(path) as file:
        sources, pollutants = ([x.decode() for x in file[name][:].tolist()] for name in ("source", "pollutant"))
        base, plan = file["base"][:], file["plan"][:]
    rows, columns = [sources.index(i) for i in inventory.ids.tolist()], [pollutants.index(p) for p in inventory.pollutants]
    there = result.base > 0
    found = np.concatenate([base[rows][:, columns][there], plan[rows][:, columns][there].ravel()])
    return difference(NAME, found, np.concatenate([result.base[there], result.plan[there].ravel()]))


ROW = Row(
    "county",
    {
        "en": "county run, cold process to closed `result.nc` (`--files result.nc`), no draws",
        "zh": "县级运行：新进程至写完 `result.nc`（`--files result.nc`），不抽样",
    },
    (Goal(NAME, most=0.5),),
    {"full": {"runs": 9}, "quick": {"runs": 3}, "tiny": {"runs": 1}},
    enter,
)
