// Colours: the ramps of the points, and what the stylesheet says.

const LEVELS = 64; // colours along a ramp

// Place on the data: indigo, blue, teal, amber, orange, rose. The two halves mirror each other in
// lightness but lie on the two sides of the one axis, blue to yellow, that common colour-vision
// deficiencies leave; so places a quarter of the curve apart differ for everyone. No stop is pale:
// all show on the paper.
//
// Density: one way in lightness, away from the paper, so that dense is strong on both papers.
const STOPS = {
  place: {
    light: ["#4c27c7", "#0a48e0", "#0494ce", "#4fadab", "#c8983a", "#cc5c06", "#b3101c", "#960f68"],
    dark: ["#7f6ce4", "#5687ee", "#14c6ea", "#3cf3d4", "#f1dc60", "#faa51e", "#e2603c", "#dc5480"],
  },
  density: {
    light: ["#8db4e2", "#5c8fe0", "#5566d6", "#6a3cb4", "#7c1487", "#5c0540"],
    dark: ["#4258ae", "#6e53c4", "#b04cb4", "#ec6580", "#fba35a", "#fdf0a0"],
  },
};
const QUIET = { light: "#8b9ab0", dark: "#7c8aa0" };

const channels = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));

/** Little-endian RGBA, as it lies in the pixels of an image. */
export const packed = (r, g, b) => (0xff000000 | (b << 16) | (g << 8) | r) >>> 0;

/** LEVELS colours, as CSS text and as packed pixels. */
function blended(hexes) {
  const stops = hexes.map(channels);
  const colors = Array.from({ length: LEVELS }, (_, level) => {
    const at = (level / (LEVELS - 1)) * (stops.length - 1);
    const from = Math.min(stops.length - 2, Math.floor(at));
    const [low, high, share] = [stops[from], stops[from + 1], at - from];
    // Mixing squares approximates mixing light: no muddy dip half-way between two hues.
    return low.map((value, c) => Math.round(Math.sqrt(value ** 2 * (1 - share) + high[c] ** 2 * share)));
  });
  return {
    css: colors.map(([r, g, b]) => `rgb(${r} ${g} ${b})`),
    pixels: Uint32Array.from(colors, (color) => packed(...color)),
  };
}

/** The colours along the data, in a mode, "light" or "dark". */
export const ramp = (mode) => blended(STOPS.place[mode]);

/** All that the player draws with: ramps, and the colour of the cloud behind. */
export function palettes(mode) {
  return {
    place: ramp(mode),
    density: blended(STOPS.density[mode]),
    quiet: packed(...channels(QUIET[mode])),
  };
}

/** The stylesheet knows the colours; the canvas takes those it came to, as CSS text. */
export function readTheme(root, stage) {
  const [whole, inside] = [getComputedStyle(root), getComputedStyle(stage)];
  return {
    mode: document.body.classList.contains("dark") ? "dark" : "light",
    paper: whole.backgroundColor,
    ink: whole.color,
    muted: inside.color,
    line: inside.borderBottomColor,
    accent: inside.caretColor,
    font: whole.fontFamily,
  };
}
