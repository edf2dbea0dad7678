/* A job that waits or runs: stage, progress, time, and stopping it. */

import { ask, request, say, showTrouble, words } from "./common.js";

const EVERY_MS = 700;
const AFTER_TROUBLE_MS = 3000;

const page = document.getElementById("job");
const at = (id) => document.getElementById(id);
const stages = JSON.parse(page.dataset.stages);
const path = `/jobs/${page.dataset.job}`;
const title = document.title;
let stopping = false;

function draw(job, now) {
  const stage = stageOf(job);
  if (at("stage").textContent !== stage) at("stage").textContent = stage;
  at("bar").value = job.progress;
  at("percent").textContent = `${job.progress} %`;
  document.title = `${job.progress} % · ${title}`;
  const since = Date.parse(job.started ?? job.created);
  at("elapsed").textContent = say("elapsed", { time: duration((now - since) / 1000) });
}

function stageOf(job) {
  if (stopping) return words.stopping;
  if (job.status === "running") return stages[job.stage] ?? words.starting;
  return job.position > 1 ? say("waiting_place", { n: job.position }) : words.waiting_next;
}

function duration(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  return whole < 60 ? say("seconds", { s: whole }) : say("minutes", { m: Math.floor(whole / 60), s: whole % 60 });
}

async function follow() {
  let wait = EVERY_MS;
  try {
    const response = await request("GET", path);
    const job = await response.json();
    showTrouble(at("trouble"), null);
    if (!["accepted", "running"].includes(job.status)) {
      location.reload();
      return;
    }
    draw(job, Date.parse(response.headers.get("Date")) || Date.now());
  } catch (error) {
    showTrouble(at("trouble"), error);
    wait = AFTER_TROUBLE_MS;
  }
  setTimeout(follow, wait);
}

at("stop").addEventListener("click", async () => {
  stopping = true;
  at("stop").disabled = true;
  at("stage").textContent = words.stopping;
  try {
    await ask("DELETE", path);
  } catch (error) {
    stopping = false;
    at("stop").disabled = false;
    showTrouble(at("trouble"), error);
  }
});

follow();
