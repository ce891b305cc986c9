"""The two real plans that ship with emisim, and copies of them to work on."""

from __future__ import annotations

import shutil
from pathlib import Path

from emisim.errors import BadInput, Place, fault, nearest

COUNTIES = ("mengjin", "yichuan")


def examples_root() -> Path:
    """Folder with ``scenarios`` and ``inputs``: inside the installed package, or the top of a source checkout."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "examples"
    return installed if installed.is_dir() else package.parent


def copy_example(name: str, folder: Path) -> list[Path]:
    """Copy one county's scenarios, inventory and plan into a new folder; the scenarios are called by the folder's name.

    Raises
    ------
    BadInput
        No such example, or the folder holds something already.
    """
    if name not in COUNTIES:
        raise BadInput([fault("new.example", word=name, near=nearest(name, COUNTIES), known=", ".join(COUNTIES))])
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadInput([fault("new.not_empty", Place(folder.as_posix()))])
    root = examples_root()
    sources = [
        *sorted((root / "scenarios").glob(f"{name}-*.yaml")),
        *sorted((root / "inputs" / name).iterdir()),
        root / "inputs" / "plans" / f"{name}.yaml",
    ]
    copied = []
    try:
        for source in sources:
            target = folder / source.relative_to(root)
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.parent.name == "scenarios":
                text = source.read_text(encoding="utf-8").replace(f"scenario: {name}-", f"scenario: {folder.resolve().name}-", 1)
                target.write_text(text, encoding="utf-8", newline="\n")
            else:
                shutil.copyfile(source, target)
            copied.append(target)
    except OSError as error:
        raise BadInput([fault("file.unwritable", Place(folder.as_posix()), reason=error.strerror or str(error))]) from None
    return copied
