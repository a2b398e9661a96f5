// Help on demand: a small button beside a control or heading shows what it is, next to it, until something else is pressed.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const MARGIN = 8; // px to the edges of the window
  let open = null; // {button, bubble}

  function press(event) {
    const button = event.target.closest && event.target.closest("button.info");
    const again = open && open.button === button;
    if (!open || !open.bubble.contains(event.target)) close();
    if (button && !again) show(button);
  }

  function show(button) {
    const bubble = app.element("div", { class: "bubble", id: "help-bubble", role: "note" }, button.dataset.help);
    document.body.append(bubble);
    const at = button.getBoundingClientRect();
    const { width, height } = bubble.getBoundingClientRect();
    const below = at.bottom + 4 + height < innerHeight - MARGIN;
    const zoom = app.pageZoom();
    bubble.style.left = `${Math.max(MARGIN, Math.min(at.left, innerWidth - width - MARGIN)) / zoom}px`;
    bubble.style.top = `${(below ? at.bottom + 4 : Math.max(MARGIN, at.top - height - 4)) / zoom}px`;
    button.setAttribute("aria-expanded", "true");
    button.setAttribute("aria-describedby", "help-bubble");
    open = { button, bubble };
  }

  function close() {
    if (!open) return;
    open.bubble.remove();
    open.button.setAttribute("aria-expanded", "false");
    open.button.removeAttribute("aria-describedby");
    open = null;
  }

  function escape(event) {
    if (event.key !== "Escape" || !open) return;
    event.stopPropagation();
    close();
  }

  document.addEventListener("click", press);
  document.addEventListener("keydown", escape, true);
  document.addEventListener("scroll", close, { capture: true, passive: true });
  document.addEventListener("focusout", (event) => open && event.target === open.button && close());

  app.help = { close };
})(window.dash_clientside);
