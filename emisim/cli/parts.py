"""run --block: an inventory of any size, in parts."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

from emisim.cli.common import allowed_paths, as_shown, busy, folder_name, print_json


def run_parts(
    scenario: Path,
    out: Path | None,
    block: int | None,
    scheduler: str | None,
    workers: int | None,
    changes,
    draws_asked,
    wanted: tuple[str, ...],
    named: bool,
    language: str,
    as_json: bool,
) -> None:
    """Run a scenario in parts and write its run folder; the arguments are those of ``run``."""
    from emisim.errors import BadInput, Place, fault
    from emisim.io.parts import cluster
    from emisim.io.parts.folder import BLOCK, run_in_parts, surveyed, write_parts
    from emisim.io.parts.running import here
    from emisim.io.run_folder import input_names
    from emisim.report.screen import progress, show_lines, show_run
    from emisim.summary import summarise
    from emisim.text import say

    if draws_asked:
        raise BadInput([fault("parts.no_draws", Place(option)) for *_, option in draws_asked])
    if scheduler and workers:
        raise BadInput([fault("parts.workers", Place(f"--workers {workers}"))])
    rows = block or BLOCK
    with busy(language, "parts.survey"):
        loaded, survey = surveyed(scenario, as_shown, changes, allowed_paths(), rows)
    folder = out or Path("outputs") / folder_name(loaded.case.scenario.scenario, changes)
    typed = [option for *_, option in changes] + [f"--allow-path {as_shown(path)}" for path in allowed_paths()]
    typed += [f"--block {rows}"] + [f"--files {','.join(wanted)}"] * named
    command = " ".join(["emisim run", input_names(loaded)[0], *typed])
    places = cluster.scheduler(scheduler) if scheduler else cluster.local(workers) if (workers or 1) > 1 else nullcontext()
    with progress(language, "parts.running") as tell, places as found:
        spread = found.parts if found else here
        tell(0, survey.sources)
        whole = run_in_parts(loaded, survey, spread, folder, lambda done: tell(done, survey.sources))
    with busy(language, "run.writing"):
        made = write_parts(folder, whole, language, command, wanted)
    if as_json:
        print_json(summarise(whole.result))
        return
    show_run(whole.result, language)
    counts = {"sources": survey.sources, "regions": survey.regions, "kinds": len(survey.kinds), "parts": survey.parts}
    names = ", ".join(file.name for file in made)
    lines = [say("parts.told", language, **counts), say("run.files", language, folder=as_shown(folder), files=names)]
    show_lines(lines)
