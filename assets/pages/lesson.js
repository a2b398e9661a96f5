// What a teacher leaves out or locks by the address: /?hide=story,lr-d,latent-panel&lock=preset,experiment
//
// What is left out is not there, what is locked can be seen and says who has locked it. Neither can be done by a key, a
// link in the story or a double click instead: what a command changes is looked up here before it is sent. It is a help
// for a lesson and no protection: whoever changes the address has everything back.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  const MOST = 40; // names in the address
  const asked = new URLSearchParams(location.search);
  const hidden = names("hide");
  const locked = names("lock");
  const closed = new Set(); // parts that are hidden or locked
  let all = null; // why nothing can be done at all

  // Parts of the page that are several elements, or have another element than the one of their name.
  const ELEMENTS = {
    preset: ".header .preset",
    story: "#story-panel",
    values: ".sidebar .control.g, .sidebar .control.d, .sidebar h2.g, .sidebar h2.d, #more-values",
    pace: ".sidebar .control:has(#pace-words)",
    timeline: ".timeline-box",
    training: ".footer .of-training",
    branches: ".footer .branches",
  };
  const BY_ID = [
    ...["tour-start", "sweep", "runs", "copy-link", "theme", "help", "experiment", "networks", "pause-when", "more-values"],
    ...["play-pause", "step-once", "tell-step", "reset", "new-seed", "again-with-seeds", "branch-here", "before-change"],
    ...["replay", "follow-live"],
  ];
  // What changes the run for everybody.
  const STEERING = ["preset", "values", "pace", "pause-when", "training", "branches", "tour-start"];
  // Which parts a command belongs to: closed parts that it may not do the work of.
  const DOES = {
    play: () => ["play-pause", "training"],
    pause: () => ["play-pause", "training"],
    step: () => ["step-once", "training"],
    reset: () => ["reset", "training"],
    "new-seed": () => ["new-seed", "training"],
    preset: () => ["preset"],
    start: () => ["experiment"],
    branch: ({ config }) => (config ? ["experiment", "branches"] : ["branch-here", "branches"]),
    open: () => ["runs"],
    pace: () => ["pace"],
    looking: () => ["pace"],
    "pause-when": () => ["pause-when"],
    set: ({ values }) => ["values", ...Object.keys(values).map((name) => name.replaceAll("_", "-"))],
  };
  // And the keys.
  const KEYS = {
    ...{ " ": DOES.play(), ".": DOES.step(), r: DOES.reset(), t: ["tell-step", "training"], c: ["copy-link"], "?": ["help"], l: ["follow-live"] },
    ...Object.fromEntries(["[", "]", "ArrowLeft", "ArrowRight", "Home", "End"].map((key) => [key, ["timeline"]])),
  };

  const CONTROLS = ["button:not(.info)", "input", "select", "textarea", "summary", "[role=slider]"].join();

  function names(what) {
    return (asked.get(what) || "").split(",").map((name) => name.trim()).filter(Boolean).slice(0, MOST);
  }

  function elements(name) {
    if (Object.hasOwn(state.settings.sliders, name)) return [app.byId(`${name}-control`)];
    if (app.panels.all().includes(name.replace(/-panel$/, ""))) return [app.byId(name).closest(".card")];
    return [...document.querySelectorAll(Object.hasOwn(ELEMENTS, name) ? ELEMENTS[name] : `#${name}`)];
  }

  const known = () => [
    ...Object.keys(ELEMENTS),
    ...BY_ID,
    ...Object.keys(state.settings.sliders),
    ...app.panels.all().map((name) => `${name}-panel`),
  ];

  function arrange() {
    const parts = known();
    const strange = [...hidden, ...locked].filter((name) => !parts.includes(name));
    if (strange.length) {
      app.notice.put("lesson", app.say("lesson.unknown", { names: strange.join(", "), all: parts.join(", ") }));
    }
    for (const name of hidden.filter((one) => parts.includes(one))) {
      closed.add(name);
      for (const element of elements(name)) element.classList.add("left-out");
    }
    for (const name of locked.filter((one) => parts.includes(one))) {
      closed.add(name);
      for (const element of elements(name)) lock(element);
    }
    window.dispatchEvent(new Event("resize")); // what is left takes the room
  }

  const sentence = () => all || app.say("lesson.locked");

  function lock(element) {
    element.classList.add("locked");
    element.title = sentence();
    const inner = element.querySelectorAll(CONTROLS);
    for (const control of element.matches("button") ? [element] : inner) control.setAttribute("aria-disabled", "true");
  }

  // Says so where somebody tries: a key that moves the focus, and what only explains, go through.
  function refuse(event) {
    const part = event.target.closest && event.target.closest(".locked");
    if (!part || event.target.closest(".info") || event.key === "Tab" || event.key === "Shift") return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (event.type !== "click") say();
  }

  // Why a command is not sent, or null.
  function why(body) {
    if (all) return all;
    const parts = Object.hasOwn(DOES, body.do) ? DOES[body.do](body) : [];
    return parts.some((part) => closed.has(part)) ? app.say("lesson.locked") : null;
  }

  function hasKey(key) {
    const free = !(KEYS[key] || []).some((part) => closed.has(part));
    if (!free) say();
    return free;
  }

  // A moment later: the press itself takes such a line away.
  const say = () => setTimeout(() => app.notice.put("locked", sentence(), { passing: true }));

  // Nothing can be changed from this page, for this reason; looking around is free.
  function closeAll(reason) {
    all = reason;
    for (const name of STEERING) {
      closed.add(name);
      for (const element of elements(name)) lock(element);
    }
  }

  if (hidden.length || locked.length) state.on("settings", arrange);
  // Before anything else hears of it.
  for (const type of ["pointerdown", "mousedown", "click", "dblclick", "keydown", "beforeinput"]) window.addEventListener(type, refuse, true);
  app.ask.closed = why;

  app.lesson = { hasKey, closeAll };
})(window.dash_clientside);
