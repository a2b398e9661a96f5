// What each panel shows in the task of the run, by Python's table `scenes`: titles, words, axes and colour bars follow.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  const dressed = {}; // panel -> what its figure was given last

  const task = () => (state.points && state.settings.scenes[state.points.task] ? state.points.task : "gan");

  // The scene of a panel ("samples", ...). What D says is no probability in every run: then it is a score.
  function now(panel) {
    const scene = state.settings.scenes[task()][panel];
    return scene.scale === "real-fake" && !app.offers.has("probability") ? { ...scene, scale: "score" } : scene;
  }

  // The same with what the lens or view that is to be seen makes of it.
  function seen(panel) {
    const scene = now(panel);
    const { title, reading, scale, help } = panel === "metrics" ? app.views.said(app.views.chosen()) : app.lens.visible(panel);
    const axes = panel === "latent" ? app.plane.axes(state.shown, scene.axes) : scene.axes;
    return { ...scene, axes, title: title || scene.title, reading: reading || scene.reading, scale: scale || scene.scale, help: help || scene.help };
  }

  function dress(panel) {
    const layer = app.layers.all[panel];
    if (!layer) return;
    const { title, spoken, help, hint, axes, scale } = seen(panel);
    const reach = panel === "latent" ? app.plane.reach() : 1;
    const key = JSON.stringify([title, scale, axes, help, reach]);
    if (dressed[panel] === key) return;
    const head = document.querySelector(`.card:has(#${panel}-panel) .card-head`);
    if (!head) return;
    dressed[panel] = key;
    app.setText(`${panel}-panel-title`, title);
    head.title = help;
    const hinted = head.parentElement.querySelector(".hint");
    if (hinted) hinted.textContent = hint;
    layer.root.setAttribute("aria-label", app.layers.spoken(panel, spoken));
    if (app.panels.square().includes(panel)) figure(layer.plot, axes, scale, reach);
    state.emit("dressed", panel);
  }

  // Only what differs is told to Plotly, which draws everything anew for it.
  function figure(plot, [x, y], scale, reach) {
    const { xaxis, yaxis } = plot.layout;
    const ticks = reach === 1 ? null : xaxis.tickvals.map((at) => app.minus(at * reach));
    if (xaxis.title.text !== x || yaxis.title.text !== y || JSON.stringify(xaxis.ticktext || null) !== JSON.stringify(ticks)) {
      window.Plotly.relayout(plot, { "xaxis.title.text": x, "yaxis.title.text": y, "xaxis.ticktext": ticks, "yaxis.ticktext": ticks });
    }
    const { marker } = plot.data[0];
    if (!scale || !marker) return;
    const { stops, ticks: marks } = state.settings.scales[scale];
    const texts = marks.map(([, text]) => app.minus(text));
    if (JSON.stringify([marker.colorscale, marker.colorbar.ticktext]) === JSON.stringify([stops, texts])) return;
    window.Plotly.restyle(plot, {
      "marker.colorscale": [stops],
      "marker.colorbar.tickvals": [marks.map(([at]) => at)],
      "marker.colorbar.ticktext": [texts],
    }, [0]);
  }

  function dressAll() {
    for (const panel of app.panels.all()) dress(panel);
  }

  state.on("run", dressAll);
  state.on("frame", dressAll);
  state.on("lens", dressAll);
  state.on("figure", ({ name }) => dress(name));

  app.scenes = { task, now, seen };
})(window.dash_clientside);
