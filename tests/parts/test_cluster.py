"""Runs in parts on a dask cluster: a scheduler and workers that are processes of their own, of which one is killed in mid-run."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import tiny
from emisim.errors import BadInput
from emisim.io.parts import cluster
from emisim.io.parts.folder import run_in_parts, surveyed, write_parts
from emisim.io.parts.running import here
from emisim.io.run_folder import FILES
from nation import nation

REGIONS, BLOCK = 6, 14
LOCAL = "tcp://127.0.0.1"


def started(*words):
    env = {**os.environ, "PYTHONPATH": str(tiny.ROOT)}
    return subprocess.Popen([sys.executable, "-m", *words], env=env, stderr=subprocess.PIPE, text=True)


@pytest.fixture(scope="module")
def address():
    """A scheduler with two workers that nobody starts again."""
    scheduler = started("distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--no-show")
    found = next(line for line in scheduler.stderr if "Scheduler at" in line).split()[-1]
    quiet = ("--no-nanny", "--nthreads", "1", "--no-dashboard", "--host", "127.0.0.1")
    workers = [started("distributed.cli.dask_worker", found, *quiet) for _ in range(2)]
    for worker in workers:
        next(line for line in worker.stderr if "Registered to" in line)
    yield found
    for process in (*workers, scheduler):
        process.kill()
        process.wait()
        process.stderr.close()


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return nation(tmp_path_factory.mktemp("nation"), REGIONS)


def files(project, folder, spread) -> dict[str, bytes]:
    """Every file of the run folder."""
    loaded, survey = surveyed(project, lambda path: path.name, (), (), BLOCK)
    whole = run_in_parts(loaded, survey, spread, folder, lambda rows: None)
    write_parts(folder, whole, "en", "emisim run", FILES)
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def deadly(spread, marker: Path):
    """The same, but the first worker that is given the third region kills itself in the middle of it."""
    where = str(marker)

    def other(work, parts):
        def fatal(part):
            done = work(part)
            if part.columns["region"][0] == "410302" and not os.path.exists(where):
                open(where, "w").close()
                os.kill(os.getpid(), signal.SIGKILL)
            return done

        return spread(fatal, parts)

    return other


def test_a_killed_worker_costs_its_part_only(project, address, tmp_path):
    alone = files(project, tmp_path / "alone", here)
    with cluster.scheduler(address) as workers:
        together = files(project, tmp_path / "together", workers.parts)
        mourning = files(project, tmp_path / "mourning", deadly(workers.parts, tmp_path / "killed"))
    assert (tmp_path / "killed").exists()
    assert len(alone) > 20
    assert together == alone
    assert mourning == alone


def test_the_command_line_names_the_scheduler(project, address, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(project.parent)
    words = ("run", "scenario.yaml", "--files", "summary.json")
    one = tiny.call(monkeypatch, capsys, *words, "--block", "14", "--out", str(tmp_path / "one"))
    many = tiny.call(monkeypatch, capsys, *words, "--block", "14", "--scheduler", address, "--out", str(tmp_path / "many"))
    assert (one.code, many.code) == (0, 0), many.err
    for name in ("summary.json", "run.json", "regions.csv"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "many" / name).read_bytes()


def test_draws_are_the_same_wherever_they_are_made(address, tmp_path, monkeypatch, capsys):
    tiny.copy(tmp_path)
    monkeypatch.chdir(tmp_path)
    words = ("run", "scenario.yaml", "--files", "summary.json,result.nc", "--draws", "600")
    one = tiny.call(monkeypatch, capsys, *words, "--workers", "1", "--out", "one")
    many = tiny.call(monkeypatch, capsys, *words, "--scheduler", address, "--out", "many")
    assert (one.code, many.code) == (0, 0), many.err
    for name in ("summary.json", "result.nc", "run.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "many" / name).read_bytes()


def test_mistakes_come_back_from_workers(address, tmp_path):
    scenario = nation(tmp_path, REGIONS)
    table = scenario.parent / "inventory" / "sources.csv"
    table.write_text(table.read_text(encoding="utf-8").replace(",triangular,", ",bent,"), encoding="utf-8")
    with cluster.scheduler(address) as workers, pytest.raises(BadInput) as bad:
        files(scenario, tmp_path / "run", workers.parts)
    assert {f.place.line for f in bad.value.faults} == {4 + 13 * k for k in range(REGIONS)}


def test_nobody_answers(monkeypatch):
    monkeypatch.setattr(cluster, "PATIENCE", 1)
    with pytest.raises(BadInput) as bad, cluster.scheduler(f"{LOCAL}:1"):
        pass
    assert [f.key for f in bad.value.faults] == ["parts.no_scheduler"]


def test_workers_of_another_version(address, monkeypatch):
    monkeypatch.setattr(cluster, "__version__", "0.0")
    with pytest.raises(BadInput) as bad, cluster.scheduler(address):
        pass
    assert [f.key for f in bad.value.faults] == ["parts.other_version"]


def test_a_cluster_of_this_machine(project, tmp_path):
    with cluster.local(2) as workers:
        assert files(project, tmp_path / "local", workers.parts) == files(project, tmp_path / "alone", here)
