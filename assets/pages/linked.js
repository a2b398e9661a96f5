// Two runs beside each other (/compare): what this page says to the other one, and what it does when told.
//
// Each is a page in a frame; the page around them hands their messages on. Messages of anybody else are not read.
//   {kind: "view", step, preview}   the step that is viewed, and the one that is previewed, or null
//   {kind: "cursor", at}            what is pointed at, as in cursor.js, or null
//   {kind: "scroll", top}           how far the page is scrolled
//   {kind: "hello"}                 this page has begun to show its run, and asks where the other one is
//   {kind: "changes"}               for the page around: the run's settings have changed
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  let greeted = false;
  let obeying = false; // while a message is carried out, so that it is not sent back
  let leads = false; // whether this page was the last that the visitor moved along the steps
  let other = null; // the step of the other page, while it is beyond this run's end
  let known = null; // the cursor that was sent or received last
  let mine = false; // whether the visitor points at this page
  let changes = 0; // how many have been told of
  let top = 0; // where the other page has scrolled this one to

  const say = (message) => window.parent.postMessage(message, location.origin);

  function sayView() {
    const { view } = state;
    say({ kind: "view", step: view.live ? state.newestStep() : view.step, preview: view.preview });
  }

  const ACTS = {
    view({ step, preview }) {
      leads = false;
      const end = state.newestStep();
      const wanted = preview === null ? step : preview;
      other = wanted > end ? wanted : null;
      if (preview === null || state.view.preview === null) app.timeline.goToStep(step);
      // A pointer that rests on this page's own curves keeps what it previews.
      if (preview !== null) app.timeline.preview(Math.min(preview, end));
      else if (!(mine && known.panel === "metrics")) app.timeline.preview(null);
    },

    cursor({ at }) {
      if (at === null && mine) return; // the pointer has come over here before the other page said that it left
      known = at && at.panel === "metrics" ? { ...at, step: Math.min(at.step, Math.max(1, app.rows.lastStep())) } : at;
      mine = false;
      app.cursor.point(known);
    },

    scroll(message) {
      top = message.top;
      window.scrollTo({ top, behavior: "instant" });
    },

    hello() {
      if (leads) sayView();
    },
  };

  function hear({ origin, source, data }) {
    if (origin !== location.origin || source !== window.parent || !Object.hasOwn(ACTS, data.kind) || !state.live) return;
    obeying = true;
    try {
      ACTS[data.kind](data);
    } finally {
      obeying = false;
    }
  }

  // This run is shorter than where the other page is.
  function words(of) {
    return other === null ? of : app.say("linked.ends", { words: of, step: other });
  }

  function moved() {
    if (obeying || !state.live) return;
    leads = true;
    other = null;
    sayView();
  }

  function pointed(at) {
    if (at === known) return;
    known = at;
    mine = at !== null;
    say({ kind: "cursor", at });
  }

  function shown() {
    if (!greeted) say({ kind: "hello" });
    greeted = true;
    if (leads && state.view.live) sayView();
  }

  function scrolled() {
    if (Math.abs(window.scrollY - top) >= 1) say({ kind: "scroll", top: window.scrollY });
    top = null;
  }

  function changed() {
    if (state.changesTotal === changes) return;
    changes = state.changesTotal;
    say({ kind: "changes" });
  }

  if (app.source.embedded) {
    window.addEventListener("message", hear);
    window.addEventListener("scroll", scrolled, { passive: true });
    state.on("view", moved);
    state.on("live", shown);
    state.on("pointed", pointed);
    state.on("progress", changed);
  }

  app.linked = { words };
})(window.dash_clientside);
