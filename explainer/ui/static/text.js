// Sentences with values in them.

/** Put values into a sentence, by their names. */
export const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
