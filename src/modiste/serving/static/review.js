// Keys for the review page; everything they do, its forms do without them.
"use strict";

(() => {
  document.documentElement.classList.add("js");
  const form = document.getElementById("decide");
  const all = form ? [...form.querySelectorAll(".question")] : [];
  // Those that must be decided; what becomes unclear by a choice elsewhere must be, too.
  let questions = all.filter((each) => each.parentElement === form);
  let current = 0;
  let sent = false;

  function go(place, focus = true) {
    if (!questions.length) return;
    current = Math.max(0, Math.min(questions.length - 1, place));
    questions.forEach((each, index) => each.classList.toggle("current", index === current));
    const question = questions[current];
    if (focus) (question.querySelector("input:checked") || question.querySelector("input")).focus({ preventScroll: true });
    const { top, bottom } = question.getBoundingClientRect();
    if (top < 70 || bottom > innerHeight - 90) question.scrollIntoView({ block: "center" });
  }

  function choose(number) {
    const choice = questions[current]?.querySelectorAll(".choices input")[number];
    if (!choice) return;
    choice.checked = true;
    choice.dispatchEvent(new Event("change", { bubbles: true }));
    go(current + 1);
  }

  // Twice on the key is still once.
  function send(id) {
    const target = document.getElementById(id);
    if (!target || sent) return;
    target.requestSubmit();
  }

  for (const each of document.querySelectorAll("form")) {
    each.addEventListener("submit", (event) => {
      if (sent) event.preventDefault();
      sent = true;
    });
  }
  addEventListener("pageshow", () => { sent = false; });

  // Whoever opens the list means it.
  for (const list of document.querySelectorAll("[data-another]")) {
    list.addEventListener("change", () => {
      list.closest(".another").querySelector("input").checked = true;
    });
  }

  // What goes together: choosing one label shows at once what follows from it, as the server would decide it.
  const together = JSON.parse(form?.dataset.together || "null");
  const levels = new Map(all.filter((each) => together?.attributes.includes(each.dataset.attribute))
    .map((each) => [each.dataset.attribute, each]));
  const place = (name) => together.attributes.indexOf(name);
  const known = (name, label) => together.rows.some((row) => row[place(name)] === label);
  let touched = [];

  function labelOf(question) {
    const choice = question.querySelector("input:checked");
    return choice?.closest(".another") ? question.querySelector("[data-another]").value : choice?.value || "";
  }

  function setLabel(question, label) {
    const list = question.querySelector("[data-another]");
    const choices = [...question.querySelectorAll(".choices input")];
    for (const each of choices) each.checked = each.value === label;
    const other = question.querySelector(".another input");
    if (!other) return;
    other.checked = !choices.some((each) => each.checked) && [...list.options].some((each) => label && each.value === label);
    if (other.checked || !label) list.value = label;
  }

  function rowsWith(labels) {
    const wanted = Object.entries(labels).filter(([name, label]) => known(name, label));
    return together.rows.filter((row) => wanted.every(([name, label]) => row[place(name)] === label));
  }

  // The labels to choose from: as many as possible stay as they were shown. See `Combinations.choices`.
  function choices(given) {
    const others = [...levels].filter(([name]) => !(name in given));
    const kept = others.filter(([name, question]) => known(name, question.dataset.shown));
    const count = (row) => kept.filter(([name, question]) => row[place(name)] === question.dataset.shown).length;
    const rows = rowsWith(given);
    const most = Math.max(...rows.map(count));
    const nearest = rows.filter((row) => count(row) === most);
    return others.map(([name, question]) => {
      const shown = question.dataset.shown;
      return [question, shown && !known(name, shown) ? [shown] : [...new Set(nearest.map((row) => row[place(name)]))]];
    });
  }

  function say(question, text) {
    const note = question.querySelector("[data-follows]");
    note.textContent = text;
    note.hidden = !text;
  }

  function follow() {
    const given = {};
    // The newest choice counts; an older one that contradicts it does not.
    for (const question of touched) {
      const name = question.dataset.attribute;
      if (rowsWith({ ...given, [name]: labelOf(question) }).length) given[name] = labelOf(question);
    }
    touched = touched.filter((question) => question.dataset.attribute in given);
    const because = Object.entries(given).map(([name, label]) => `${name} ${label}`).join(" and ");
    for (const question of touched) {
      say(question, "");
      for (const each of question.querySelectorAll("input[type=radio]")) each.required = false;
    }
    for (const [question, fitting] of choices(given)) {
      const clear = fitting.length === 1;
      if (clear || !fitting.includes(labelOf(question))) setLabel(question, clear ? fitting[0] : "");
      const open = !clear && !labelOf(question);
      for (const each of question.querySelectorAll("input[type=radio]")) each.required = open;
      const list = question.querySelector("[data-another]");
      if (list) list.options[0].after(...[...list.options].filter((each) => each.value && fitting.includes(each.value)));
      const more = fitting.length > 5 ? ", …" : "";
      if (open) say(question, `Choose one that fits ${because}: ${fitting.slice(0, 5).join(", ")}${more}.`);
      else say(question, labelOf(question) === question.dataset.shown ? "" : `Follows from ${because}.`);
      const folded = question.closest("details");
      if (folded && open) {
        folded.open = true;
        if (!questions.includes(question)) listen([question]);
      }
    }
    for (const each of form.querySelectorAll("[data-settled]")) {
      const question = all.find((other) => other.dataset.attribute === each.dataset.settled);
      each.textContent = labelOf(question) || "–";
    }
  }

  form?.addEventListener("change", (event) => {
    const question = event.target.closest(".question");
    if (!levels.has(question?.dataset.attribute) || !labelOf(question)) return;
    touched = [question, ...touched.filter((each) => each !== question)];
    follow();
  });

  function listen(more) {
    questions = [...questions, ...more];
    for (const each of more) each.addEventListener("focusin", () => go(questions.indexOf(each), false));
  }

  const asked = questions;
  questions = [];
  listen(asked);
  go(0);

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const inList = event.target.closest?.("select, input[type=text], textarea");
    if (event.key === "Escape" && inList) { go(current); return; }
    if (inList && event.key !== "Enter") return;
    if (event.key === "Enter" && event.target.closest?.("button, a, summary")) return;
    const act = {
      Enter: () => send("decide"),
      s: () => send("skip"),
      u: () => send("undo"),
      o: () => questions[current]?.querySelector("[data-another]")?.focus(),
      ArrowDown: () => go(current + 1),
      ArrowUp: () => go(current - 1),
    }[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (act && (form || event.key.toLowerCase() === "u")) {
      event.preventDefault();
      act();
    } else if (/^[1-9]$/.test(event.key)) {
      event.preventDefault();
      choose(Number(event.key) - 1);
    }
  });
})();
