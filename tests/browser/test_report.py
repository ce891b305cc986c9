"""The report in a real browser: quiet, whole at every width, alive under mouse and keyboard, readable without script and on paper."""

import re
import shutil
import subprocess

import pytest

from emisim.report.page.charts import pictured
from emisim.report.tables import tonnes, verdict_word
from emisim.text import say

COUNTIES = ("mengjin", "yichuan")
LANGUAGES = ("en", "zh")
WIDTHS = (360, 1280)
everywhere = pytest.mark.parametrize("name", COUNTIES)
spoken = pytest.mark.parametrize("language", LANGUAGES)
wide_and_narrow = pytest.mark.parametrize("width", WIDTHS)

SHOWN = "rows => rows.filter(r => !r.hidden).map(r => r.cells[0].innerText.trim())"
MARKS = "boxes => boxes.map(b => [b.dataset.chart, b.querySelectorAll('svg path, svg rect, svg text').length, b.clientWidth, b.querySelector('svg')?.clientWidth])"
OVERFLOWING = """() => [...document.querySelectorAll('body *')].filter(e => {
    if (e.closest('.scroll table') || e.closest('.chart svg') || e.closest('.skip') || !e.getClientRects().length) return false;
    const box = e.getBoundingClientRect();
    return box.right > innerWidth + 1 || box.left < -1;
}).map(e => e.tagName + '.' + e.className + ' ' + e.textContent.slice(0, 40))"""


def rows_shown(page, table="clause-table"):
    return page.eval_on_selector_all(f"#{table} tbody tr", SHOWN)


# ---- quiet and whole


