// A sign at the foot of what scrolls by itself beside the panels, as long as there is more below.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  const SCROLLING = ".side, .story-words";
  const LEAST = 4; // px that are worth a sign
  const sizes = new ResizeObserver(lookAtAll);

  function look(box) {
    box.classList.toggle("more-below", box.scrollHeight - box.clientHeight - box.scrollTop > LEAST && getComputedStyle(box).overflowY === "auto");
  }

  function lookAtAll() {
    document.querySelectorAll(SCROLLING).forEach(look);
  }

  // Their own sizes and those of what is in them.
  function watch() {
    for (const box of document.querySelectorAll(SCROLLING)) for (const part of [box, ...box.children]) sizes.observe(part);
  }

  document.addEventListener("scroll", ({ target }) => target.matches && target.matches(SCROLLING) && look(target), { capture: true, passive: true });
  state.on("settings", watch);

  app.more = {};
})(window.dash_clientside);
