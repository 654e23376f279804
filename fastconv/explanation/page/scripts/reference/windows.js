/* The windows of convolutions and poolings. */

/* Calls visit(place in the image, place in the window) for what the output (i, j) sees inside the image. */
function eachTap({ kernel, stride, dilation, before }, [height, width], i, j, visit) {
  for (let m = 0; m < kernel[0]; m++) {
    const row = i * stride[0] + m * dilation[0] - before[0];
    if (row < 0 || row >= height) continue;
    for (let n = 0; n < kernel[1]; n++) {
      const column = j * stride[1] + n * dilation[1] - before[1];
      if (column >= 0 && column < width) visit(row * width + column, m * kernel[1] + n);
    }
  }
}

/* The same for every output of images of several planes: visit(output, input, place in the window, plane). */
function eachWindow(node, outer, inner, planes, visit) {
  const [rows, columns] = outer.slice(-2);
  const image = inner.slice(-2);
  for (let plane = 0; plane < planes; plane++)
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < columns; j++) {
        const output = (plane * rows + i) * columns + j;
        eachTap(node, image, i, j, (pixel, tap) => visit(output, plane * image[0] * image[1] + pixel, tap));
      }
}
