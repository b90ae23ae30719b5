// Keys for the review page; everything they do, its forms do without them.
"use strict";

(() => {
  document.documentElement.classList.add("js");
  const form = document.getElementById("decide");
  const questions = form ? [...form.querySelectorAll(":scope > .question")] : [];
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

  questions.forEach((each, index) => each.addEventListener("focusin", () => go(index, false)));
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
