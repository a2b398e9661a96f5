// Plays the kept frames from the viewed step on, and ends at the newest one.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  let playing = null; // {from: index of the kept step it began at, began: time of its first frame in ms}
  let speed = 15; // kept frames a second

  const here = () => (state.view.live ? Math.max(0, state.kept.length - 1) : Math.max(0, app.kept.indexOf(state.view.step)));

  function toggle() {
    if (playing) return stop();
    if (state.kept.length < 2) return;
    playing = { from: state.view.live ? 0 : here(), began: null };
    mark(true);
    requestAnimationFrame(advance);
  }

  function advance(now) {
    if (!playing) return;
    if (playing.began === null) playing.began = now;
    const index = playing.from + Math.floor(Math.max(0, now - playing.began) * speed / 1000);
    if (index >= state.kept.length - 1) return app.timeline.follow_live();
    app.calm.paced(() => playing && app.timeline.stand(state.kept[index]));
    requestAnimationFrame(advance);
  }

  function stop() {
    playing = null;
    mark(false);
  }

  function mark(on) {
    const button = app.byId("replay");
    if (!button || button.classList.contains("on") === on) return;
    button.classList.toggle("on", on);
    button.setAttribute("aria-pressed", String(on));
    button.querySelector(".button-text").textContent = app.say(on ? "replay.stop" : "button.replay.text");
    button.setAttribute("aria-label", on ? app.say("replay.stop-help") : `${app.say("button.replay.text")}: ${app.say("button.replay.help")}`);
  }

  function set_speed(text) {
    if (playing) playing = { from: here(), began: null };
    speed = Number(text) || 15;
  }

  app.ask.playing = () => playing !== null;

  app.replay = { toggle, stop, set_speed };
})(window.dash_clientside);
