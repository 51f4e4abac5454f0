// A classic script in the head. It runs before the first paint, so that a chosen colour scheme never flashes
// and the controls that need scripts are only shown where scripts run.
(() => {
  document.documentElement.dataset.scripted = "";
  try {
    const choice = localStorage.getItem("nono:theme");
    if (choice === "light" || choice === "dark") document.documentElement.dataset.theme = choice;
  } catch {
    // Storage may be forbidden; the system's colour scheme applies.
  }
})();
