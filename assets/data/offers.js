// What the run has to offer against what a view or a choice needs: gan_core/records/offers.py. One reason for each lack.
window.dash_clientside = window.dash_clientside || {};

(function (app) {
  const state = app.state;

  const has = (offer) => !state.points || state.points.offers.includes(offer);

  // Why something with these needs cannot be shown of this run; empty if it can.
  function whyNot(needs) {
    const { why_not: reasons } = state.settings;
    const lack = Object.keys(reasons).find((offer) => needs.includes(offer) && !has(offer));
    return lack ? reasons[lack] : "";
  }

  app.offers = { has, whyNot };
})(window.dash_clientside);
