/** Sizes as people say them. */

const language = document.documentElement.lang || undefined;
const inUnit = (unit, unitDisplay) =>
  new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay, maximumFractionDigits: 1 });
const bytes = inUnit("byte", "long");
const kilobytes = inUnit("kilobyte", "short");

/** Returns a number of bytes in words: "412 bytes", "2.1 kB". */
export const sizeOf = (count) => (count < 1000 ? bytes.format(count) : kilobytes.format(count / 1000));
