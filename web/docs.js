// Copy buttons beside the examples of /docs; an operation that an address names is opened.
import { announce } from "./site.js";

const button = document.getElementById("copy-example");

if (navigator.clipboard) {
  for (const example of document.querySelectorAll("pre.example")) {
    const made = button.content.cloneNode(true).firstElementChild;
    const before = made.textContent;
    made.setAttribute("aria-label", made.dataset.what + example.dataset.language);
    made.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(example.textContent);
      } catch {
        // Without permission the text can still be selected.
        return;
      }
      made.textContent = made.dataset.done;
      announce(made.dataset.done);
      setTimeout(() => { made.textContent = before; }, 2000);
    });
    example.before(made);
  }
}

function open() {
  const named = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (named instanceof HTMLDetailsElement) named.open = true;
}

addEventListener("hashchange", open);
open();
