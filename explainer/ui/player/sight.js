// Whether a player can be seen, how much room it has, in what theme, and whether its page is gone.

const NEARBY = "1600px"; // counts as seen before it is scrolled to: two screens of a phone
const GONE_FOR_GOOD = 2000; // milliseconds outside the document

/** Calls `onseen()` when that changed, `onfit(width)` when there may be more or less room. */
export class Sight {
  visible = false;
  #observers = [];
  #goneTimer = 0;

  constructor(root, stage, told) {
    Object.assign(this, { root, stage, told });
    this.#watch(new ResizeObserver(() => this.#fit()), stage);
    this.#watch(new MutationObserver(() => this.visible && this.#fit()), document.body, { attributeFilter: ["class"] });
    const seen = (entries) => {
      this.visible = entries.at(-1).isIntersecting;
      this.#fit();
      told.onseen();
    };
    this.#watch(new IntersectionObserver(seen, { rootMargin: NEARBY }), root);
  }

  end() {
    clearTimeout(this.#goneTimer);
    for (const observer of this.#observers) observer.disconnect();
    this.visible = false;
  }

  #watch(observer, ...what) {
    this.#observers.push(observer);
    observer.observe(...what);
  }

  #fit() {
    if (!this.root.isConnected) {
      clearTimeout(this.#goneTimer);
      this.#goneTimer = setTimeout(() => this.root.isConnected || this.told.ongone(), GONE_FOR_GOOD);
      return;
    }
    const width = this.stage.clientWidth;
    if (this.visible && width) this.told.onfit(width);
  }
}
