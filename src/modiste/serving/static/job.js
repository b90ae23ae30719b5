// Asks again until a background job is finished, and then puts its result into the page: readers keep their place.
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
      else if (response.ok) location.reload(); // another page came: the user must sign in
    } catch {
      // The service may be away for a moment.
    }
    if (waiting()) setTimeout(again, EVERY);
    else status.textContent = "The result is here.";
  }

  if (waiting()) setTimeout(again, EVERY);
})();
