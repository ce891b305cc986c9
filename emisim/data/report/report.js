"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const data = JSON.parse(document.getElementById("data").textContent);
  const words = data.words;
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));
  const letters = new Intl.Collator(root.lang);
  const numbered = new Intl.Collator(root.lang, { numeric: true }); // 7(b) before 12(e); ids such as M111a and M12b stay as they are written
  const compare = (a, b) => (/^\d/.test(a) && /^\d/.test(b) ? numbered : letters).compare(a, b);

  // ---- folds: open in the file, closed by the script, open on paper and where a link leads into them
  const folds = all("details.fold");
  const narrow = matchMedia("(max-width: 69.99rem)");
  const contents = document.querySelector(".contents details");
  folds.forEach((fold) => (fold.open = false));
  const fitContents = () => (contents.open = !narrow.matches);
  fitContents();
  narrow.addEventListener("change", fitContents);
  const reveal = (element) => {
    for (let fold = element && element.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  };
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = all("details:not(.screen)").filter((fold) => !fold.open); // the others are printed if the reader has opened them
    opened.forEach((fold) => (fold.open = true));
  });
  addEventListener("afterprint", () => opened.forEach((fold) => (fold.open = false)));

  const tools = document.createElement("div");
  tools.className = "tools";
  const tool = (text, act) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = text;
    button.addEventListener("click", act);
    tools.append(button);
  };
  tool(words.open_all, () => folds.forEach((fold) => (fold.open = true)));
  tool(words.close_all, () => folds.forEach((fold) => (fold.open = false)));
  tool(words.print, () => print());
  contents.append(tools);

  // ---- sorting: numbers by value, the largest first; dashes last
  const number = (text) => {
    const found = /[-−+]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?/i.exec(text);
    return found ? Number(found[0].replaceAll(",", "").replace("−", "-")) : NaN;
  };
  const text = (row, at) => row.cells[at].textContent.trim();
  function sort(table, at, head) {
    const numbers = table.classList.contains(`n${at + 1}`);
    const down = head.getAttribute("aria-sort") ? head.getAttribute("aria-sort") === "ascending" : numbers;
    const sign = down ? -1 : 1;
    const body = table.tBodies[0];
    const keyed = [...body.rows].map((row) => [numbers ? number(text(row, at)) : text(row, at), row]);
    keyed.sort(([a], [b]) => {
      if (typeof a === "string") return sign * compare(a, b);
      return Number.isNaN(a) || Number.isNaN(b) ? Number.isNaN(a) - Number.isNaN(b) : sign * (a - b);
    });
    body.append(...keyed.map(([, row]) => row));
    all("th[aria-sort]", table.tHead).forEach((other) => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
  }
  all("table[data-sort]").forEach((table) =>
    [...table.tHead.rows[0].cells].forEach((head, at) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent;
      button.title = fill(words.sort, { column: head.textContent });
      head.dataset.name = head.textContent; // for paper, where a button would not be repeated on every page
      head.replaceChildren(button);
      button.addEventListener("click", () => sort(table, at, head));
    })
  );

  // ---- search and filters; those of the clauses are kept in the address
  all(".filter").forEach((box) => {
    const table = document.getElementById(box.dataset.for);
    const nothing = document.querySelector(`.nohit[data-for="${box.dataset.for}"]`);
    const rows = [...table.tBodies[0].rows].map((row) => [row, row.textContent.toLowerCase()]);
    const search = box.querySelector("input");
    const choices = all("select", box);
    const output = box.querySelector("output");
    const name = box.dataset.hash;
    const show = () => {
      const asked = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      let hits = 0;
      for (const [row, has] of rows) {
        const fits = asked.every((word) => has.includes(word)) && choices.every((c) => !c.value || row.dataset[c.name].split("|").includes(c.value));
        row.hidden = !fits;
        hits += fits;
      }
      output.value = fill(words.hits, { hits, count: rows.length });
      nothing.hidden = hits > 0;
      table.parentElement.hidden = !hits;
    };
    const keep = () => {
      show();
      if (!name) return;
      const state = new URLSearchParams([[search.name, search.value], ...choices.map((c) => [c.name, c.value])].filter(([, value]) => value));
      history.replaceState(null, "", `#${name}${state.size ? `?${state}` : ""}`);
    };
    const restore = () => {
      const [anchor, state] = location.hash.slice(1).split("?");
      if (!name || anchor !== name || state === undefined) return;
      const given = new URLSearchParams(state);
      search.value = given.get(search.name) || "";
      choices.forEach((c) => (c.value = all("option", c).some((o) => o.value === given.get(c.name)) ? given.get(c.name) : ""));
      show();
      document.getElementById(name).scrollIntoView();
    };
    search.addEventListener("input", keep);
    choices.forEach((c) => c.addEventListener("change", keep));
    box.querySelector("[data-clear]")?.addEventListener("click", () => {
      search.value = "";
      choices.forEach((c) => (c.value = ""));
      keep();
      search.focus();
    });
    show();
    restore();
    addEventListener("hashchange", restore);
  });

  // ---- pictures: hover texts are shown as text, never as HTML
  const thousands = new Intl.NumberFormat(root.lang, { maximumFractionDigits: 6 });
  const tip = (params) => {
    const one = [params].flat().find((p) => p.data && p.data.tip);
    if (!one) return "";
    const box = document.createElement("div");
    box.className = "tip";
    box.textContent = one.data.tip;
    return box;
  };
  const family = getComputedStyle(document.body).fontFamily; // by name: the library measures texts on a canvas, which knows no "inherit"
  const prepared = (option) => {
    option.textStyle = { ...option.textStyle, fontFamily: family };
    for (const side of ["xAxis", "yAxis"])
      for (const axis of [option[side] || []].flat())
        if (axis.type === "value") axis.axisLabel = { formatter: (value) => thousands.format(value), ...axis.axisLabel };
    for (const one of [option.tooltip || []].flat()) Object.assign(one, { formatter: tip, confine: true, renderMode: "html" });
    return option;
  };
  // Labels of categories get a part of the width, so that the drawing keeps the rest on a phone.
  const labels = (option, width) => {
    const room = Math.round(Math.min(Math.max(0.26 * width, Math.min(0.36 * width, 130)), 280));
    return [option.yAxis || []].flat().map((axis) => (axis.type === "category" ? { axisLabel: { width: room } } : {}));
  };
  const PAPER = { width: 680, height: 800 }; // A4 less its margins, and less title and note of a picture [px]
  const charts = all(".chart").map((box) => {
    const { option, height } = data.charts[box.dataset.chart];
    box.style.height = `${height}px`; // before the library measures it
    const chart = echarts.init(box, null, { renderer: "svg" });
    chart.setOption(prepared(option));
    return (paper) => {
      const wide = paper ? paper.width : box.clientWidth;
      const high = paper ? Math.min(height, paper.height) : height;
      box.style.height = `${high}px`;
      chart.resize({ width: wide, height: high });
      chart.setOption({ yAxis: labels(option, wide) });
      chart.getZr().flush();
    };
  });
  const fit = (paper) => charts.forEach((draw) => draw(paper));
  fit();
  let waiting = 0;
  let printing = false;
  new ResizeObserver(() => {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(() => printing || fit());
  }).observe(document.querySelector("main"));
  addEventListener("beforeprint", () => fit(((printing = true), PAPER)));
  addEventListener("afterprint", () => fit(((printing = false), null)));

  // ---- the table of contents follows the reader; boxes that need no scrolling need no place in the tab order
  const links = new Map(all(".contents a").map((link) => [link.hash.slice(1), link]));
  const seen = new Set();
  const watch = new IntersectionObserver(
    (entries) => {
      entries.forEach((e) => seen[e.isIntersecting ? "add" : "delete"](e.target.id));
      const here = [...links.keys()].find((id) => seen.has(id));
      links.forEach((link, id) => (id === here ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current")));
    },
    { rootMargin: "-15% 0px -75% 0px" }
  );
  all("main > section").forEach((part) => watch.observe(part));
  const boxes = new ResizeObserver((entries) =>
    entries.forEach(({ target: box }) => {
      if (box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
    })
  );
  all(".scroll").forEach((box) => boxes.observe(box));

  const follow = () => {
    const at = decodeURIComponent(location.hash.slice(1).split("?")[0]);
    const target = at && document.getElementById(at);
    if (!target) return;
    reveal(target);
    if (target.closest("details")) target.scrollIntoView();
  };
  addEventListener("hashchange", follow);
  follow();
})();
