/* A plane of a large array as a picture, one small square a number. */

const WIDEST = 320;
const LEVELS = 48;

class Picture {
  constructor(root, plane, symbol, network, chosen, change) {
    Object.assign(this, { root, plane, symbol, network, chosen, change });
    this.marks = [];
    this.at = plane.start;
    this.side = Math.max(1, Math.min(10, Math.floor(WIDEST / plane.columns)));
    this.canvas = element("canvas", { tabindex: "0", role: "img" });
    this.canvas.width = plane.columns * this.side;
    this.canvas.height = plane.rows * this.side;
    root.append(this.canvas);
    this.canvas.addEventListener("pointermove", (event) => this.choose(this.under(event), false));
    this.canvas.addEventListener("pointerdown", (event) => this.choose(this.under(event), true));
    this.canvas.addEventListener("focus", () => chosen(this.at, true));
    this.canvas.addEventListener("keydown", (event) => this.pressed(event));
  }

  place(row, column) { return this.plane.start + row * this.plane.down + column * this.plane.right; }

  where(place) {
    const offset = place - this.plane.start;
    return [Math.floor(offset / this.plane.columns), offset % this.plane.columns];
  }

  has(place) { return place >= this.plane.start && place < this.plane.end; }

  under(event) {
    const box = this.canvas.getBoundingClientRect();
    const row = Math.floor(((event.clientY - box.top) / box.height) * this.plane.rows);
    return this.place(row, Math.floor(((event.clientX - box.left) / box.width) * this.plane.columns));
  }

  choose(place, firmly) {
    if (!this.has(place) || (place === this.at && !firmly)) return;
    this.at = place;
    this.chosen(place, firmly);
  }

  pressed(event) {
    if (event.key === "Enter" || event.key === "F2") this.change(this.at, "");
    else if (/^[-\d.]$/.test(event.key)) this.change(this.at, event.key);
    else if (!ARROWS[event.key]) return;
    event.preventDefault();
    const [row, column] = this.where(this.at).map((k, axis) => k + (ARROWS[event.key]?.[axis] ?? 0));
    const inside = row >= 0 && column >= 0 && row < this.plane.rows && column < this.plane.columns;
    if (inside && ARROWS[event.key]) this.choose(this.place(row, column), true);
  }

  show() {
    const pen = this.canvas.getContext("2d");
    const style = getComputedStyle(this.root);
    const [below, zero, above, ink] = ["below", "zero", "above", "ink"].map((n) => style.getPropertyValue(`--${n}`));
    const data = this.network.data(this.symbol);
    const largest = largestOf(data) || 1;
    const colours = Array.from({ length: 2 * LEVELS + 1 }, (_, k) => {
      const share = k / LEVELS - 1;
      return `color-mix(in oklab, ${share < 0 ? below : above} ${Math.abs(share) * 100}%, ${zero})`;
    });
    for (let place = this.plane.start; place < this.plane.end; place++) {
      const [row, column] = this.where(place);
      const share = Math.max(-1, Math.min(1, data[place] / largest)) || 0;
      pen.fillStyle = colours[Math.round((share + 1) * LEVELS)];
      pen.fillRect(column * this.side, row * this.side, this.side, this.side);
    }
    pen.strokeStyle = ink;
    for (const { place, kind } of this.marks) {
      const [row, column] = this.where(place);
      pen.lineWidth = kind === "at" || kind === "won" ? 2 : 1;
      const room = Math.max(this.side, 4);
      pen.strokeRect(column * this.side + 0.5, row * this.side + 0.5, room - 1, room - 1);
    }
    this.canvas.setAttribute("aria-label", `${symbolName(this.symbol)}, a picture: the arrow keys move in it`);
  }

  mark(place, kind) {
    if (!this.has(place)) return;
    this.marks.push({ place, kind });
    if (kind === "at") this.at = place;
    this.redraw();
  }

  unmark(kind) {
    this.marks = this.marks.filter((mark) => mark.kind !== kind);
    this.redraw();
  }

  clear() {
    if (!this.marks.length) return;
    this.marks = [];
    this.redraw();
  }

  /* Once for all the marks of one choice. */
  redraw() {
    if (this.waits) return;
    this.waits = true;
    requestAnimationFrame(() => {
      this.waits = false;
      this.show();
    });
  }

  focus(place) {
    this.at = place;
    this.canvas.focus();
  }
}
