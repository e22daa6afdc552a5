// Bytes from the server: laid open without copying, and fetched with sentences for what goes wrong.

const MAGIC = 0x31465844; // "DXF1", read as a little-endian uint32
const ARRAY_TYPES = { uint8: Uint8Array, uint16: Uint16Array, float32: Float32Array };

/** Lay typed arrays over the bytes of a container (see explainer/frames.py), without copying. */
export function unpack(buffer) {
  const view = new DataView(buffer);
  if (buffer.byteLength < 8 || view.getUint32(0, true) !== MAGIC) {
    throw new Error("These bytes are not a set of frames.");
  }
  const start = 8 + view.getUint32(4, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, start - 8)));
  const arrays = {};
  for (const { name, dtype, shape, offset } of header.arrays) {
    const count = shape.reduce((product, size) => product * size, 1);
    arrays[name] = new ARRAY_TYPES[dtype](buffer, start + offset, count);
    arrays[name].shape = shape;
  }
  return { header, arrays };
}

/** Cut an array of shape (F, n, 2) into F views of n pairs each. */
export function slices(array) {
  if (!array) throw new Error("The frames are missing.");
  const [frames, pairs] = array.shape;
  return Array.from({ length: frames }, (_, i) => array.subarray(i * pairs * 2, (i + 1) * pairs * 2));
}

/** Fetch bytes; every failure is an Error whose message is a sentence for the reader. */
export async function fetchBytes(address, signal, unreachable) {
  // Relative to the page, so that it works behind a root path as well.
  const url = new URL(address.replace(/^\/+/, ""), document.baseURI);
  let response;
  try {
    response = await fetch(url, { signal });
  } catch (error) {
    if (signal.aborted) throw error;
    throw Object.assign(new Error(unreachable), { away: true });
  }
  const isJson = (response.headers.get("content-type") ?? "").includes("json");
  if (!response.ok || isJson) {
    const answer = isJson ? await response.json().catch(() => null) : null;
    throw new Error(typeof answer?.error === "string" ? answer.error : unreachable);
  }
  return response.arrayBuffer();
}
