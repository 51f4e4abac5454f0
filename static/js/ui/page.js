/** Data that the server rendered into the page: URLs, templates, the name in the address. */

const PLACEHOLDER = "__user_id__";
/** The element with the page's data-* attributes. */
export let page;

/** Looks up the elements. */
export function init() {
  page = document.getElementById("nono");
}

/** Returns the URL called `name` ("history", "chat", …), for a user id if it has one. */
export function urlOf(name, userId = "") {
  return withUser(page.dataset[`${name}Url`], userId);
}

/** Returns the websocket URL called `name` ("chat", "sessions") with its query. */
export function socketOf(name, userId = "", query = {}) {
  const address = new URL(withUser(page.dataset[`${name}Socket`], userId), location.href);
  address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  for (const [key, value] of Object.entries(query)) {
    if (value !== null && value !== undefined) address.searchParams.set(key, value);
  }
  return address;
}

/** Returns a fresh copy of the one element inside the <template> of that id. */
export function copyOf(templateId) {
  return document.getElementById(templateId).content.firstElementChild.cloneNode(true);
}

// The only place that puts a name into a URL. The replacement is a function, so that "$&" in a name stays text.
function withUser(path, userId) {
  return path.replace(PLACEHOLDER, () => encodeURIComponent(userId));
}
