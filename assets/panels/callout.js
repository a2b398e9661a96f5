// Where more than half of the fakes on the screen are in one spot: their number and place, beside the spot in the samples
// panel. Two thousand crosses over each other look like one.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  const SPOT = 0.01; // data units: the sides of the square that they lie in
  const AWAY = 30; // CSS pixels from the spot to the words
  const SHORT = 8; // CSS pixels from the spot to the end of the line that leads to it
  const INSIDE = 6; // CSS pixels from the words to the edge of the panel
  const SAY_EVERY = 5000; // ms at least between two announcements
  const FAR = 0.1; // data units that the spot has to move to be announced again
  let parts = null; // {box, line} in the samples panel
  let seen = null; // the frame that `crowd` is of
  let crowd = null;
  let measured = { key: "", size: [0, 0] };
  let said = { crowd: null, time: -Infinity };
  let timer = null; // of the next announcement

  function build(layer) {
    const box = app.element("div", { class: "callout", id: "samples-callout", hidden: true });
    const line = app.element("div", { class: "callout-line", hidden: true });
    layer.cursor.before(line, box); // the cursor stays on top
    layer.root.setAttribute("aria-describedby", box.id); // read out whenever the panel is entered
    return { box, line };
  }

  function follow(frame) {
    const layer = app.layers.all.samples;
    if (!layer) return;
    parts = parts || build(layer);
    if (seen !== frame) {
      seen = frame;
      crowd = app.crowd.find(frame.fakes, SPOT);
      parts.box.replaceChildren(...(crowd ? words(frame) : []));
    }
    parts.box.hidden = parts.line.hidden = !crowd;
    if (crowd) place(layer);
    announce();
  }

  function words(frame) {
    const of = app.scenes.task() === "gan" ? "callout.fakes" : "callout.crosses"; // elsewhere a cross is something else
    const count = app.say(of, { count: crowd.count, all: frame.fakes.length / 2 });
    const x = across(frame);
    const place = { place: app.places.pair(x, crowd.y) };
    const lines = [count, Math.abs(x) > 1 ? app.say("callout.beyond", place) : app.say("callout.at", place)];
    return lines.flatMap((line) => [app.element("span", {}, line), " "]);
  }

  // Fakes outside the square are drawn at its edge. Where they are is known of a game of two numbers.
  function across(frame) {
    const theta = frame.reading ? app.readings.value({ values: frame.reading }, "theta") : NaN;
    return Number.isFinite(theta) ? theta : crowd.x;
  }

  // Above a spot in the lower half, else below it, and inside the panel from side to side.
  function place(layer) {
    const { box, line } = parts;
    const [x, y] = app.layers.toPixels(layer, crowd.x, crowd.y);
    const [width, height] = size(layer);
    const left = Math.max(INSIDE, Math.min(x - width / 2, layer.width - INSIDE - width));
    const above = y > layer.height / 2;
    box.style.transform = `translate(${left}px, ${above ? y - AWAY - height : y + AWAY}px)`;
    const from = Math.min(Math.max(x, left + 10), left + width - 10);
    const [dx, dy] = [x - from, above ? AWAY : -AWAY];
    line.style.width = `${Math.hypot(dx, dy) - SHORT}px`;
    line.style.transform = `translate(${from}px, ${y - dy}px) rotate(${Math.atan2(dy, dx)}rad)`;
  }

  // Asked of the browser only where it may have changed: digits are of one width.
  function size(layer) {
    const key = `${parts.box.textContent.length},${layer.width}`;
    if (measured.key !== key) measured = { key: parts.box.offsetWidth && key, size: [parts.box.offsetWidth, parts.box.offsetHeight] };
    return measured.size;
  }

  // Says that they have gathered, elsewhere, or come apart; never more often than can be listened to.
  function announce() {
    if (timer !== null || !isNews()) return;
    const wait = said.time + SAY_EVERY - performance.now();
    if (wait > 0) timer = setTimeout(say, wait);
    else say();
  }

  function isNews() {
    if (!crowd || !said.crowd) return Boolean(crowd) !== Boolean(said.crowd);
    return Math.hypot(crowd.x - said.crowd.x, crowd.y - said.crowd.y) > FAR;
  }

  function say() {
    timer = null;
    if (!isNews()) return;
    said = { crowd, time: performance.now() };
    app.setText("callout-words", crowd ? parts.box.textContent.trim() : app.say("callout.apart"));
  }

  state.on("drawn", follow);
})(window.dash_clientside);
