// How crowded it is around each point of a frame: counted on a grid, smoothed, looked up.

const CELLS = 96; // along a side of the box of the data
const PASSES = 3; // of a box blur: close to a Gaussian

export class Density {
  #grid = new Float32Array(CELLS * CELLS);
  #spare = new Float32Array(CELLS * CELLS);
  #found = new Float32Array(0);
  #levels = new Uint8Array(0);

  /** For each quantised point 0 to 255: 255 where this cloud is densest. */
  levels(points) {
    const count = points.length >> 1;
    if (this.#levels.length !== count) {
      this.#found = new Float32Array(count);
      this.#levels = new Uint8Array(count);
    }
    this.#grid.fill(0);
    for (let i = 0; i < count; i++) this.#visit(points, i, true);
    const reach = count > 5000 ? 1 : 2; // the fewer points, the wider they must be smeared
    for (let pass = 0; pass < PASSES; pass++) {
      blurRows(this.#grid, this.#spare, reach);
      blurRows(this.#spare, this.#grid, reach); // turned on its side by the first: these are columns
    }
    let most = 1e-9;
    for (let i = 0; i < count; i++) most = Math.max(most, (this.#found[i] = this.#visit(points, i, false)));
    // The root tells the thin parts apart, which are most of the picture.
    for (let i = 0; i < count; i++) this.#levels[i] = 255 * Math.sqrt(this.#found[i] / most);
    return this.#levels;
  }

  /** Share a point among its four nearest cells, or read their mean: without it, colours flicker. */
  #visit(points, i, adding) {
    const [qx, qy] = [points[2 * i], points[2 * i + 1]];
    if (qx <= 0 || qy <= 0 || qx >= 65535 || qy >= 65535) return 0; // not in the picture
    const x = (qx / 65536) * (CELLS - 1);
    const y = (qy / 65536) * (CELLS - 1);
    const at = (y | 0) * CELLS + (x | 0);
    const [right, up] = [x - (x | 0), y - (y | 0)];
    const weights = [(1 - right) * (1 - up), right * (1 - up), (1 - right) * up, right * up];
    const grid = this.#grid;
    if (!adding) {
      return grid[at] * weights[0] + grid[at + 1] * weights[1] + grid[at + CELLS] * weights[2] + grid[at + CELLS + 1] * weights[3];
    }
    grid[at] += weights[0];
    grid[at + 1] += weights[1];
    grid[at + CELLS] += weights[2];
    grid[at + CELLS + 1] += weights[3];
    return 0;
  }
}

/** Running means along the rows of `from`, written as the columns of `to`. */
function blurRows(from, to, reach) {
  const share = 1 / (2 * reach + 1);
  for (let row = 0; row < CELLS; row++) {
    const start = row * CELLS;
    let sum = 0;
    for (let i = 0; i < reach; i++) sum += from[start + i];
    for (let i = 0; i < CELLS; i++) {
      if (i + reach < CELLS) sum += from[start + i + reach];
      if (i - reach - 1 >= 0) sum -= from[start + i - reach - 1];
      to[i * CELLS + row] = sum * share;
    }
  }
}
