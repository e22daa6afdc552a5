// Our own encoder of animated GIFs (GIF89a); pixels in, bytes out, no DOM. No browser brings one,
// a vendored script would be worse to read and to keep, and encoding in the page costs nothing of
// the two cores that serve a whole class.

const FULL = 4096; // codes of LZW: GIF stops at 12 bits
const SLOTS = 1 << 13; // of the hash table: at most half full, and it fits the processor's cache
const UNKNOWN = -1; // a cell of colours that no pixel has asked for yet
const SHARED = -2; // a cell with several colours of the palette in it

const word = (value) => [value & 255, value >> 8]; // 16 bits, little-endian
const cellOf = (r, g, b) => ((r >> 2) << 12) | ((g >> 2) << 6) | (b >> 2);
const ascii = (text) => [...text].map((letter) => letter.charCodeAt(0));

// Not a timer: timers wait 4 ms each, and a whole second each in a tab that nobody looks at.
const nextTask = () =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => resolve(port1.close());
    port2.postMessage(0);
  });

/** The entry among `candidates` that is nearest to a colour. */
function nearest(palette, candidates, r, g, b) {
  let best = Infinity;
  let found = 0;
  for (const entry of candidates) {
    const [pr, pg, pb] = palette[entry];
    const distance = (pr - r) ** 2 + (pg - g) ** 2 + (pb - b) ** 2;
    if (distance < best) [best, found] = [distance, entry];
  }
  return found;
}

/**
 * Returns a function from a packed pixel to an entry of the palette: that very colour if it has
 * one, else near enough. Colours fall into cells of 4 x 4 x 4, and each cell is searched for once.
 */
function makeLookup(palette) {
  const cells = new Int16Array(1 << 18).fill(UNKNOWN);
  const everything = palette.map((_, entry) => entry);
  // A cell that holds colours of the palette answers with those alone, and so with exact ones.
  const residents = new Map();
  for (const entry of everything) {
    const [r, g, b] = palette[entry];
    const cell = cellOf(r, g, b);
    residents.set(cell, [...(residents.get(cell) ?? []), entry]);
  }
  for (const [cell, [entry, ...others]] of residents) cells[cell] = others.length ? SHARED : entry;

  return (pixel) => {
    const r = pixel & 255;
    const g = (pixel >>> 8) & 255;
    const b = (pixel >>> 16) & 255;
    const cell = cellOf(r, g, b);
    const entry = cells[cell];
    if (entry >= 0) return entry;
    if (entry === SHARED) return nearest(palette, residents.get(cell), r, g, b);
    const middle = (channel) => (channel & 252) | 2;
    return (cells[cell] = nearest(palette, everything, middle(r), middle(g), middle(b)));
  };
}

/** Returns a function that compresses a box of `indices`; `bits` is the size of one index. */
function makeCompressor(width, height, bits) {
  // Every pixel its own code of 12 bits, and room for block lengths and clear codes.
  const bytes = new Uint8Array(Math.ceil(width * height * 1.6) + 64);
  const keys = new Int32Array(SLOTS); // a known string and the index after it ...
  const codes = new Uint16Array(SLOTS); // ... and the code of both together
  const clear = 1 << bits;

  return (indices, { left, top, right, bottom }) => {
    let [at, block, held, pending, size, next] = [2, 1, 0, 0, bits + 1, clear + 2];
    bytes[0] = bits;
    const put = (code) => {
      pending |= code << held;
      for (held += size; held >= 8; held -= 8) {
        bytes[at++] = pending & 255;
        pending >>>= 8;
        if (at - block === 256) closeBlock();
      }
    };
    const closeBlock = () => {
      bytes[block] = at - block - 1;
      block = at++;
    };
    // The reader learns each string one code later than we do, and widens its codes then.
    const putString = (code) => {
      put(code);
      if (next === 1 << size && next < FULL) size += 1;
    };

    keys.fill(-1);
    put(clear);
    let string = indices[top * width + left];
    for (let y = top; y <= bottom; y++) {
      for (let i = y * width + left + (y === top ? 1 : 0); i <= y * width + right; i++) {
        const key = (string << 8) | indices[i];
        let slot = Math.imul(key, 0x9e3779b1) >>> 19;
        while (keys[slot] !== key && keys[slot] !== -1) slot = (slot + 1) % SLOTS;
        if (keys[slot] === key) {
          string = codes[slot];
          continue;
        }
        putString(string);
        string = indices[i];
        if (next < FULL) {
          keys[slot] = key;
          codes[slot] = next++;
        } else {
          put(clear);
          keys.fill(-1);
          [size, next] = [bits + 1, clear + 2];
        }
      }
    }
    putString(string);
    put(clear + 1); // the end
    if (held) bytes[at++] = pending;
    if (at - block > 1) closeBlock();
    bytes[block] = 0; // an empty block ends the picture
    return bytes.slice(0, block + 1);
  };
}

