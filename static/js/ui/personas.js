/** The personas that the server rendered, one <template data-persona> each. */

const UNKNOWN_COLOUR = "#5b6670";
const known = new Map();

/** Returns name, colour, greeting and fresh elements of a persona; an unknown key gets a placeholder. */
export function personaOf(key) {
  if (!known.has(key)) known.set(key, find(key)); // called for every message of a history
  return known.get(key);
}

function find(key) {
  const template = document.querySelector(`template[data-persona="${CSS.escape(key)}"]`);
  return template ? rendered(key, template) : unknown(key);
}

function rendered(key, template) {
  const { name, colour, greeting } = template.dataset;
  const part = (selector) => template.content.querySelector(selector).cloneNode(true);
  const avatar = part(".avatar");
  return {
    key,
    name,
    colour,
    greeting,
    avatar: () => avatar.cloneNode(true),
    welcome: () => part(".welcome"),
    starters: () => part(".starters"),
  };
}

// A session's persona may have been removed from the persona file.
function unknown(key) {
  const template = document.querySelector("template[data-persona]");
  const avatar = () => {
    const copy = template.content.querySelector(".avatar").cloneNode(true);
    copy.querySelector("circle").setAttribute("fill", UNKNOWN_COLOUR);
    copy.querySelector("text").textContent = Array.from(key)[0]?.toUpperCase() ?? "?";
    return copy;
  };
  const nothing = () => document.createDocumentFragment();
  return { key, name: key, colour: UNKNOWN_COLOUR, greeting: "", avatar, welcome: nothing, starters: nothing };
}
