
"use strict";
for (const stepper of document.querySelectorAll(".stepper")) {
  const frames = [...stepper.querySelectorAll(":scope > .frame")];
  const [back, on] = stepper.querySelectorAll(":scope > .controls > button");
  const range = stepper.querySelector(":scope > .controls > input");
  const output = stepper.querySelector(":scope > .controls > output");
  const drawing = stepper.querySelector(":scope > .drawing");
  const bring = (parts) => {
    if (!parts.length || drawing.scrollWidth <= drawing.clientWidth) return;
    const boxes = parts.map((part) => part.getBoundingClientRect());
    const middle = (Math.min(...boxes.map((b) => b.left)) + Math.max(...boxes.map((b) => b.right))) / 2;
    const frame = drawing.getBoundingClientRect();
    drawing.scrollLeft += middle - (frame.left + frame.right) / 2;
  };
  const show = (n) => {
    n = Math.min(Math.max(n, 0), frames.length - 1);
    frames.forEach((frame, k) => frame.classList.toggle("now", k === n));
    const lit = new Set(frames[n].dataset.lit.split(" "));
    const parts = [...(drawing?.querySelectorAll("[data-id], [data-edge]") ?? [])];
    bring(parts.filter((part) => part.classList.toggle("lit", lit.has(part.dataset.id ?? part.dataset.edge))));
    range.value = n + 1;
    back.disabled = n === 0;
    on.disabled = n === frames.length - 1;
    output.textContent = `${n + 1} of ${frames.length}: ${frames[n].querySelector(".title").textContent}`;
    range.setAttribute("aria-valuetext", output.textContent);
  };
  const now = () => Number(range.value) - 1;
  back.addEventListener("click", () => show(now() - 1));
  on.addEventListener("click", () => show(now() + 1));
  range.addEventListener("input", () => show(now()));
  stepper.addEventListener("keydown", (event) => {
    const to = { ArrowLeft: now() - 1, ArrowRight: now() + 1, Home: 0, End: frames.length - 1 }[event.key];
    if (to === undefined || event.target === range || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    show(to);
  });
  if (!frames.length) continue;
  stepper.tabIndex = 0;
  stepper.classList.add("live");
  stepper.querySelector(":scope > .controls").hidden = false;
  show(0);
}
const scrollers = document.querySelectorAll(".scroll, .equations, .wide");
const reach = () => {
  for (const part of scrollers) {
    if (part.scrollWidth > part.clientWidth) part.tabIndex = 0;
    else part.removeAttribute("tabindex");
  }
};
addEventListener("resize", reach);
reach();
let folded = [];
addEventListener("beforeprint", () => {
  folded = [...document.querySelectorAll("details:not([open])")];
  for (const part of folded) part.open = true;
});
addEventListener("afterprint", () => {
  for (const part of folded) part.open = false;
});
