/* The loss of the steps so far, as a curve. */

const BOX = { left: 46, right: 310, top: 12, bottom: 126 };

function drawCurve(svg, losses) {
  const make = (tag, attributes, text = "") => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
    Object.entries(attributes).forEach(([name, value]) => made.setAttribute(name, value));
    made.textContent = text;
    return made;
  };
  const known = losses.filter(Number.isFinite);
  const [low, high] = [Math.min(0, ...known), Math.max(...known, 1e-12)];
  const last = Math.max(1, losses.length - 1);
  const x = (k) => BOX.left + ((BOX.right - BOX.left) * k) / last;
  const y = (loss) => BOX.bottom - ((BOX.bottom - BOX.top) * (loss - low)) / (high - low);
  const point = (loss, k) => (Number.isFinite(loss) ? [`${x(k).toFixed(1)},${y(loss).toFixed(1)}`] : []);
  const points = losses.flatMap(point);
  const [endX, endY] = points.length ? points[points.length - 1].split(",") : [BOX.left, BOX.bottom];
  svg.replaceChildren(
    make("path", { class: "axis", d: `M${BOX.left},${BOX.top}V${BOX.bottom}H${BOX.right}` }),
    make("text", { x: BOX.left - 6, y: BOX.top + 4, "text-anchor": "end" }, short(Number(high.toPrecision(3)))),
    make("text", { x: BOX.left - 6, y: BOX.bottom, "text-anchor": "end" }, short(low)),
    make("text", { x: BOX.left, y: BOX.bottom + 15 }, "0"),
    make("text", { x: BOX.right, y: BOX.bottom + 15, "text-anchor": "end" }, `${losses.length - 1} steps`),
    make("polyline", { class: "line", points: points.join(" ") }),
    make("circle", { class: "end", cx: endX, cy: endY, r: 3.5 }),
  );
  svg.setAttribute("aria-label", `the loss after ${losses.length - 1} steps: ${short(losses[losses.length - 1])}`);
}
