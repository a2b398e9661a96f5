// What is written about a panel, for those who have no pointer to rest on its title: a button in the head of each card.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  const notes = {};

  function build(panel) {
    const head = document.querySelector(`.card:has(#${panel}-panel) .card-head`);
    if (!head || notes[panel]) return;
    const id = `about-${panel}-words`;
    const button = app.element("button", { id: `about-${panel}`, class: "about", type: "button", popovertarget: id }, "?");
    notes[panel] = app.element("div", { id, class: "about-words", popover: "auto", role: "note", tabindex: "0" });
    notes[panel].addEventListener("beforetoggle", (event) => event.newState === "open" && open(panel, button));
    head.append(button, notes[panel]);
    name(panel);
  }

  // A button's name says of which panel it speaks.
  function name(panel) {
    const button = app.byId(`about-${panel}`);
    if (!button) return;
    const { spoken } = app.scenes.now(panel);
    button.setAttribute("aria-label", app.say("about.panel-of", { panel: spoken }));
    button.title = app.say("about.panel");
    notes[panel].setAttribute("aria-label", app.say("about.of", { what: spoken }));
  }

  function open(panel, button) {
    const { title, hint, marks } = app.scenes.seen(panel);
    const choices = panel === "metrics" ? app.views : app.lens;
    const [first, ...others] = choices.help(panel);
    const named = ([label, words]) => app.element("p", {}, app.element("b", {}, `${label}. `), words);
    notes[panel].replaceChildren(
      app.element("h3", {}, title),
      app.element("p", {}, first[1]),
      ...(panel === "latent" && app.plane.help() ? [app.element("p", {}, app.plane.help())] : []),
      ...(marks ? [app.element("p", {}, marks)] : []),
      app.element("p", { class: "quiet" }, hint),
      ...(others.length ? [app.element("h3", {}, app.say("about.choices"))] : []),
      ...others.map(named),
    );
    place(notes[panel], button.getBoundingClientRect());
  }

  // Below the button, as far as the window allows.
  function place(note, from) {
    const zoom = app.pageZoom();
    const px = (length) => `${length / zoom}px`;
    const width = Math.min(380 * zoom, innerWidth - 16);
    const left = Math.max(8, Math.min(from.right - width, innerWidth - width - 8));
    const below = innerHeight - from.bottom - 14;
    const above = from.top - 14;
    const up = below < 220 && above > below;
    Object.assign(note.style, {
      width: px(width),
      left: px(left),
      top: up ? "auto" : px(from.bottom + 6),
      bottom: up ? px(innerHeight - from.top + 6) : "auto",
      maxHeight: px(up ? above : below),
    });
  }

  state.on("controls", () => app.panels.all().forEach(build)); // after the other controls of the heads
  state.on("dressed", name);
})(window.dash_clientside);
