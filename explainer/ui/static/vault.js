// Checkpoints that the browser keeps as well, so that a server which lost them can have them again.
// Where storage is forbidden or full, nothing is kept, and nobody is told.

const DATABASE = "diffusion-explainer";
const STORE = "checkpoints";
const LARGEST = 8e6; // bytes of one
const MOST = 24; // of all
export const RUN = "run "; // begins the key of what nobody gave a name: kept for a day
const DAY = 86_400_000; // milliseconds
const PATIENCE = 15000;

let opened = null; // the promise of a connection

const forget = () => (opened = null); // what is kept or asked for next opens another

const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

async function open() {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () =>
    request.result.createObjectStore(STORE, { keyPath: "key" }).createIndex("at", "at");
  const database = await done(request);
  // A browser may end the connection, as where somebody deletes what sites have stored.
  database.onclose = forget;
  database.onversionchange = () => {
    database.close();
    forget();
  };
  return database;
}

async function store(mode) {
  opened ??= open();
  opened.catch(forget);
  const database = await opened;
  return database.transaction(STORE, mode).objectStore(STORE);
}

/** Keep an entry with `bytes` and whatever else under a key; what is old makes room. */
export async function keep(key, entry) {
  try {
    if (entry.bytes.byteLength > LARGEST) return;
    const entries = await store("readwrite");
    await done(entries.put({ ...entry, key, at: Date.now() }));
    const keys = (range) => done(entries.index("at").getAllKeys(range)); // the oldest first
    const old = await keys(IDBKeyRange.upperBound(Date.now() - DAY));
    for (const other of old) if (other.startsWith(RUN)) entries.delete(other); // what has a name may stay
    for (const other of (await keys()).slice(0, -MOST)) entries.delete(other);
  } catch {
    // Then it is on the server alone.
  }
}

/** The entry of a key, or null. */
export async function kept(key) {
  try {
    return (await done((await store("readonly")).get(key))) ?? null;
  } catch {
    return null;
  }
}

/** Keep nothing under a key any more. */
export async function drop(key) {
  try {
    await done((await store("readwrite")).delete(key));
  } catch {
    // There was nothing to drop.
  }
}

/** The bytes at an address relative to the page, or null. */
export async function bytesAt(address) {
  try {
    const response = await fetch(new URL(address, document.baseURI), { signal: AbortSignal.timeout(PATIENCE) });
    return response.ok ? await response.arrayBuffer() : null;
  } catch {
    return null;
  }
}
