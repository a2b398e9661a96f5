// How many steps go by from one frame to the next: what the visitor asks for, and what it comes to.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  const FULL_SPEED = "full";
  let placed = null; // the choice that the chooser shows
  let last = null; // step of the newest frame
  const strides = []; // steps between the newest frames

  async function choose(value) {
    if (!state.status || value === placed) return;
    placed = value;
    const refusal = await app.command.send({ do: "pace", steps: value === FULL_SPEED ? null : Number(value) });
    if (refusal) placed = null; // the next status puts the chooser back
  }

  function show() {
    if (!state.status) return;
    const { pace } = state.status;
    const value = pace === null ? FULL_SPEED : String(pace);
    if (placed !== value && document.activeElement !== app.byId("pace")) {
      placed = value;
      app.set_props("pace", { value });
    }
    app.setText("pace-measured", words());
  }

  function words() {
    if (state.status.phase !== "training" || !strides.length) return "";
    const middle = [...strides].sort((a, b) => a - b)[strides.length >> 1];
    return `a frame every ${app.grouped(middle)} ${middle === 1 ? "step" : "steps"}`;
  }

  state.on("live", (frame) => {
    if (last !== null && frame.step > last) strides.push(frame.step - last);
    if (strides.length > 15) strides.shift();
    last = frame.step;
  });
  state.on("run", () => {
    last = null;
    strides.length = 0;
  });
  state.on("progress", show);

  app.pace = { choose };
})(window.dash_clientside);
