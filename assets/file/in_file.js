// Has the page come up that lies in one file: unpacks its scripts, runs them in order, and answers in the server's place what
// they ask for. See gan_core/export/page/made.py for what the file holds. It runs after browser.js and before all others.
(function (app) {
  if (!app.browser.able) return;

  const text = (id) => document.getElementById(id).textContent;
  const bytes = (base64) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const lines = text("envelopes").trim().split("\n"); // unpacked when they are asked for
  const [POINTS, PROGRESS, REST, FRAMES] = [0, 1, 2, 3]; // their order
  let held = null; // what was packed

  async function open() {
    const stream = new Blob([bytes(text("packed").trim())]).stream().pipeThrough(new DecompressionStream("deflate"));
    held = JSON.parse(await new Response(stream).text());
    document.getElementById("texts").textContent = JSON.stringify(held.texts);
    app.file = { run: held.run, said: held.said };
    const [{ notes }] = held.answers["/api/runs"].runs;
    document.documentElement.classList.toggle("noted", notes.length > 0);
    window.fetch = async (address) => answer(new URL(address, "http://file"));
    for (const source of held.scripts) {
      const script = document.createElement("script");
      script.textContent = source;
      // Some of Dash's ask where they are from, and stop where it is from nowhere. Nothing is fetched from there.
      Object.defineProperty(script, "src", { value: "http://file/" });
      document.body.append(script);
    }
    held.scripts = null;
  }

  // -- what a server would say -------------------------------------------------------------------------------------------

  function answer({ pathname, searchParams }) {
    const own = `/api/runs/${held.run}/`;
    if (Object.hasOwn(held.answers, pathname)) return said(held.answers[pathname]);
    if (pathname === `${own}points`) return envelope(POINTS);
    if (pathname === `${own}progress`) return envelope(searchParams.get("from") === "0" ? PROGRESS : REST);
    if (pathname.startsWith(`${own}frame/`)) return envelope(FRAMES + nearest(Number(pathname.slice(`${own}frame/`.length))));
    return said({ error: held.texts["in-file.no-server"] }, 404);
  }

  // The kept step nearest to one, the earlier of two equally near: its number among those that are here.
  function nearest(step) {
    const away = held.steps.map((kept) => Math.abs(kept - step));
    return away.indexOf(Math.min(...away));
  }

  const envelope = (line) => new Response(bytes(lines[line]), { headers: { "Content-Type": "application/octet-stream" } });
  const said = (value, status = 200) => new Response(JSON.stringify(value), { status, headers: { "Content-Type": "application/json" } });

  open();
})(window.dash_clientside);
