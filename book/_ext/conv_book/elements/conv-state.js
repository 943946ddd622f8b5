// What a <conv-window> shows: a layer, a mode and a chosen element, and the text that stands for it in
// an address. Pure, like convArithmetic: it knows no page.

"use strict";

(function (root) {
  const conv = root.convArithmetic;

  // slider -> its words, the part of the state that it sets, and its range
  const CONTROLS = {
    height: { text: "height H", key: "size", axes: [0], range: [1, 7] },
    width: { text: "width W", key: "size", axes: [1], range: [1, 7] },
    "kernel-height": { text: "kernel height", key: "kernel", axes: [0], range: [1, 4] },
    "kernel-width": { text: "kernel width", key: "kernel", axes: [1], range: [1, 4] },
    stride: { text: "stride", key: "stride", axes: [0, 1], range: [1, 3] },
    padding: { text: "padding", key: "padding", axes: [0, 1], range: [0, 2] },
    dilation: { text: "dilation", key: "dilation", axes: [0, 1], range: [1, 3] },
    "channels-in": { text: "channels in", key: "channels", axes: [0], range: [1, 4] },
    "channels-out": { text: "channels out", key: "channels", axes: [1], range: [1, 4] },
    groups: { text: "groups", key: "groups", axes: [0, 1], range: [1, 4] },
  };
  const PAIRS = ["size", "kernel", "stride", "padding", "dilation", "channels", "groups"];
  const LIMITS = {};
  for (const { key, range } of Object.values(CONTROLS)) LIMITS[key] = range;

  const START = {
    mode: "forward",
    size: [5, 6],
    kernel: [2, 3],
    stride: [1, 1],
    padding: [0, 0],
    dilation: [1, 1],
    channels: [1, 1],
    groups: [1, 1],
    array: "output",
    index: [0, 0, 0],
    running: null,
  };
  // The arrays of each mode: given above, results below.
  const ARRAYS = {
    forward: [["input", "weight", "output"]],
    backward: [
      ["input", "weight", "grad_output"],
      ["grad_input", "grad_weight", "grad_bias"],
    ],
  };
  const ROLE = {
    input: "input",
    weight: "weight",
    output: "output",
    grad_output: "grad",
    grad_input: "input",
    grad_weight: "weight",
    grad_bias: "output",
  };
  const LOOP_OVER = { forward: "output", backward: "grad_output" };

  const key = (array, index) => `${array}.${index.join(".")}`;
  const clamp = (value, [low, high]) => Math.min(high, Math.max(low, value));

  function layerOf(state) {
    return {
      inputSize: state.size,
      kernelSize: state.kernel,
      stride: state.stride,
      padding: state.padding,
      dilation: state.dilation,
      inChannels: state.channels[0],
      outChannels: state.channels[1],
      groups: state.groups[0],
    };
  }

  function asText(state) {
    const pair = ([a, b]) => (a === b ? a : `${a}x${b}`);
    const parts = [`mode=${state.mode}`];
    for (const name of PAIRS) parts.push(`${name}=${pair(state[name])}`);
    parts.push(`at=${key(state.array, state.index)}`);
    if (state.running !== null) parts.push(`step=${state.running}`);
    return parts.join("&");
  }

  /** The state that a text describes, on top of another one. What makes no sense is left out. */
  function withText(state, text, modes) {
    const next = { ...state, running: null };
    for (const part of text.split("&")) {
      const [name, value = ""] = part.split("=");
      if (name === "mode" && modes.includes(value)) next.mode = value;
      if (PAIRS.includes(name) && /^\d(x\d)?$/.test(value)) {
        const [a, b = a] = value.split("x").map(Number);
        next[name] = [clamp(a, LIMITS[name]), clamp(b, LIMITS[name])];
      }
      if (name === "at" && /^[a-z_]+(\.-?\d+)+$/.test(value)) {
        const [array, ...index] = value.split(".");
        if (array in ROLE) Object.assign(next, { array, index: index.map(Number) });
      }
      if (name === "step" && /^\d+$/.test(value)) next.running = Number(value);
    }
    return sound(next);
  }

  /** The state with groups that divide the channels, and a choice that exists. */
  function sound(state) {
    const next = { ...state };
    let groups = next.groups[0];
    while (next.channels.some((count) => count % groups)) groups--;
    next.groups = [groups, groups];
    const layer = layerOf(next);
    const shape = conv.shapes(layer);
    if (!ARRAYS[next.mode].flat().includes(next.array)) next.array = LOOP_OVER[next.mode];
    const total = shape.output.reduce((a, b) => a * b);
    if (next.running !== null) {
      next.running = total ? Math.min(next.running, total - 1) : null;
      if (total)
        Object.assign(next, {
          array: LOOP_OVER[next.mode],
          index: conv.element(layer, next.running),
        });
    }
    const ranges = bounds(layer, next.array);
    next.index = ranges.map((range, k) => {
      const value = Number.isInteger(next.index[k]) ? next.index[k] : range[0];
      return range[1] < range[0] ? 0 : clamp(value, range);
    });
    return next;
  }

  /** First and last index on each axis of an array as drawn: the input with its padding. */
  function bounds(layer, array) {
    return conv.shapes(layer)[array].map((size, axis) => {
      const border = array === "input" && axis > 0 ? layer.padding[axis - 1] : 0;
      return [-border, size - 1 + border];
    });
  }

  const SALT = { input: 0, weight: 3, grad_output: 7 };

  /** A small number that depends on its place alone, so that no slider shuffles the others. */
  function mixed(array, index) {
    const mix = index.reduce((sum, value, axis) => sum + value * [29, 13, 7, 5][axis], SALT[array]);
    const value = ((mix + 3 * index.at(-1) * index.at(-2)) % 9) - 4;
    return value || 5;
  }

  function ramp(array, index, shape) {
    if (array === "grad_output") return mixed(array, index);
    return index.reduce((sum, value, axis) => sum * shape[axis] + value, 0) + 1;
  }

  root.convState = {
    CONTROLS,
    START,
    ARRAYS,
    ROLE,
    LOOP_OVER,
    key,
    clamp,
    layerOf,
    asText,
    withText,
    sound,
    bounds,
    mixed,
    ramp,
  };
})(globalThis);
