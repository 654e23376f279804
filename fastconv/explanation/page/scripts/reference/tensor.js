/* Arrays: a shape, and the numbers in row-major order in double precision. */

const sizeOf = (shape) => shape.reduce((product, length) => product * length, 1);

const zeros = (shape) => ({ shape, data: new Float64Array(sizeOf(shape)) });

/* An array of the record; zeros where its numbers are still to be computed. */
function decoded({ shape, type, data }) {
  if (data === undefined) return zeros(shape);
  const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
  const numbers = type === "f4" ? new Float32Array(bytes.buffer) : new Float64Array(bytes.buffer);
  return { shape, data: Float64Array.from(numbers) };
}

/* The indices along each axis of a number's place. */
function indicesOf(shape, place) {
  const indices = [];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    indices.unshift(place % shape[axis]);
    place = Math.floor(place / shape[axis]);
  }
  return indices;
}

const largestOf = (data) => data.reduce((most, v) => (Number.isFinite(v) ? Math.max(most, Math.abs(v)) : most), 0);
