/* Send files to the service and tell how far it is. */

import { address, noAnswer, problemOf, Trouble } from "./common.js";

const sent = new Map();

/**
 * Upload one file, or the parts of one set, as of a shapefile; `progress` is told the share that is sent.
 *
 * The same file for another role, as a GeoPackage with several layers, is sent once.
 */
export function upload(files, progress) {
  const key = JSON.stringify(files.map(({ name, size, lastModified }) => [name, size, lastModified]));
  if (!sent.has(key)) {
    const sending = send(files, progress);
    sent.set(key, sending);
    sending.catch(() => sent.delete(key));
  }
  return sent.get(key);
}

function send(files, progress) {
  const form = new FormData();
  for (const file of files) form.append("file", file);
  return new Promise((done, fail) => {
    // fetch cannot tell how much of a body is sent
    const sending = new XMLHttpRequest();
    sending.open("POST", address("/datasets"));
    sending.upload.addEventListener("progress", (event) => event.lengthComputable && progress(event.loaded / event.total));
    sending.addEventListener("load", () => {
      const answer = problemOf(sending.responseText, sending.statusText);
      if (sending.status === 201) done(answer);
      else fail(new Trouble(answer));
    });
    sending.addEventListener("error", () => fail(noAnswer()));
    sending.send(form);
  });
}
