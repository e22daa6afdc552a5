// Stylesheets of what mounts itself on the page: each is loaded once, by whoever wants it first.

const loaded = new Map(); // by address: a promise for all that want it

/** Load a stylesheet. Without it a component is plain, but works: a failure is no obstacle. */
export function loadStyles(url) {
  const { href } = new URL(url);
  if (!loaded.has(href)) {
    const loading = new Promise((resolve) => {
      const link = document.createElement("link");
      Object.assign(link, { rel: "stylesheet", href });
      link.onload = link.onerror = resolve;
      document.head.append(link);
    });
    loaded.set(href, loading);
  }
  return loaded.get(href);
}
