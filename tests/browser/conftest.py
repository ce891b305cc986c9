"""Reports of both counties in both languages, and a headless Chromium to open them in.

They run where Playwright for Python and a Chromium are there, and are skipped elsewhere. ``EMISIM_CHROMIUM`` names the Chromium to take;
``EMISIM_SCREENSHOTS`` a folder that keeps the screenshots and the printed pages.
"""

import os
import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

from emisim.io.run_folder import run
from emisim.report.page import html
from emisim.simulate import Result
from emisim.summary import summarise

ROOT = Path(__file__).parents[2]
COUNTIES = ("mengjin", "yichuan")
LANGUAGES = ("en", "zh")
WIDTHS = (360, 1280)
DRAWS = 64
SETTLE = 400  # after opening [ms]
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run",
    "--disable-default-apps", "--disable-extensions", "--font-render-hinting=none",
)  # fmt: skip


@pytest.fixture(scope="session")
def browser():
    """A Chromium of the system; nothing is downloaded."""
    playwright = pytest.importorskip("playwright.sync_api", reason="needs Playwright: pip install playwright")
    named = os.environ.get("EMISIM_CHROMIUM")
    path = named or next((p for p in map(shutil.which, CHROMIUMS) if p), None)
    if path is None:
        pytest.skip("needs a Chromium; EMISIM_CHROMIUM may name one")
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=path, args=list(QUIET))
        yield chromium
        chromium.close()


@dataclass(frozen=True, eq=False)
class Report:
    """A report on disk with the result it shows."""

    name: str
    language: str
    path: Path
    result: Result

    @property
    def url(self) -> str:
        return self.path.as_uri()

    @cached_property
    def told(self) -> dict:
        """What summary.json says."""
        return summarise(self.result)


class Reports:
    """Results and their reports, each made once."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.results, self.made = folder, {}, {}

    def __call__(self, name: str, language: str) -> Report:
        """The report of a county; that of Yichuan is drawn."""
        if name not in self.results:
            draws = {"draws": DRAWS, "seed": 1} if name == "yichuan" else {}
            self.results[name] = run(ROOT / "scenarios" / f"{name}-2025.yaml", **draws)
        if (name, language) not in self.made:
            path = self.folder / f"{name}.{language}.html"
            path.write_text(html(self.results[name], language), encoding="utf-8")
            self.made[name, language] = Report(name, language, path, self.results[name])
        return self.made[name, language]


@pytest.fixture(scope="session")
def reports(browser, tmp_path_factory):
    return Reports(tmp_path_factory.mktemp("reports"))


@pytest.fixture(scope="session")
def pictures(tmp_path_factory):
    """Where screenshots go."""
    named = os.environ.get("EMISIM_SCREENSHOTS")
    folder = Path(named) if named else tmp_path_factory.mktemp("screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def open_page(browser):
    """A function that opens a report and watches it: whatever the console says, and whatever is asked for, is kept."""
    contexts = []

    def opened(report: Report, width: int = 1280, anchor: str = "", **options):
        height = {"width": width, "height": 900}
        context = browser.new_context(viewport=height, **{"color_scheme": "light", **options})
        contexts.append(context)
        page = context.new_page()
        page.said, page.asked = [], []
        page.on("console", lambda message: page.said.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: page.said.append(f"error: {error}"))
        page.on("request", lambda request: page.asked.append(request.url))
        page.goto(report.url + anchor)
        page.wait_for_timeout(SETTLE)
        return page

    yield opened
    for context in contexts:
        context.close()
