// What the page changes from time to time, it changes together with the next picture, where one is about to come: to lay out,
// raster and compose the page once more, for that alone, costs more than the change.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const LATEST = 100; // ms to wait for a picture
  let waiting = [];
  let timer = null;

  // Resolves while the next picture is painted; at once where none comes by itself, and in any case soon.
  function picture() {
    if (!app.calm.moving()) return Promise.resolve();
    timer = timer || setTimeout(go, LATEST);
    return new Promise((resolve) => waiting.push(resolve));
  }

  function go() {
    clearTimeout(timer);
    timer = null;
    for (const resolve of waiting.splice(0)) resolve();
  }

  app.state.on("drawn", go);

  app.together = { picture };
})(window.dash_clientside);
