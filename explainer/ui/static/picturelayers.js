// A picture under one kind of noise, at any amount: mixed from what the server sent, by its weights.

import { unpack } from "../player/container.js";

/** Read a container (see explainer/experiments/pictures.py), once all that is in it can be drawn. */
export async function layersOf(buffer) {
  const { header, arrays } = unpack(buffer);
  const { cuts } = header;
  const files = cuts.slice(1).map((end, i) => new Blob([arrays.median.subarray(cuts[i], end)], { type: "image/jpeg" }));
  return new Layers(header, arrays, await Promise.all(files.map((file) => createImageBitmap(file))));
}

class Layers {
  /** `medians` are the cleaned pictures, an ImageBitmap of each amount. */
  constructor(header, arrays, medians) {
    Object.assign(this, { header, medians, arrays });
    const { width, height } = header;
    this.image = new ImageData(new Uint8ClampedArray(width * height * 4).fill(255), width, height);
  }

  /** The picture at the amount of this number. */
  picture(index) {
    if (this.header.form === "replaced") return this.#replace(index, (pixel) => this.arrays.clean[pixel]);
    return this.#mix(index, this.header.weights[index]);
  }

  /** Only its noise, around grey. */
  noise(index) {
    if (this.header.form === "replaced") return this.#replace(index, () => 128);
    return this.#mix(index, this.header.noise[index]);
  }

  /** The shares of its values: below black, in bins up to white, and above. */
  histogram(index) {
    const { histogram } = this.arrays;
    const bins = histogram.shape[1];
    return histogram.subarray(index * bins, (index + 1) * bins);
  }

  close() {
    for (const bitmap of this.medians) bitmap.close();
  }

  // a clean + b end + c; what is outside black and white the array itself cuts off.
  #mix(index, [a, b, c]) {
    const { header, arrays, image: { data } } = this;
    const { clean, end } = arrays;
    const [low, step] = header.scale;
    const [slope, shift] = [255 * b * step, 255 * (b * low + c)];
    const from = header.form === "frames" ? index * clean.length : 0;
    const grey = header.channels === 1;
    for (let i = 0, at = 0; i < clean.length; at += 4) {
      for (let channel = 0; channel < 3; channel++) {
        data[at + channel] = a * clean[i] + slope * end[from + i] + shift;
        if (!grey) i++;
      }
      if (grey) i++;
    }
    return this.image;
  }

  // A pixel's byte is the first amount at which it is replaced, times two, plus one for salt.
  #replace(index, other) {
    const { header: { channels }, arrays: { end }, image: { data } } = this;
    for (let pixel = 0; pixel < end.length; pixel++) {
      const replaced = end[pixel] >> 1 <= index;
      for (let channel = 0; channel < 3; channel++) {
        const value = replaced ? 255 * (end[pixel] & 1) : other(pixel * channels + (channels === 1 ? 0 : channel));
        data[4 * pixel + channel] = value;
      }
    }
    return this.image;
  }
}
