"""The two real plans that ship with emisim, and copies of them to work on."""

from __future__ import annotations

from pathlib import Path

from emisim.errors import BadInput, Place, fault, nearest
from emisim.io.safe_write import settle, write_files

COUNTIES = ("mengjin", "yichuan")


def examples_root() -> Path:
    """Folder with ``scenarios`` and ``inputs``: inside the installed package, or the top of a source checkout."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "examples"
    return installed if installed.is_dir() else package.parent


def copy_example(example: str, folder: Path) -> list[Path]:
    """Copy one county's scenarios, inventory and plan into a new folder; the scenarios are called by the folder's name.

    Raises
    ------
    BadInput
        No such example, or the folder holds something already.
    """
    if example not in COUNTIES:
        raise BadInput([fault("new.example", word=example, near=nearest(example, COUNTIES), known=", ".join(COUNTIES))])
    settle(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadInput([fault("new.not_empty", Place(folder.as_posix()))])
    root = examples_root()
    sources = [
        *sorted((root / "scenarios").glob(f"{example}-*.yaml")),
        *sorted((root / "inputs" / example).iterdir()),
        root / "inputs" / "plans" / f"{example}.yaml",
    ]
    contents = {source.relative_to(root).as_posix(): source.read_bytes() for source in sources}
    for name in (n for n in contents if n.startswith("scenarios/")):
        contents[name] = contents[name].replace(
            f"scenario: {example}-".encode(), f"scenario: {folder.resolve().name}-".encode(), 1
        )
    return write_files(folder, contents)
