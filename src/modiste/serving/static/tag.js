// The tag page: photos are answered one by one as they come, and heat maps are fetched when somebody asks for them.
"use strict";

(() => {
  const root = document.documentElement;
  const form = document.getElementById("tag-form");
  const cards = document.getElementById("cards");
  const results = document.getElementById("results");
  const status = document.getElementById("status");
  const token = document.querySelector("meta[name=csrf-token]").content;
  const files = new WeakMap(); // card -> its file
  const heats = new WeakMap(); // card -> attribute -> promise of a heat map
  const AT_ONCE = 3;
  const HOVER = 250; // milliseconds before a resting pointer asks for a heat map
  let queue = [];
  let running = 0;
  let total = 0;
  let failed = 0;

  root.classList.add("js");

  const say = (text) => { status.textContent = text; };
  const plural = (count) => `${count} photo${count === 1 ? "" : "s"}`;

  function take(list) {
    const photos = [...list].filter((file) => file.type.startsWith("image/") || !file.type);
    if (!photos.length) {
      if (list.length) say("There is no picture in that.");
      return;
    }
    if (!running && !queue.length) { total = 0; failed = 0; }
    total += photos.length;
    queue.push(...photos);
    results.hidden = false;
    while (running < AT_ONCE && queue.length) next();
  }

  async function next() {
    const file = queue.shift();
    if (!file) return;
    running += 1;
    say(`Tagging ${plural(total)}: ${total - running - queue.length} done.`);
    try {
      add(file, await answer(file));
    } catch (error) {
      failed += 1;
      add(file, null, error.message);
    }
    running -= 1;
    if (queue.length) next();
    else if (!running) say(`${plural(total)} done${failed ? `, ${failed} without an answer` : ""}.`);
  }

  async function answer(file, tries = 5) {
    const body = new FormData();
    body.append("csrf_token", token);
    const queued = form.elements.queue;
    if (queued && queued.checked) body.append("queue", "yes");
    body.append("photos", file, file.name || "pasted.png");
    const response = await fetch("/cards", { method: "POST", body });
    const wait = response.headers.get("Retry-After");
    if (response.status === 503 && wait && tries) {
      await new Promise((done) => setTimeout(done, 1000 * Number(wait)));
      return answer(file, tries - 1);
    }
    const text = await response.text();
    if (!response.ok) throw new Error(text || `The service answered ${response.status}.`);
    return text;
  }

  function add(file, html, problem) {
    const holder = document.createElement("template");
    if (html !== null) {
      holder.innerHTML = html; // made and escaped by the server
    } else {
      const card = document.createElement("article");
      card.className = "card";
      const body = document.createElement("div");
      body.className = "card-body";
      const title = document.createElement("h3");
      title.textContent = file.name || "pasted photo";
      const note = document.createElement("p");
      note.className = "callout warning";
      note.textContent = problem;
      body.append(title, note);
      card.append(body);
      holder.content.append(card);
    }
    for (const card of holder.content.querySelectorAll(".card")) files.set(card, file);
    cards.prepend(holder.content);
  }

  // Heat maps

  function heat(card, attribute) {
    if (!heats.has(card)) heats.set(card, new Map());
    const known = heats.get(card);
    if (!known.has(attribute)) known.set(attribute, fetchHeat(files.get(card), attribute));
    return known.get(attribute);
  }

  async function fetchHeat(file, attribute) {
    const body = new FormData();
    body.append("photos", file, file.name || "pasted.png");
    const response = await fetch(`/v1/tag?top=1&explain=${encodeURIComponent(attribute)}`, {
      method: "POST", body, headers: { "X-CSRF-Token": token },
    });
    if (!response.ok) throw new Error("The heat map could not be made.");
    return (await response.json()).photos[0].explanation;
  }

  async function show(card, attribute) {
    const image = card.querySelector(".card-photo img");
    const note = card.querySelector("[data-heat-note]");
    if (!image || !files.has(card)) return;
    if (!image.dataset.plain) { image.dataset.plain = image.src; image.dataset.alt = image.alt; }
    card.dataset.showing = attribute;
    mark(card, attribute);
    note.hidden = false;
    note.textContent = "Computing the heat map …";
    try {
      const found = await heat(card, attribute);
      if (card.dataset.showing !== attribute) return;
      image.src = found.image;
      image.alt = `Heat map of ${attribute} ${found.label}`;
      note.textContent = `Heat map of “${found.label}”: yellow areas count most, dark areas least.`;
    } catch (error) {
      if (card.dataset.showing === attribute) note.textContent = error.message;
      heats.get(card).delete(attribute);
    }
  }

  function hide(card) {
    const image = card.querySelector(".card-photo img");
    delete card.dataset.showing;
    delete card.dataset.pinned;
    mark(card, null);
    if (image && image.dataset.plain) { image.src = image.dataset.plain; image.alt = image.dataset.alt; }
    const note = card.querySelector("[data-heat-note]");
    if (note) note.hidden = true;
  }

  function mark(card, attribute) {
    for (const row of card.querySelectorAll(".answer")) {
      const shown = row.dataset.attribute === attribute;
      row.classList.toggle("shown", shown);
      row.querySelector("[data-explain]").setAttribute("aria-pressed", String(shown));
    }
  }

  cards.addEventListener("click", (event) => {
    const button = event.target.closest("[data-explain]");
    if (!button) return;
    const card = button.closest(".card");
    if (card.dataset.pinned === button.dataset.explain) { hide(card); return; }
    card.dataset.pinned = button.dataset.explain;
    show(card, button.dataset.explain);
  });

  let resting = 0;
  cards.addEventListener("pointerover", (event) => {
    if (event.pointerType !== "mouse") return;
    const row = event.target.closest(".answer");
    if (!row || row.contains(event.relatedTarget)) return;
    const card = row.closest(".card");
    if (card.dataset.pinned) return;
    clearTimeout(resting);
    resting = setTimeout(() => show(card, row.dataset.attribute), HOVER);
  });
  cards.addEventListener("pointerout", (event) => {
    if (event.pointerType !== "mouse") return;
    const row = event.target.closest(".answer");
    if (!row || row.contains(event.relatedTarget)) return;
    clearTimeout(resting);
    const card = row.closest(".card");
    if (!card.dataset.pinned) hide(card);
  });

  // Copying

  const answered = () => [...cards.querySelectorAll("[data-answer]")].map((card) => JSON.parse(card.dataset.answer));

  // A spreadsheet takes a field that begins so for a formula.
  function cell(value) {
    const text = String(value);
    const safe = /^(?:[\t\r\n']|\s*[=+\-@＝＋－＠])/.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  }

  function asCsv(photos) {
    const names = photos.length ? Object.keys(photos[0].answers) : [];
    const head = ["photo", ...names.flatMap((name) => [name, `${name}_probability`, `${name}_decision`])];
    const rows = photos.map((photo) => [photo.name, ...names.flatMap((name) => {
      const { label, probability, decision } = photo.answers[name];
      return [label, probability.toFixed(4), decision];
    })]);
    return [head, ...rows].map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
  }

  async function copy(text, what) {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = document.createElement("textarea"); // plain HTTP from another machine has no clipboard
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    say(`Copied as ${what}.`);
  }

  results.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.copy === "json") copy(JSON.stringify(answered(), null, 2), "JSON");
    if (button.dataset.copy === "csv") copy(asCsv(answered()), "CSV");
    if ("clear" in button.dataset) { cards.replaceChildren(); results.hidden = true; say("Cleared."); form.elements.photos.focus(); }
  });

  // Choosing, photographing, dropping, pasting

  for (const id of ["photos", "camera"]) {
    const input = document.getElementById(id);
    input.addEventListener("change", () => { take(input.files); input.value = ""; });
  }
  form.addEventListener("submit", (event) => event.preventDefault());

  const carriesFiles = (event) => [...(event.dataTransfer?.types || [])].includes("Files");
  let inside = 0;
  document.addEventListener("dragenter", (event) => { if (carriesFiles(event)) { inside += 1; form.classList.add("over"); } });
  document.addEventListener("dragleave", (event) => { if (carriesFiles(event) && --inside <= 0) { inside = 0; form.classList.remove("over"); } });
  document.addEventListener("dragover", (event) => { if (carriesFiles(event)) event.preventDefault(); });
  document.addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    inside = 0;
    form.classList.remove("over");
    take(event.dataTransfer.files);
  });
  document.addEventListener("paste", (event) => { if (event.clipboardData?.files.length) take(event.clipboardData.files); });
})();
