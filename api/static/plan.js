/* The page of a plan: tiles for its map, copying addresses, and taking out the rosters with names. */

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

const names = document.getElementById("names");
names?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const said = document.getElementById("names-said");
  const button = names.querySelector("button");
  button.disabled = true;
  said.textContent = words.preparing;
  try {
    const body = { reason: document.getElementById("reason").value.trim() };
    const response = await request("POST", names.dataset.address, { body, headers: { Accept: "*/*" } });
    const file = URL.createObjectURL(await response.blob());
    element("a", { href: file, download: names.dataset.name }).click();
    setTimeout(() => URL.revokeObjectURL(file), 60_000);
    said.textContent = words.names_done;
    names.reset();
  } catch (error) {
    showTrouble(said, error);
  }
  button.disabled = false;
});
