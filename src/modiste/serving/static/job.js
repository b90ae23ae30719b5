// Asks again for what is still being looked up, and puts it into the page once it is there: nobody loses their place.
"use strict";

(() => {
  const EVERY = 2000; // milliseconds
  const place = document.querySelector("[data-job]");
  const status = document.querySelector("[data-job-status]");
  const waiting = () => place.querySelector("[data-waiting]");

  async function again() {
    try {
      const response = await fetch(location.href);
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      const found = page.querySelector("[data-job]");
      if (found) place.replaceChildren(...found.childNodes);
      else if (response.ok) location.reload(); // another page came: somebody must sign in
    } catch {
      // The service may be away for a moment.
    }
    if (waiting()) setTimeout(again, EVERY);
    else status.textContent = "It is there.";
  }

  if (waiting()) setTimeout(again, EVERY);
})();
