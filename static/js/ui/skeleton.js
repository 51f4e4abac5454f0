/** Grey lines in place of a history that takes its time; a quick answer never shows them. */

const LATE_MS = 200;
let skeleton;
let loading = 0;

/** Looks up the elements. */
export function init() {
  skeleton = document.getElementById("skeleton");
}

/** Begins to wait; returns the function that ends it. */
export function showSkeleton() {
  loading += 1;
  const timer = setTimeout(() => (skeleton.hidden = false), LATE_MS);
  return () => {
    clearTimeout(timer);
    loading -= 1;
    if (loading === 0) skeleton.hidden = true;
  };
}
