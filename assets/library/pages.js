// Which part of the list of runs is shown, and the ways to the others: over the list and below it.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const SIZE = 50; // runs on a page
  const ROOTS = ["runs-pages", "runs-pages-below"];
  let turns = []; // what both of them have: {words, previous, next}

  // `turn` is told from which run on the list is to be shown; `further` are elements beside the upper one.
  function build(turn, ...further) {
    turns = ROOTS.map((id, i) => {
      const words = app.element("span", i ? {} : { role: "status" });
      const [previous, next] = [app.say("library.previous"), app.say("library.next")].map((text) => app.button(text, (event) => go(event.currentTarget, turn)));
      [previous.dataset.go, next.dataset.go] = ["previous", "next"];
      app.byId(id).replaceChildren(previous, words, next, ...(i ? [] : further));
      return { words, previous, next };
    });
  }

  // From below the list one comes to its top; a button that leads nowhere keeps the focus.
  async function go(button, turn) {
    if (button.getAttribute("aria-disabled") === "true") return;
    await turn(Number(button.dataset.from));
    if (turns.length) turns[0][button.dataset.go].focus();
  }

  function show({ from, total, runs }) {
    turns.forEach(({ words, previous, next }, i) => {
      const fields = { from: from + 1, to: from + runs.length, total };
      const text = app.say("library.page", fields);
      if (words.textContent !== text) words.textContent = text;
      point(previous, from - SIZE, from > 0);
      point(next, from + SIZE, from + SIZE < total);
      for (const element of [words, previous, next]) element.hidden = total <= SIZE && !from;
      app.byId(ROOTS[i]).hidden = i ? total <= SIZE : total < 2;
    });
  }

  function point(button, from, possible) {
    button.dataset.from = Math.max(0, from);
    button.setAttribute("aria-disabled", String(!possible));
  }

  // Where the last page begins.
  const last = (total) => Math.max(0, Math.floor((total - 1) / SIZE) * SIZE);

  app.pages = { SIZE, build, show, last };
})(window.dash_clientside);
