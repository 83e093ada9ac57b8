"use strict";
const all = (selector) => [...document.querySelectorAll(selector)];
const requirements = all(".requirement").map((node) => ({ node, text: node.dataset.find.toLowerCase() }));
const search = document.querySelector("#search");
const level = document.querySelector("#level");
const shown = document.querySelector("#shown");
const buttons = all("button[data-verdict]");

function filter() {
  const verdicts = new Set(buttons.filter((each) => each.ariaPressed === "true").map((each) => each.dataset.verdict));
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const { node, text } of requirements) {
    const fits = (!verdicts.size || verdicts.has(node.dataset.verdict))
      && (!level.value || level.value === node.dataset.level)
      && words.every((word) => text.includes(word));
    node.hidden = !fits;
    count += fits;
  }
  for (const chapter of all(".chapter")) chapter.hidden = !chapter.querySelector(".requirement:not([hidden])");
  shown.textContent = `${count} of ${requirements.length} requirements`;
}

function clear() {
  for (const each of buttons) each.ariaPressed = "false";
  search.value = level.value = "";
  filter();
}

function follow() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  const requirement = target.closest(".requirement");
  if (requirement && requirement.hidden) clear();
  for (let node = target; node; node = node.parentElement) if (node.tagName === "DETAILS") node.open = true;
  const within = target.querySelector(":scope > details");
  if (within) within.open = true;
  target.scrollIntoView();
}

for (const each of buttons) {
  each.addEventListener("click", () => {
    each.ariaPressed = each.ariaPressed === "true" ? "false" : "true";
    filter();
  });
}
search.addEventListener("input", filter);
level.addEventListener("change", filter);
document.querySelector("#clear").addEventListener("click", clear);
addEventListener("hashchange", follow);
let opened = [];
addEventListener("beforeprint", () => {
  // One timeline a requirement, the first that failed: all of them would make a book.
  opened = all(".requirement:not([data-verdict=pass])")
    .flatMap((each) => [each.querySelector("details"), each.querySelector(".scenario:has(> summary > .fail)")])
    .filter((each) => each && !each.open);
  for (const each of opened) each.open = true;
});
addEventListener("afterprint", () => { for (const each of opened) each.open = false; });
filter();
follow();
