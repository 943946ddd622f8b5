// The index arithmetic of a Conv2d layer, forward and backward. Pure: it knows arrays and no page.
//
// One loop nest visits every product of the layer once. Forward and the two gradients differ only in
// which array the product is added to:
//
//   y[f,i,j]           += input[c,r,t]       * weight[f,c',u,v]
//   grad_input[c,r,t]  += grad_output[f,i,j] * weight[f,c',u,v]
//   grad_weight[f,…]   += grad_output[f,i,j] * input[c,r,t]
//
// A classic script, so that it works from a file; tests load the same file into node. Arrays are
// nested lists, of one sample: input [C_in][H][W], weight [C_out][C_in/groups][kH][kW], output
// [C_out][H_out][W_out]. A layer is {inputSize: [H, W], kernelSize: [kH, kW], stride: [h, w],
// padding: [h, w], dilation: [h, w], inChannels, outChannels, groups}.

"use strict";

(function (root) {
  /** Stops of a kernel along one axis; 0 where it does not fit. */
  function outputSize(size, kernel, stride, padding, dilation) {
    const reach = dilation * (kernel - 1) + 1;
    return Math.max(0, Math.floor((size + 2 * padding - reach) / stride) + 1);
  }

  /** [rows, columns] of the layer's output. */
  function outputShape(layer) {
    return [0, 1].map((axis) =>
      outputSize(
        layer.inputSize[axis],
        layer.kernelSize[axis],
        layer.stride[axis],
        layer.padding[axis],
        layer.dilation[axis],
      ),
    );
  }

  /** Each array's shape, without a batch axis. */
  function shapes(layer) {
    const input = [layer.inChannels, ...layer.inputSize];
    const weight = [layer.outChannels, layer.inChannels / layer.groups, ...layer.kernelSize];
    const output = outputShape(layer).includes(0)
      ? [layer.outChannels, 0, 0]
      : [layer.outChannels, ...outputShape(layer)];
    return {
      input,
      weight,
      output,
      grad_input: input,
      grad_weight: weight,
      grad_output: output,
      grad_bias: [layer.outChannels],
    };
  }

  /**
   * Every product of the layer, in the order of the loops: {output, input, weight, inside}, each an
   * index. Where `inside` is false the input's index lies in the padding.
   */
  function visits(layer) {
    const { output, weight } = shapes(layer);
    const found = [];
    const perGroup = layer.outChannels / layer.groups;
    const [H, W] = layer.inputSize;
    for (let f = 0; f < output[0]; f++)
      for (let i = 0; i < output[1]; i++)
        for (let j = 0; j < output[2]; j++)
          for (let c = 0; c < weight[1]; c++)
            for (let u = 0; u < weight[2]; u++)
              for (let v = 0; v < weight[3]; v++) {
                const r = i * layer.stride[0] + u * layer.dilation[0] - layer.padding[0];
                const t = j * layer.stride[1] + v * layer.dilation[1] - layer.padding[1];
                const channel = Math.floor(f / perGroup) * weight[1] + c;
                found.push({
                  output: [f, i, j],
                  input: [channel, r, t],
                  weight: [f, c, u, v],
                  inside: r >= 0 && r < H && t >= 0 && t < W,
                });
              }
    return found;
  }

  /** A nested list of this shape; `value` gets each index. */
  function filled(shape, value, index = []) {
    if (!shape.length) return value(index);
    return Array.from({ length: shape[0] }, (_, i) => filled(shape.slice(1), value, [...index, i]));
  }

  /** The element at an index; 0 outside, which is what padding holds. */
  function at(array, index) {
    let value = array;
    for (const i of index) value = value === undefined ? undefined : value[i];
    return value === undefined ? 0 : value;
  }

  function add(array, index, amount) {
    const last = index.length - 1;
    let inner = array;
    for (let k = 0; k < last; k++) inner = inner[index[k]];
    inner[index[last]] += amount;
  }

  /** y, with an optional bias [C_out]. */
  function forward(layer, input, weight, bias) {
    const y = filled(shapes(layer).output, ([f]) => (bias ? bias[f] : 0));
    for (const visit of visits(layer))
      add(y, visit.output, at(input, visit.input) * at(weight, visit.weight));
    return y;
  }

  /**
   * {grad_input, grad_weight, grad_bias}. With `upTo`, a number of output elements in reading order:
   * the sums as they stand when the loops have come that far.
   */
  function backward(layer, input, weight, gradOutput, upTo = Infinity) {
    const shape = shapes(layer);
    const zero = () => 0;
    const gradients = {
      grad_input: filled(shape.input, zero),
      grad_weight: filled(shape.weight, zero),
      grad_bias: filled([layer.outChannels], zero),
    };
    for (const visit of visits(layer)) {
      if (order(layer, visit.output) >= upTo) break;
      const g = at(gradOutput, visit.output);
      if (visit.inside) add(gradients.grad_input, visit.input, g * at(weight, visit.weight));
      add(gradients.grad_weight, visit.weight, g * at(input, visit.input));
      // Once for each output element: on the first product of each.
      if (!visit.weight[1] && !visit.weight[2] && !visit.weight[3])
        add(gradients.grad_bias, [visit.output[0]], g);
    }
    return gradients;
  }

  /** The number of an output element in reading order, and back. */
  function order(layer, [f, i, j]) {
    const [, rows, columns] = shapes(layer).output;
    return (f * rows + i) * columns + j;
  }

  function element(layer, number) {
    const [, rows, columns] = shapes(layer).output;
    return [
      Math.floor(number / (rows * columns)),
      Math.floor(number / columns) % rows,
      number % columns,
    ];
  }

  // Which array of a visit an element belongs to.
  const SIDE = {
    input: "input",
    grad_input: "input",
    weight: "weight",
    grad_weight: "weight",
    output: "output",
    grad_output: "output",
  };

  /** The products that an element of an array takes part in. grad_bias collects whole channels. */
  function products(layer, array, index) {
    const side = SIDE[array];
    return visits(layer).filter((visit) => visit[side].every((value, k) => value === index[k]));
  }

  const arithmetic = {
    outputSize,
    outputShape,
    shapes,
    visits,
    filled,
    at,
    forward,
    backward,
    order,
    element,
    products,
    SIDE,
  };
  if (typeof module !== "undefined" && module.exports) module.exports = arithmetic;
  else root.convArithmetic = arithmetic;
})(globalThis);
