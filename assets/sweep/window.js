// The window in which sweeps are seen: one dialog, whose body is put into it. Closed, nothing of it is there.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  let open = null; // {root, opener, left}

  // Opens it, or puts another body into it. `left()` is called once that body is left.
  function show({ id, title, body, left, actions = [] }) {
    const opener = open ? open.opener : document.activeElement;
    if (open) leave();
    const cross = app.element("button", { type: "button", class: "button cross", "aria-label": app.say("sweep.close"), title: app.say("sweep.close"), onclick: () => close() }, "✕");
    const head = app.element("div", { class: "sweep-head" }, app.element("h2", { id: `${id}-title`, tabindex: "-1" }, title), ...actions, cross);
    // role: by it pages of the keyboard's shortcuts know that a dialog is open.
    const root = app.element("dialog", { id, class: "sweep-window", role: "dialog", "aria-labelledby": `${id}-title`, onclose: ({ target }) => target === root && open && open.root === root && closed() }, head, body);
    open = { root, opener, left };
    document.body.append(root);
    root.showModal();
    root.querySelector("h2").focus({ preventScroll: true });
  }

  function leave() {
    const { root, left } = open;
    open = null;
    if (left) left();
    root.remove();
  }

  function close() {
    if (open) open.root.close();
  }

  function closed() {
    const { opener } = open;
    leave();
    if (opener && opener.isConnected) opener.focus();
  }

  app.sweepWindow = { show, close };
})(window.dash_clientside);
