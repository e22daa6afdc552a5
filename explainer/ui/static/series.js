// The numbers of a training run as they come in.

export const emptySeries = () => ({
  step: [], loss: [], smooth: [], // of every step, or of a few together
  shown: [], validation: [], // of every look at it
  drawn: [], swd: [], // of every sample
  seen: [], // points so far, with all that is told
  diverged: [], // the step at which it did
});

/** Add what is new. */
export function grow(series, news) {
  for (const [name, values] of Object.entries(news)) {
    if (series[name]) for (const value of values) series[name].push(value);
  }
  for (const step of news.shown ?? []) series.drawn.push(step);
}

/** The last step that is known. */
export const ended = ({ step, shown }) => Math.max(step.at(-1) ?? 0, shown.at(-1) ?? 0);

/** All of a run's numbers on one row of steps, with null where there is none. */
export function aligned({ step, loss, smooth, shown, validation, drawn, swd }) {
  const all = [...new Set([...shown, ...step])].sort((a, b) => a - b);
  const onto = (places, values) => {
    const known = new Map(places.map((place, i) => [place, values[i] ?? null]));
    return all.map((place) => known.get(place) ?? null);
  };
  return {
    step: all,
    loss: onto(step, loss),
    smooth: onto(step, smooth),
    shown: all,
    validation: onto(shown, validation),
    drawn: all,
    swd: onto(drawn, swd),
  };
}
