// Asks again for a part of the page while it may still change: slower each time, and not while nobody looks.
const first = 2000;
const slowest = 30000;

for (const part of document.querySelectorAll("[data-refresh]")) {
  let wait = first;
  const again = () => setTimeout(turn, wait);
  async function turn() {
    if (document.hidden) return document.addEventListener("visibilitychange", turn, { once: true });
    try {
      const answer = await fetch(part.dataset.refresh, { headers: { "X-Fragment": "1" }, redirect: "error" });
      if (answer.status === 401 || answer.status === 404) return location.reload();
      if (answer.ok) {
        const html = await answer.text();
        if (html !== part.innerHTML) part.innerHTML = html;
        if (answer.headers.get("X-Final") === "1") return;
      }
    } catch { /* the network is away: the next turn tries again */ }
    wait = Math.min(wait * 1.5, slowest);
    again();
  }
  again();
}
