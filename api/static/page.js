/* On every page: moments in the reader's own time zone, and dialogs that ask before something is deleted. */

import { request, showTrouble } from "./common.js";

const { lang } = document.documentElement.dataset;
const locale = navigator.languages.find((name) => name.startsWith(lang)) ?? document.documentElement.lang;

for (const moment of document.querySelectorAll("time")) {
  const style = "day" in moment.dataset ? { dateStyle: "medium" } : { dateStyle: "medium", timeStyle: "short" };
  moment.textContent = new Date(moment.dateTime).toLocaleString(locale, style);
}

for (const opener of document.querySelectorAll("[data-opens]")) {
  opener.addEventListener("click", () => document.getElementById(opener.dataset.opens).showModal());
}

for (const dialog of document.querySelectorAll("dialog[data-delete]")) {
  const confirm = dialog.querySelector("[data-confirm]");
  confirm.addEventListener("click", async () => {
    confirm.disabled = true;
    try {
      await request("DELETE", dialog.dataset.delete);
      location.replace(dialog.dataset.back);
    } catch (error) {
      showTrouble(dialog.querySelector("[data-alert]"), error);
      confirm.disabled = false;
    }
  });
}
