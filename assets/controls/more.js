// A sign at the foot of what scrolls by itself beside the panels, as long as there is more below; the story's is a button
// that shows all of it. And whether the story can give way to the controls, or all beside the panels scrolls.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;
  const SCROLLING = ".side, .story-words";
  const LEAST = 4; // px that are worth a sign
  const LEAST_STORY = 54; // px of it, as the style sheet has it
  const sizes = new ResizeObserver(lookAtAll);

  function look(box) {
    const below = box.scrollHeight - box.clientHeight - box.scrollTop > LEAST && getComputedStyle(box).overflowY === "auto";
    box.classList.toggle("more-below", below);
    if (box.matches(".story-words")) app.byId("story-more").hidden = !below && !isWhole(); // it lies in it
  }

  const isWhole = () => app.byId("story-panel").classList.contains("whole");

  // Shows all of the story, and all beside the panels scrolls; or as much as there is room for.
  function turn(clicks, whole = !isWhole()) {
    app.byId("story-panel").classList.toggle("whole", whole);
    app.setText("story-more", app.say(whole ? "story.less" : "story.more"));
    app.byId("story-more").setAttribute("aria-expanded", String(whole));
    lookAtAll();
  }

  // What is beside the panels is crammed if there is no room for it even when the story shows as little as it may.
  function lookForRoom() {
    const [side, body, words] = [".side", ".story-body", ".story-words"].map((part) => document.querySelector(part));
    const needed = side.scrollHeight + (body.scrollHeight - body.clientHeight) - Math.max(words.offsetHeight - LEAST_STORY, 0);
    side.classList.toggle("crammed", words.offsetHeight > 0 && needed > side.clientHeight);
  }

  function lookAtAll() {
    lookForRoom();
    document.querySelectorAll(SCROLLING).forEach(look);
  }

  // Their own sizes and those of what is in them.
  function watch() {
    for (const box of document.querySelectorAll(SCROLLING)) for (const part of [box, ...box.children]) sizes.observe(part);
    for (const part of document.querySelectorAll(".story-body, #story-claim, .measured")) sizes.observe(part);
  }

  document.addEventListener("scroll", ({ target }) => target.matches && target.matches(SCROLLING) && look(target), { capture: true, passive: true });
  state.on("settings", watch);

  app.more = { turn };
})(window.dash_clientside);
