// What a <conv-window> says of a chosen element: the products that flow into it or out of it, and a
// sentence about them. Pure, like convArithmetic: it knows no page.

"use strict";

(function (root) {
  const conv = root.convArithmetic;
  const { key } = root.convState;

  const MOST_SPOKEN = 6; // products in the spoken sentence
  const NAMES = { output: "y" };

  const named = (array) => NAMES[array] || array;
  const number = (value) => String(value).replace("-", "−");

  /** `y[1,1]`: without the axes that have one element and tell nothing apart. */
  function place(layer, array, index) {
    const shape = conv.shapes(layer)[array];
    const leading = shape.length - 2;
    const drop = leading > 0 && shape.slice(0, leading).every((size) => size === 1) ? leading : 0;
    return `${named(array)}[${index.slice(drop).map(number).join(",")}]`;
  }

  function several(values, one, many) {
    const sorted = [...new Set(values)].sort((a, b) => a - b);
    return `${sorted.length === 1 ? one : many} ${sorted.map(number).join(", ")}`;
  }

  /** "input rows 1, 3 and columns 0, 2", of the indices of one array. */
  function region(layer, array, indices) {
    const channels =
      conv.shapes(layer)[array].length === 3 && conv.shapes(layer)[array][0] > 1
        ? `${several(
            indices.map((index) => index[0]),
            "channel",
            "channels",
          )}, `
        : "";
    const rows = several(
      indices.map((index) => index.at(-2)),
      "row",
      "rows",
    );
    const columns = several(
      indices.map((index) => index.at(-1)),
      "column",
      "columns",
    );
    return `${named(array)} ${channels}${rows} and ${columns}`;
  }

  function spoken(terms) {
    const said = terms.slice(0, MOST_SPOKEN).join(" + ");
    return terms.length > MOST_SPOKEN ? `${said} + ${terms.length - MOST_SPOKEN} more` : said;
  }

  /**
   * Everything about one chosen element: {sentence, heading, terms, total, marks}.
   *
   * A term is {target, factors: [[array, index], …], visit}: the element that it is added to, or
   * null where all are added to the chosen one. Marks give elements a class: "read" or "result".
   */
  function explain(view, array, index) {
    const { layer, arrays } = view;
    const here = place(layer, array, index);
    const value = (name, at) => conv.at(arrays[name], at);
    const all =
      array === "grad_bias"
        ? conv
            .visits(layer)
            .filter(
              ({ output, weight }) =>
                output[0] === index[0] && weight.slice(1).every((k) => k === 0),
            )
        : conv.products(layer, array, index);
    // Half-way through the loop a result holds what has been added so far.
    const partial =
      view.running !== null && ["grad_input", "grad_weight", "grad_bias"].includes(array);
    const found = partial
      ? all.filter(({ output }) => conv.order(layer, output) <= view.running)
      : all;
    const soFar = partial ? " so far" : "";
    const at = (visit, name) => visit[conv.SIDE[name]];
    const say = (visit, ...names) =>
      names.map((name) => place(layer, name, at(visit, name))).join("·");
    const result = { terms: [], total: null, marks: new Map(), partners: new Map() };
    const mark = (name, where, kind) => {
      if (name !== array || String(where) !== String(index))
        result.marks.set(key(name, where), kind);
    };
    /** Products of two arrays, added to the chosen element (target null) or to a third array. */
    const flow = (visits, target, ...names) => {
      for (const visit of visits) {
        for (const name of names) mark(name, at(visit, name), "read");
        if (target) mark(target, at(visit, target), "result");
        const factors = names.map((name) => [name, at(visit, name)]);
        result.terms.push({ target: target && [target, at(visit, target)], factors, visit });
        if (!target && names.length === 2)
          for (const [mine, other] of [
            [0, 1],
            [1, 0],
          ]) {
            const [name, where] = factors[mine];
            const list = result.partners.get(key(name, where)) || [];
            list.push(value(...factors[other]));
            result.partners.set(key(name, where), list);
          }
      }
    };
    const inside = found.filter((visit) => visit.inside);
    const padding =
      array === "input" &&
      !conv.shapes(layer).input.every((size, axis) => index[axis] >= 0 && index[axis] < size);
    const own = padding ? 0 : value(array, index);
    const collected = (first, second) =>
      found.length
        ? `${here} collects ${spoken(inside.map((visit) => say(visit, first, second)))}. It is ${number(own)}${soFar}.`
        : `${here} is 0${soFar}.`;

    if (view.mode === "forward" && array === "output") {
      flow(found, null, "input", "weight");
      result.total = own;
      const zeros = inside.length < found.length ? "; outside the input it reads zeros" : "";
      result.sentence = `${here} reads ${region(
        layer,
        "input",
        found.map((v) => v.input),
      )}${zeros}. It is ${number(own)}.`;
    } else if (view.mode === "forward" && array === "input") {
      flow(found, "output", "input", "weight");
      const how = padding ? `${here} is padding, a zero. It` : here;
      result.sentence = found.length
        ? `${how} is read ${found.length === 1 ? "once" : `${found.length} times`}: by ${spoken(
            found.map((visit) => `${say(visit, "output")} with ${say(visit, "weight")}`),
          ).replaceAll(" + ", ", ")}.`
        : `No window reads ${here}.`;
    } else if (view.mode === "forward") {
      flow(found, "output", "input", "weight");
      result.sentence = `${here} meets ${region(
        layer,
        "input",
        found.map((v) => v.input),
      )}: once for each output of its filter, ${found.length} times in all.`;
    } else if (array === "grad_input") {
      flow(inside, null, "grad_output", "weight");
      result.total = own;
      result.sentence = all.length
        ? collected("grad_output", "weight")
        : `${here} is 0: no window read ${place(layer, "input", index)}.`;
    } else if (array === "grad_weight") {
      flow(found, null, "grad_output", "input");
      result.total = own;
      result.sentence = collected("grad_output", "input");
    } else if (array === "grad_bias") {
      flow(found, null, "grad_output");
      result.total = own;
      result.sentence = `${here} collects every ${conv.shapes(layer).output[0] > 1 ? `grad_output of channel ${index[0]}` : "grad_output"}: ${spoken(found.map((visit) => say(visit, "grad_output")))}. It is ${number(own)}${soFar}.`;
    } else if (array === "grad_output") {
      flow(inside, "grad_input", "grad_output", "weight");
      flow(found, "grad_weight", "grad_output", "input");
      mark("grad_bias", [index[0]], "result");
      result.terms.push({
        target: ["grad_bias", [index[0]]],
        factors: [[array, index]],
        visit: found[0],
      });
      const lands = inside.length
        ? `${region(
            layer,
            "grad_input",
            inside.map((v) => v.input),
          )}`
        : "no element of grad_input";
      result.sentence = `${here} is ${number(own)}. Times the weight it goes to ${lands}, times the input to grad_weight, and as it is to ${place(layer, "grad_bias", [index[0]])}.`;
    } else if (array === "input") {
      flow(found, "grad_weight", "grad_output", "input");
      const how = padding ? `${here} is padding, a zero. It` : `${here} is ${number(own)}. It`;
      result.sentence = found.length
        ? `${how} meets ${spoken(found.map((visit) => `${say(visit, "grad_output")} in ${say(visit, "grad_weight")}`)).replaceAll(" + ", ", ")}.`
        : `No window read ${here}: it is in no gradient.`;
    } else {
      flow(inside, "grad_input", "grad_output", "weight");
      result.sentence = `${here} is ${number(own)}. It carries each grad_output of its filter to ${
        inside.length
          ? region(
              layer,
              "grad_input",
              inside.map((v) => v.input),
            )
          : "no element of grad_input"
      }.`;
    }
    return result;
  }

  root.convWords = { named, number, place, explain };
})(globalThis);
