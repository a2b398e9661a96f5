// Says which option is missing where the page's other scripts do not come: a proxy shows it under a path that the server
// does not know of, so that they are asked for in a wrong place. This one stands in the page itself.
(function () {
  var line = document.getElementById("astray");
  var path = location.pathname.replace(/(\/|\/compare)$/, "");
  if (!line || !path) return;
  var texts = JSON.parse(document.getElementById("texts").textContent);
  window.addEventListener("load", function () {
    if (!line.isConnected) return; // browser.js has come, and taken it away
    line.textContent = texts["page.astray-at"].replace("{option}", "--base-path " + path);
    line.style.animation = "none";
    line.style.visibility = "visible";
  });
})();