@everywhere
@spoken
@wide_and_narrow
def test_it_is_quiet_whole_and_drawn(name, language, width, reports, open_page, pictures):
    report = reports(name, language)
    page = open_page(report, width)
    assert page.said == []
    assert page.asked == [report.url]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(OVERFLOWING) == []
    drawn = page.eval_on_selector_all(".chart", MARKS)
    assert [d[0] for d in drawn] == [p.name for p in pictured(report.result, language)]
    for chart, marks, box, svg in drawn:
        assert marks > 10, chart
        assert abs(box - svg) <= 2, chart
    page.screenshot(path=pictures / f"{name}-{language}-{width}.png", full_page=True)
    page.eval_on_selector_all("details.fold", "folds => folds.forEach(f => f.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(OVERFLOWING) == []
    assert page.said == []


@everywhere
@spoken
def test_numbers_are_those_of_the_summary(name, language, reports, open_page):
    report = reports(name, language)
    page = open_page(report)
    cards = page.locator(".card").all_inner_texts()
    targets = report.result.reading.targets
    judged = [v for v in report.result.verdicts if targets[v.id].on_tonnes]
    assert len(cards) == len(judged)
    told = {t["id"]: t for t in report.told["targets"]}
    for v in judged:
        card = next(c for c in cards if v.id in c)
        assert verdict_word(v, language) in card
        assert f"{told[v.id]['value']:,.{2 if v.unit == '%' else 0}f}" in card
        assert (say("web.missing", language) in card) == (v.verdict == "missed")
    figures = page.locator(".figures li").all_inner_texts()
    for pollutant, years in report.told["totals"].items():
        text = next(f for f in figures if f.startswith(pollutant))
        assert tonnes(years["2025"]["base"]) in text
        assert tonnes(years["2025"]["plan"]) in text
    reductions = {(e["measure"], e["pollutant"]): e["reduction_t"] for e in report.told["ledger"]}
    for row in page.eval_on_selector_all(
        "#measures tbody tr", "rows => rows.map(r => [...r.cells].map(c => c.textContent.trim()))"
    ):
        assert row[4:] == [tonnes(reductions[row[0], p]) for p in report.told["totals"]]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_character_has_a_glyph(language, reports, open_page):
    """What is drawn for a character differs from what is drawn for one that no font has."""
    page = open_page(reports("mengjin", language))
    lacking = page.evaluate(
        """() => {
        const canvas = document.createElement('canvas'), pen = canvas.getContext('2d', {willReadFrequently: true});
        canvas.width = canvas.height = 32;
        const family = getComputedStyle(document.body).fontFamily;
        const draw = c => { pen.clearRect(0, 0, 32, 32); pen.font = '24px ' + family; pen.fillText(c, 2, 26);
            return pen.getImageData(0, 0, 32, 32).data.join(); };
        const box = draw('\\u{10FFFE}'), empty = draw(' ');
        const seen = [...new Set(document.body.innerText)].filter(c => c.trim() && c.codePointAt(0) > 32);
        return seen.filter(c => [box, empty].includes(draw(c)));
    }"""
    )
    assert lacking == []


# ---- the mouse


@spoken
@wide_and_narrow
def test_every_picture_shows_its_hover_texts(language, width, reports, open_page):
    report = reports("mengjin", language)
    page = open_page(report, width)
    for picture in pictured(report.result, language):
        box = page.locator(f'[data-chart="{picture.name}"]')
        box.scroll_into_view_if_needed()
        size = box.bounding_box()
        marks = box.locator("svg path").evaluate_all(
            """marks => marks.map(m => [m.getBoundingClientRect(), m.getAttribute('fill')])
            .filter(([b, fill]) => fill && fill !== 'none' && fill !== 'transparent' && b.width > 2 && b.height > 2)
            .map(([b]) => [b.x + b.width / 2, b.y + b.height / 2, b.width * b.height])"""
        )
        inside = [m for m in marks if size["x"] < m[0] < size["x"] + size["width"] and m[2] < size["width"] * size["height"] / 2]
        for x, y, _ in sorted(inside, key=lambda m: -m[2])[:60]:
            page.mouse.move(x, y)
            page.wait_for_timeout(15)
            tip = box.locator(".tip")
            if tip.count() and tip.first.inner_text().strip():
                break
        else:
            pytest.fail(f"no hover text in {picture.name}")
        at = tip.first.bounding_box()
        assert at["x"] >= 0 and at["x"] + at["width"] <= width, picture.name
        page.mouse.move(1, 1)
    assert page.said == []


# ---- search, filters, sorting


@everywhere
def test_filters_leave_the_clauses_of_the_summary(name, reports, open_page):
    report = reports(name, "zh")
    page, clauses = open_page(report), report.told["clauses"]
    box = page.locator('[data-for="clause-table"].filter')
    assert rows_shown(page) == [c["id"] for c in clauses]
    department = next(c["lead"][0] for c in clauses if c["lead"])
    fits = {
        "chapter": ("transport", lambda c: c["chapter"] == "transport"),
        "standing": ("direct", lambda c: c["standing"] == "direct"),
        "department": (department, lambda c: department in c["lead"] + c["cooperating"]),
        "pollutant": ("NOx", lambda c: "NOx" in c["pollutants"]),
    }
    for field, (value, fit) in fits.items():
        box.locator(f"select[name={field}]").select_option(value)
        wanted = [c["id"] for c in clauses if fit(c)]
        assert wanted and rows_shown(page) == wanted
        assert box.locator("output").inner_text() == f"{len(wanted)} / {len(clauses)} 条"
        assert f"{field}=" in page.evaluate("location.hash")
        box.locator("[data-clear]").click()
        assert rows_shown(page) == [c["id"] for c in clauses]
        assert page.evaluate("location.hash") == "#clauses"
    for field in ("chapter", "standing"):
        box.locator(f"select[name={field}]").select_option(fits[field][0])
    assert rows_shown(page) == [c["id"] for c in clauses if all(fits[f][1](c) for f in ("chapter", "standing"))]


def test_search_finds_words_says_so_and_is_kept_in_the_address(reports, open_page):
    report = reports("mengjin", "zh")
    page = open_page(report)
    search = page.locator('[data-for="clause-table"].filter input')
    search.fill("锅炉 m07")
    titles = {c["id"]: c["title_zh"] for c in report.told["clauses"]}
    found = rows_shown(page)
    assert found and all("M07" in c for c in found)
    assert set(found) >= {c for c, title in titles.items() if "锅炉" in title and c.startswith("M07")}
    again = open_page(report, anchor=page.evaluate("location.hash"))
    assert rows_shown(again) == found
    assert again.locator('[data-for="clause-table"].filter input').input_value() == "锅炉 m07"
    search.fill("没有这样的条款")
    assert rows_shown(page) == []
    assert page.locator('.nohit[data-for="clause-table"]').is_visible()
    assert page.said + again.said == []


def test_inputs_are_searched(reports, open_page):
    page = open_page(reports("mengjin", "en"))
    page.locator("summary", has_text="Sources and their activity").click()
    page.locator('[data-for="source-table"].filter input').fill("dairy")
    names = page.eval_on_selector_all("#source-table tbody tr", "rows => rows.filter(r => !r.hidden).map(r => r.textContent)")
    assert names and all("dairy" in n.lower() for n in names)


def test_columns_sort_by_value(reports, open_page):
    report = reports("mengjin", "en")
    page = open_page(report)
    reductions = {e["measure"]: e["reduction_t"] for e in report.told["ledger"] if e["pollutant"] == "VOC"}
    head = page.locator("#measures th", has_text="VOC")
    shown = lambda: [reductions[m] for m in rows_shown(page, "measures")]  # noqa: E731
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    assert all(a >= b - 0.6 for a, b in zip(shown(), shown()[1:], strict=False))
    assert shown()[0] == max(shown())
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    assert all(a <= b + 0.6 for a, b in zip(shown(), shown()[1:], strict=False))
    page.locator("#measures th", has_text="measure").first.locator("button").click()
    assert rows_shown(page, "measures") == sorted(reductions.keys() - {"growth"})
    assert head.get_attribute("aria-sort") is None


# ---- the keyboard


def tab_to(page, what, most=400):
    """Press Tab until ``what`` (a script on the element) holds."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate(f"(e => {what})(document.activeElement)"):
            return
    pytest.fail(f"Tab does not reach {what}")


def test_everything_can_be_done_from_the_keyboard(reports, open_page):
    page = open_page(reports("mengjin", "en"))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.locator(".skip").bounding_box()["y"] >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#answer"
    outline = page.evaluate("getComputedStyle(document.querySelector('.contents a')).outlineStyle")
    tab_to(page, "e.closest('#answer summary')")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != outline or outline != "none"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.parentElement.open")
    tab_to(page, "e.closest('#pictures summary')")
    page.keyboard.press("Enter")
    assert page.locator("#pictures figure table").first.is_visible()
    tab_to(page, "e.closest('#measures th')")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.closest('th').getAttribute('aria-sort')") in ("ascending", "descending")
    tab_to(page, "e.matches('[data-for=clause-table] input')")
    page.keyboard.type("boiler")
    assert 0 < len(rows_shown(page)) < 60
    tab_to(page, "e.matches('[data-for=clause-table] select')")
    page.keyboard.press("ArrowDown")
    tab_to(page, "e.matches('[data-clear]')")
    page.keyboard.press("Enter")
    assert len(rows_shown(page)) > 100
    assert page.said == []


def test_boxes_that_scroll_can_be_reached_and_scrolled(reports, open_page):
    page = open_page(reports("mengjin", "en"), 360)
    tab_to(page, "e.matches('#totals .scroll')")
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(400)
    assert page.evaluate("document.activeElement.scrollLeft") > 0
    first = page.locator("#totals .scroll").first.locator("tbody th").first.bounding_box()
    assert first["x"] >= 0  # the first column stays in sight


def test_landmarks_and_names(reports, open_page):
    page = open_page(reports("mengjin", "en"))
    for role in ("main", "navigation", "banner"):
        assert page.get_by_role(role).count() == 1
    assert page.locator("h1").count() == 1
    unnamed = page.evaluate(
        """() => [...document.querySelectorAll('[role=img], [role=region], input, select, button, summary, a')]
        .filter(e => !(e.ariaLabel || e.textContent.trim() || e.labels?.[0]?.textContent.trim())).map(e => e.outerHTML.slice(0, 80))"""
    )
    assert unnamed == []


def test_a_link_opens_what_it_leads_into(reports, open_page):
    page = open_page(reports("mengjin", "en"))
    target = page.locator("#source-table tbody a").first.get_attribute("href")
    page.evaluate("hash => { location.hash = hash }", target)
    page.wait_for_timeout(100)
    assert page.locator(target).is_visible()


def test_all_folds_open_and_close(reports, open_page):
    page = open_page(reports("mengjin", "zh"))
    count = "[...document.querySelectorAll('details.fold')].filter(f => f.open).length"
    assert page.evaluate(count) == 0
    page.get_by_role("button", name="全部展开").click()
    assert page.evaluate(count) == page.locator("details.fold").count()
    page.get_by_role("button", name="全部收起").click()
    assert page.evaluate(count) == 0


# ---- without script, in the dark, on paper


@spoken
def test_without_script_everything_is_open(language, reports, open_page):
    page = open_page(reports("mengjin", language), java_script_enabled=False)
    assert all(box.is_visible() for box in page.locator("main table").all())
    assert page.locator(".no-script").is_visible()
    assert not page.locator(".chart").first.is_visible()
    assert not page.locator(".filter").first.is_visible()


def contrast(page, selector):
    """Contrast of the letters of an element against the ground of the page (WCAG 2)."""
    return page.evaluate(
        """selector => {
        const light = colour => { const [r, g, b] = colour.match(/[\\d.]+/g).map(v => v / 255).map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
            return .2126 * r + .7152 * g + .0722 * b; };
        const letters = light(getComputedStyle(document.querySelector(selector)).color), ground = light(getComputedStyle(document.body).backgroundColor);
        return (Math.max(letters, ground) + .05) / (Math.min(letters, ground) + .05);
    }""",
        selector,
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_letters_stand_out_in_light_and_dark(scheme, reports, open_page, pictures):
    page = open_page(reports("yichuan", "zh"), color_scheme=scheme)
    for selector in (
        "h1",
        ".lead",
        ".note",
        ".verdict.met",
        ".verdict.missed",
        ".verdict.open",
        ".label",
        "a:not(.skip)",
        "thead th",
        "figcaption",
        "small",
    ):
        assert contrast(page, selector) >= 4.5, selector
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).every(v => v < 60)")
    assert dark == (scheme == "dark")
    page.screenshot(path=pictures / f"yichuan-zh-1280-{scheme}-top.png")
    assert page.said == []


@pytest.mark.skipif(not shutil.which("pdftotext"), reason="needs pdftotext (poppler-utils)")
@everywhere
@spoken
def test_it_prints_whole(name, language, reports, open_page, pictures):
    report = reports(name, language)
    page = open_page(report)
    path = pictures / f"{name}-{language}.pdf"
    page.pdf(path=path, prefer_css_page_size=True, print_background=True)
    text = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, check=True, text=True).stdout
    count = text.count("\f")
    assert 15 < count < 70
    assert f"{count} / {count}" in text
    head = " ".join(text.split("\f")[0].split())
    for v in (v for v in report.result.verdicts if report.result.reading.targets[v.id].on_tonnes):
        assert verdict_word(v, language) in head
        assert v.id in head
    for hidden in ("web.open_all", "web.filter.clear", "web.print"):
        assert not re.search(rf"^\s*{say(hidden, language)}\s*$", text, re.MULTILINE)
    packed = re.sub(r"\s", "", text)
    for clause in report.told["clauses"]:  # every clause, to its last column
        assert clause["id"] in text
    for project in report.told["projects"][-5:]:  # folds are open
        assert project["measure"] in packed
    last = re.sub(r"\s", "", str(report.result.inventory.ids[-1]))
    assert last not in packed  # but for the long tables of inputs, unless the reader has opened them
    page.eval_on_selector("#source-table", "table => (table.closest('details').open = true)")
    page.pdf(path=path.with_stem(f"{path.stem}-inputs"), prefer_css_page_size=True)
    asked = ["pdftotext", "-layout", path.with_stem(f"{path.stem}-inputs"), "-"]
    assert last in re.sub(r"\s", "", subprocess.run(asked, capture_output=True, check=True, text=True).stdout)
    assert page.said == []
    left = page.eval_on_selector_all("details.fold", "folds => folds.filter(f => f.open).length")
    assert left == 1
