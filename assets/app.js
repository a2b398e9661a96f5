// What the page knows, in one place, and who wants to hear of a change. Files are loaded in the order of their names,
// so this one comes first; the others use each other only once the page is up.
//
// Other files read `state.*` freely; only poll.js, command.js and timeline.js write to it. A file that wants to react
// registers with `state.on(event, f)`:
//   "settings"  Python's tables are there        "frame"     another frame is on the screen
//   "run"       a new run began                  "progress"  status, curves or kept steps changed
//   "lens"      a panel is to show another thing "dressed"   a panel has other words or axes
//   "zoom"      other steps are to be seen in the curves
//   "controls"  those in the cards' heads are there
//   "live"      a newer frame arrived            "view"      live, past or preview changed
//   "drawn"     the frame has been painted       "axis"      the metrics panel's steps have moved
//   "placed"    a layer was put onto its axes    "theme"     light or dark
//   "figure"    Dash has drawn a panel anew      "plotted"   Plotly has drawn a panel
//   "pointed"   the linked cursor is elsewhere, or still where it was
//   "back"      the server answers again
//   "runs"      the library of runs was changed  "scenario"  another scenario than before is open, by its name
//   "rows"      numbers of further steps are there
//   "named"     it is known what the run's target is called
//   "exact"     an exact frame of the past is there (null), or cannot be: of which step
//   "notes"     what is noted on steps of the run in view is there, or is other than it was
//   "leave"     the past is to be left for the newest step
//   "acted"     a command was answered: what it was, and why it was refused, or null
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const listeners = {};

  app.state = {
    settings: null, // tables from Python: sliders, presets, colours
    run: null, // number of the run whose points, metrics and frames are held
    points: null, // {latents, reals}: Int16Array, x and y in turn, divide by POINT
    status: null, // the server's Status
    changes: [], // [step, name, old, new]
    changesTotal: 0, // how many there have been, those no longer held included
    events: [], // [step, kind, about] of what happened in the run, ascending
    notes: [], // {step, text, tags} on steps of the run, ascending
    kept: new Int32Array(0), // steps with a frame, ascending
    live: null, // the newest frame
    shown: null, // the frame on the screen
    view: { live: true, step: null, preview: null }, // step: the one viewed when not live; preview: while hovering
    POINT: 32767,

    on(event, listener) {
      (listeners[event] = listeners[event] || []).push(listener);
    },

    emit(event, ...details) {
      for (const listener of listeners[event] || []) listener(...details);
    },

    newestStep() {
      const { status, live } = app.state;
      return Math.max(status ? status.step : 0, live ? live.step : 0);
    },
  };

  // Every address on the server is made here: behind a proxy it may begin with a path (--base-path).
  const { base = "" } = document.documentElement.dataset;
  app.at = (path) => base + path;

  // Where the page's data come from: the live session, or, opened as /?run=ID, a recorded run that is only looked at; that of
  // a file lies in it, and it knows which it is (file/in_file.js).
  const file = app.file || null;
  const id = file ? file.run : new URLSearchParams(location.search).get("run");
  const beside = () => {
    try {
      return window !== window.parent && window.parent.location.pathname.endsWith("/compare");
    } catch {
      return false; // in a frame of somebody else's page, as a notebook's
    }
  };
  app.source = {
    file, // {run, said}: the run in this file, and what it holds of it; null where there is a server
    recorded: id !== null, // whether it is a recorded run
    id, // that run's id; null for the live session, whose run may change
    possible: id === null || /^[0-9a-z][0-9a-z-]{0,39}$/.test(id), // else the id must not get into a path
    embedded: !file && beside(), // one of two beside each other
    base: id === null ? "/api" : `/api/runs/${id}`, // of the paths progress, points and frame/STEP
    // recorded.js adds what else is to be known of a recorded run: newest, refuse, words, title, inForce, LEAVING.
  };

  // Leaves what is seen for the live run; of two beside each other, both.
  app.home = () => (app.source.embedded ? window.parent : window).location.assign(app.at("/"));

  // A scenario by its name; null for one that this version does not know, for a recorded run may name anything.
  app.preset = (name) => (Object.hasOwn(app.state.settings.presets, name) ? app.state.settings.presets[name] : null);

  // What files of lower folders want to know of higher ones. Those put their answers here when they are loaded.
  app.ask = {
    lenses: () => [], // the lenses that the server has to compute now (lens.js)
    lacks: () => false, // whether a frame lacks what they show (lens.js)
    plane: () => null, // the plane through latent space that frames are to show, if it is not the usual one (plane.js)
    units: () => false, // whether the picture of the networks needs what their units compute (networks.js)
    theory: () => [], // the lenses that what is told beside the story needs (game.js)
    canPaint: () => true, // whether the panels are there (layers.js)
    closed: () => null, // why a command is not sent, of a part of the page that is locked (lesson.js)
    playing: () => false, // whether kept frames are played (replay.js)
    dragged: () => false, // whether the timeline's handle is dragged (rail.js)
    loading: () => false, // whether a kept frame is on its way (timeline.js)
  };

  app.byId = (id) => document.getElementById(id);

  // Has a component of Dash's hold a value. One that it holds already is left alone: whatever is set sends every component
  // of the page through Dash's round of callbacks.
  app.setProp = (id, name, value) => {
    if (dash_component_api.getLayout(id).props[name] !== value) app.set_props(id, { [name]: value });
  };

  // How much larger the page is drawn than it is laid out. Places in the window are in pixels that are drawn.
  app.pageZoom = () => document.body.getBoundingClientRect().width / document.body.offsetWidth || 1;

  // Changes text only when it differs, so that nothing is laid out again for nothing.
  app.setText = (id, text) => {
    const element = app.byId(id);
    if (element && element.textContent !== text) element.textContent = text;
  };

  const { format } = new Intl.NumberFormat("en-US"); // made once: toLocaleString makes one a call
  app.grouped = (n) => format(Number(n));

  // Three significant digits, without trailing zeros: 0.000200 is 0.0002.
  app.brief = (x) => String(Number(Number(x).toPrecision(3)));

  // A number with the sign that axes have.
  app.minus = (x) => String(x).replace("-", "−");
})(window.dash_clientside);
