// What differs between the settings of a run on screen and those that Start would train.

import { differences, spoken, WATCHING } from "./compared.js";
import { fill } from "./text.js";

const MOST = 3; // told; of more there is only the number

/** Say in one sentence what differs between two configs, or nothing where nothing does. */
export function differing(shown, next, words) {
  if (!shown || !next) return "";
  const { fields } = words.runs;
  const names = differences([shown, next]).filter((name) => !WATCHING.includes(name));
  if (!names.length) return "";
  const told = names.slice(0, MOST).map((name) =>
    fill(words.change, {
      field: fields[name] ?? name,
      from: spoken(name, shown[name], words.runs),
      to: spoken(name, next[name], words.runs),
    }),
  );
  if (names.length > MOST) told.push(fill(words.more, { count: names.length - MOST }));
  return fill(words.differs, { changes: told.join(", ") });
}
