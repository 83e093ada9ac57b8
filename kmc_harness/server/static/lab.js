// Renews the parts of the lab that change by themselves, once a second; without it, Reload does.
"use strict";
const known = new Map();
async function renew() {
  try {
    const answer = await fetch("/lab/live");
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of page.querySelectorAll("[id^=live-]")) {
      const here = document.getElementById(part.id);
      if (known.get(part.id) === part.innerHTML || !here) continue;
      if (known.has(part.id) || here.innerHTML !== part.innerHTML) here.innerHTML = part.innerHTML;
      known.set(part.id, page.getElementById(part.id).innerHTML);
    }
  } catch { /* the server has ended: the page stays as it is */ }
}
setInterval(renew, 1000);
