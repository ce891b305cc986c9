"""A disk that is full, or refuses in another way: one clear line, exit code 2, and the old result as it was."""

import errno
import os
import resource
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

import every_command
import tiny
from emisim.errors import BadInput
from emisim.io import safe_write
from emisim.io.safe_write import settle, write_files
from emisim.text import messages
from every_command import PRINTING, WRITING, call, held, words_of

ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EACCES, errno.EPERM, errno.ENAMETOOLONG)
OLD = {"a.csv": b"old a", "result.nc": b"old", "account/b.csv": b"old b", "gone.json": b"old only"}
NEW = {"a.csv": b"new a", "result.nc": b"new", "account/b.csv": b"new b", "c.csv": b"c", "deep/er/d.csv": b"d", "gone.json": None}


@pytest.fixture(scope="module")
def tried() -> list[str]:
    """What has been tried and went well."""
    return []


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    return every_command.project(tmp_path_factory.mktemp("tiny"))


# ---- any call may be refused


@pytest.mark.parametrize("before", [OLD, {}], ids=["old files", "no folder"])
@pytest.mark.parametrize("number", ERRORS, ids=[errno.errorcode[n] for n in ERRORS])
def test_any_call_of_the_writing_may_be_refused(number, before, tried, tmp_path, monkeypatch):
    """Also the last of the renames: what is told as not written is not there."""
    folder, k, refusals = tmp_path / "above" / "out", 0, 0
    contents = {name: data for name, data in NEW.items() if before or data is not None}
    while True:
        shutil.rmtree(tmp_path / "above", ignore_errors=True)
        monkeypatch.setattr(os, "fsync", lambda handle: None)
        if before:
            write_files(folder, before)
        left, hit = [k], []

        def refused(call, which, left=left, hit=hit):
            def counted(*args, **kwargs):
                left[0] -= 1
                if left[0] == -1:
                    hit.append(which)
                    raise OSError(number, os.strerror(number))
                return call(*args, **kwargs)

            return counted

        with monkeypatch.context() as patch:
            for name in ("fsync", "replace", "link", "mkdir"):
                patch.setattr(os, name, refused(getattr(os, name), name))
            patch.setattr(Path, "open", refused(Path.open, "open"))
            try:
                write_files(folder, contents)
                told = []
            except BadInput as bad:
                told = bad.faults
        if not hit:
            break
        if told:
            assert [f.key for f in told] == ["file.unwritable"]
            assert (held(folder) if folder.exists() else {}) == before, (k, hit)
            assert folder.exists() == bool(before), (k, hit)
            assert bool(before) or not (tmp_path / "above").exists()
            refusals += 1
        else:  # a second name, a folder that is there, its own sync: it can do without
            assert hit[0] in ("link", "fsync", "mkdir")
            assert held(folder) == {name: data for name, data in contents.items() if data is not None}
        k += 1
    assert refusals > 2 * len(NEW)
    tried += ["refused call"] * refusals


def test_a_disk_that_refuses_to_go_back_is_finished_later(tmp_path, monkeypatch):
    """Where a disk has no second names, half a commit waits for the next start."""
    write_files(tmp_path, OLD)
    replace, calls = os.replace, []

    def twice(*names):
        calls.append(names)
        if len(calls) == 4:
            raise OSError(errno.EIO, "broken")
        return replace(*names)

    def none(*_):
        raise OSError(errno.EOPNOTSUPP, "no links here")

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", twice)
        patch.setattr(os, "link", none)
        with pytest.raises(BadInput):
            write_files(tmp_path, NEW)
    assert (tmp_path / safe_write.RECORD).exists()
    settle(tmp_path)
    assert held(tmp_path) == {name: data for name, data in NEW.items() if data is not None}


def test_a_name_too_long_is_told_before_anything_is_changed(tmp_path):
    write_files(tmp_path, OLD)
    with pytest.raises(BadInput) as caught:
        write_files(tmp_path, {"a.csv": b"new", "n" * 300: b"1"})
    assert "name too long" in str(caught.value)
    assert held(tmp_path) == OLD


# ---- a real full disk


@pytest.fixture(scope="module")
def small_disk(tmp_path_factory, full):
    """A disk of few kilobytes, where one may be mounted."""
    if not full:
        pytest.skip("a disk is mounted in full only")
    folder = tmp_path_factory.mktemp("disk")
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)], capture_output=True).returncode:
        pytest.skip("mounting a small tmpfs needs to be root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("name", WRITING)
def test_a_full_disk(name, project, small_disk, tried):
    """With an old file in the folder and hardly room for another; then without any room."""
    folder = small_disk / "out"
    for room in (8192, 0):
        shutil.rmtree(folder, ignore_errors=True)
        (small_disk / "filling").unlink(missing_ok=True)
        in_use = {"old.txt": b"old"} if not name.startswith(("new", "import")) and name != "template" else {}
        if in_use:
            write_files(folder, in_use)
        with (small_disk / "filling").open("wb", buffering=0) as filling:
            try:
                while True:
                    filling.write(b"0" * 4096)
            except OSError:
                pass
            filling.truncate(max(filling.tell() - room, 0))
        found = call(project, words_of(name, folder), stdout=subprocess.PIPE)
        if found.returncode == 0 and room:  # it was enough
            continue
        said = found.stderr.decode()
        assert (found.returncode, len(said.splitlines())) == (2, 1), said
        assert "No space left on device" in said
        assert (held(folder) if folder.exists() else {}) == in_use
        assert folder.exists() == bool(in_use)
        tried.append("full disk")


@pytest.mark.parametrize("name", ["run", "export xlsx", "import", "new"])
def test_a_file_may_not_become_so_large(name, project, monkeypatch, capsys):
    """The quick form of a full disk: the system refuses to let any file grow (the limit holds for a fork of this process)."""
    folder = project / "limited"
    monkeypatch.chdir(project)
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            outcome = tiny.call(monkeypatch, capsys, *words_of(name, folder))
            os.write(writing, f"{outcome.code}\n{outcome.err}".encode())
        finally:
            os._exit(0)
    os.close(writing)
    os.waitpid(pid, 0)
    with open(reading, encoding="utf-8") as stream:
        code, *lines = stream.read().splitlines()
    assert (code, len(lines)) == ("2", 1), lines
    assert "File too large" in lines[0]
    assert not folder.exists()


# ---- a full disk behind the standard output


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
@pytest.mark.parametrize("name", PRINTING)
def test_an_output_that_cannot_be_written(name, project, full, tried):
    """One line, exit code 2, and nothing more from Python when it ends."""
    if not full and name not in ("check", "schema", "help"):
        pytest.skip("each command in full only")
    with open("/dev/full", "wb") as stream:
        found = call(project, PRINTING[name], stdout=stream, env={"EMISIM_LANG": "en"})
    (project / "stock.mapping.yaml").unlink(missing_ok=True)
    shutil.rmtree(project / "printed-import", ignore_errors=True)
    said = found.stderr.decode()
    told = [line for line in said.splitlines() if "proposed" not in line.lower() and not line.startswith("Written")]
    assert found.returncode == 2, said
    assert len(told) == 1, said
    tried.append("full output")
    assert told[0] == messages()["system.refused"]["en"].format(reason="<stdout>: No space left on device")


def test_measured(tried, measured):
    """The row of the table: what the tests above have tried."""
    counts = {f"{what} tried".replace(" ", "_"): tried.count(what) for what in sorted(set(tried))}
    measured("full_disk", kinds_of_errors=len(ERRORS), **counts, old_result_lost=0)
