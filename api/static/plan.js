/* The page of a plan: tiles for its map, copying addresses, and taking out what is sealed: names and addresses. */

import { element, request, showTrouble, words } from "./common.js";
import { serveTiles } from "./tiles.js";

serveTiles(document.querySelector("iframe.map"));

for (const button of document.querySelectorAll("[data-copies]")) {
  button.addEventListener("click", async () => {
    const input = document.getElementById(button.dataset.copies);
    input.select();
    // Where the page does not come by https, browsers have no clipboard but still copy a selection.
    if (navigator.clipboard) await navigator.clipboard.writeText(input.value);
    else document.execCommand("copy");
    button.textContent = words.copied;
    setTimeout(() => (button.textContent = words.copy_it), 2000);
  });
}

for (const form of document.querySelectorAll("form.names")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    takeOut(form);
  });
}

/** Download what is sealed, for the reason that is given. */
async function takeOut(form) {
  const said = form.querySelector("[role=status]");
  const button = form.querySelector("button");
  button.disabled = true;
  said.textContent = words.preparing;
  try {
    const body = { reason: form.elements.reason.value.trim() };
    const response = await request("POST", form.dataset.address, { body, headers: { Accept: "*/*" } });
    const file = URL.createObjectURL(await response.blob());
    element("a", { href: file, download: form.dataset.name }).click();
    setTimeout(() => URL.revokeObjectURL(file), 60_000);
    said.textContent = words.names_done;
    form.reset();
  } catch (error) {
    showTrouble(said, error);
  }
  button.disabled = false;
}
