"use strict";
const says = document.getElementById("says");
document.addEventListener("pointermove", (event) => {
  const mark = event.target.closest("svg.chart [aria-label]");
  says.style.display = mark ? "block" : "none";
  if (!mark) return;
  says.textContent = mark.getAttribute("aria-label");
  const right = event.clientX + 14 + says.offsetWidth > innerWidth;
  says.style.left = (right ? event.clientX - says.offsetWidth - 10 : event.clientX + 14) + "px";
  says.style.top = Math.min(event.clientY + 14, innerHeight - says.offsetHeight - 4) + "px";
});
const every = Number(document.body.dataset.refreshMillis);
const state = document.getElementById("state");
async function refresh() {
  try {
    const answer = await fetch("/parts", { cache: "no-store" });
    if (!answer.ok) throw new Error("status " + answer.status);
    const open = new Set([...document.querySelectorAll("details[open]")].map((one) => one.id));
    document.querySelector("main").innerHTML = await answer.text();
    for (const one of document.querySelectorAll("details")) one.open = open.has(one.id);
    state.textContent = "";
  } catch (error) {
    state.textContent = "the console does not answer any more: what stands here is old";
  }
  setTimeout(refresh, every);
}
if (every) setTimeout(refresh, every);
