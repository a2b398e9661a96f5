// Small pictures of recorded runs: each its last frame, fetched once it comes into view, one after the other.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const SIZE = 160; // canvas pixels a side
  const waiting = [];
  let working = false;

  const observer = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting) continue;
      observer.unobserve(target);
      waiting.push(target);
    }
    work();
  });

  function make(run, name) {
    const about = app.say("thumbnail.about", { name, step: run.steps });
    const canvas = app.element("canvas", { class: "thumbnail", role: "img", "aria-label": about, width: SIZE, height: SIZE });
    canvas.dataset.path = `/api/runs/${run.id}/frame/${run.steps}`;
    observer.observe(canvas);
    return canvas;
  }

  async function work() {
    if (working) return;
    working = true;
    while (waiting.length) {
      const canvas = waiting.shift();
      if (!canvas.isConnected) continue; // the dialog was closed
      try {
        const frame = await app.wire.fetch(canvas.dataset.path);
        if (frame) app.paint.thumbnail(canvas, frame);
        canvas.dataset.painted = frame ? frame.step : "none";
      } catch (error) {
        canvas.dataset.painted = "none";
        console.debug("GANscope:", error.message); // without a picture the entry is as good
      }
    }
    working = false;
  }

  app.thumbnail = { make };
})(window.dash_clientside);