/**
 * Encode an animation that loops for ever; resolves to a Blob of type image/gif.
 *
 * `draw(i)` is called once for each of `count` frames, in order, and returns its width * height
 * pixels as a Uint32Array of little-endian RGBA, which may be the same array each time. `delay` is
 * in milliseconds a frame; `palette` has up to 256 colours [r, g, b], and alpha is not looked at.
 * Calls `onprogress` with the share that is done; throws the signal's reason when aborted.
 */
export async function encodeGif({ width, height, count, delay, palette, draw, onprogress, signal }) {
  const depth = Math.max(1, Math.ceil(Math.log2(palette.length)));
  const table = new Uint8Array(3 << depth);
  table.set(palette.flat());
  const parts = [
    Uint8Array.of(...ascii("GIF89a"), ...word(width), ...word(height), 0xf0 | (depth - 1), 0, 0),
    table,
    Uint8Array.of(0x21, 0xff, 11, ...ascii("NETSCAPE2.0"), 3, 1, ...word(0), 0), // for ever
  ];
  const lookup = makeLookup(palette);
  const compress = makeCompressor(width, height, Math.max(2, depth));
  // GIF counts hundredths of a second: each frame ends at the nearest one, so no error adds up.
  const ends = (frame) => Math.round(((frame + 1) * delay) / 10);
  const indices = new Uint8Array(width * height); // of the picture so far

  for (let frame = 0; frame < count; frame++) {
    signal?.throwIfAborted();
    const box = takeOver(indices, draw(frame), width, lookup, frame === 0);
    const lasts = Math.max(2, ends(frame) - ends(frame - 1)); // browsers slow down what is shorter
    const size = [...word(box.right - box.left + 1), ...word(box.bottom - box.top + 1)];
    parts.push(
      Uint8Array.of(0x21, 0xf9, 4, 1 << 2, ...word(lasts), 0, 0), // 1: the frame before stays below
      Uint8Array.of(0x2c, ...word(box.left), ...word(box.top), ...size, 0),
      compress(indices, box),
    );
    onprogress?.((frame + 1) / count);
    await nextTask(); // the page stays alive
  }
  signal?.throwIfAborted();
  return new Blob([...parts, Uint8Array.of(0x3b)], { type: "image/gif" });
}

/** Write `pixels` into `indices`; returns the box of what changed, one pixel if nothing did. */
function takeOver(indices, pixels, width, lookup, everything) {
  let [left, top, right, bottom] = [width, -1, -1, 0];
  let pixel = pixels[0];
  let entry = lookup(pixel);
  for (let i = 0, y = 0; i < indices.length; y++) {
    let [first, last] = [-1, -1];
    for (let x = 0; x < width; x++, i++) {
      if (pixels[i] !== pixel) entry = lookup((pixel = pixels[i])); // most are as the one before
      if (indices[i] === entry && !everything) continue;
      indices[i] = entry;
      if (first < 0) first = x;
      last = x;
    }
    if (first < 0) continue;
    if (top < 0) top = y;
    [left, right, bottom] = [Math.min(left, first), Math.max(right, last), y];
  }
  return top < 0 ? { left: 0, top: 0, right: 0, bottom: 0 } : { left, top, right, bottom };
}
