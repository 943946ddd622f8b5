// <conv-window>: a layer that the reader can touch. Choose any element of any array, and see every
// product that flows into it or out of it, with the numbers, forward and backward.
//
// It knows drawing and choosing. What can be shown is convState's, the words are convWords', the
// arithmetic is convArithmetic's. What stands inside the element before it is upgraded is its
// fallback. Attributes:
//
//   state     how it begins, such as "mode=forward&size=7x7&kernel=2x2&stride=2&at=output.0.1.1"
//   modes     "forward backward" (default) or one of them
//   controls  the sliders to show, by name; see CONTROLS
//   values    "mixed" (default: small numbers of both signs) or "ramp" (1, 2, 3, …)
//   input, weight, grad-output   JSON, nested lists as in convArithmetic, in place of `values`
//   label     what the figure is, for whoever cannot see it
//
// The address `#ID?STATE` restores a state. Everything is drawn anew from the state; nothing moves
// unless the reader starts it.

"use strict";

(function () {
  if (customElements.get("conv-window")) return;
  const conv = globalThis.convArithmetic;
  const { CONTROLS, START, ARRAYS, ROLE, LOOP_OVER } = globalThis.convState;
  const { key, clamp, layerOf, asText, withText, sound, bounds, mixed, ramp } = globalThis.convState;
  const { named, number, place, explain } = globalThis.convWords;

  const CELL = 36; // side of an element in units of its drawing
  const MOST_TERMS = 64; // products written out; the rest are counted
  const PACE = 900; // milliseconds a step while playing

  /** Text in an HTML or SVG tag; attributes with null are left out. */
  function tag(name, attributes, ...children) {
    const written = Object.entries(attributes)
      .filter(([, value]) => value !== null && value !== undefined && value !== false)
      .map(([attribute, value]) => ` ${attribute}="${escape(value)}"`)
      .join("");
    return `<${name}${written}>${children.flat(Infinity).join("")}</${name}>`;
  }

  function escape(text) {
    return String(text).replace(
      /[&<>"]/g,
      (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c],
    );
  }

  let count = 0;

  class ConvWindow extends HTMLElement {
    connectedCallback() {
      if (this.state) return;
      this.number = ++count;
      this.id ||= `conv-window-${this.number}`;
      this.modes = (this.getAttribute("modes") || "forward backward").split(/\s+/);
      this.controls = (
        this.getAttribute("controls") || Object.keys(CONTROLS).slice(0, 7).join(" ")
      ).split(/\s+/);
      this.given = {};
      for (const name of ["input", "weight", "grad_output"]) {
        const text = this.getAttribute(name.replace("_", "-"));
        if (text) this.given[name] = JSON.parse(text);
      }
      this.first = withText(
        { ...START, mode: this.modes[0] },
        this.getAttribute("state") || "",
        this.modes,
      );
      this.state = this.first;
      this.still = matchMedia("(prefers-reduced-motion: reduce)");
      this.build();
      this.restore();
      addEventListener("hashchange", () => this.restore());
    }

    disconnectedCallback() {
      this.pause();
    }

    /** Go to the state in the page's address, if it is about this figure. */
    restore() {
      const [name, text] = decodeURIComponent(location.hash.slice(1)).split("?");
      if (name !== this.id || text === undefined) return;
      this.change(withText(this.first, text, this.modes));
      requestAnimationFrame(() => this.scrollIntoView({ block: "center" }));
    }

    /** Numbers for every array of the present state. */
    compute(state) {
      const layer = layerOf(state);
      const shape = conv.shapes(layer);
      const maker = this.getAttribute("values") === "ramp" ? ramp : mixed;
      const make = (name) =>
        conv.filled(shape[name], (index) => {
          const value =
            this.given[name] && index.reduce((inner, i) => inner?.[i], this.given[name]);
          return Number.isFinite(value) ? value : maker(name, index, shape[name]);
        });
      const arrays = { input: make("input"), weight: make("weight") };
      if (state.mode === "forward")
        arrays.output = conv.forward(layer, arrays.input, arrays.weight);
      else {
        arrays.grad_output = make("grad_output");
        const upTo = state.running === null ? Infinity : state.running + 1;
        Object.assign(
          arrays,
          conv.backward(layer, arrays.input, arrays.weight, arrays.grad_output, upTo),
        );
      }
      return { mode: state.mode, running: state.running, layer, arrays, shape };
    }

    /** The frame around the drawing, once. */
    build() {
      const id = (part) => `${this.id}-${part}`;
      const sliders = this.controls.map((name) => {
        const { text, range } = CONTROLS[name];
        return tag(
          "label",
          { class: "cw-slider" },
          tag("span", {}, text),
          tag("b", { "aria-hidden": "true" }),
          tag("input", {
            type: "range",
            id: id(name),
            name,
            min: range[0],
            max: range[1],
            step: 1,
          }),
        );
      });
      const modes =
        this.modes.length < 2
          ? ""
          : tag(
              "div",
              { class: "cw-modes", role: "group", "aria-label": "direction" },
              this.modes.map((mode) => tag("button", { type: "button", "data-mode": mode }, mode)),
            );
      const hatch = `<svg class="cw-hatch" aria-hidden="true" width="0" height="0"><pattern id="${id("hatch")}" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path d="M0 0v7"/></pattern></svg>`;
      this.innerHTML =
        hatch +
        tag(
          "div",
          {
            class: "cw",
            style: `--hatch: url(#${id("hatch")})`,
            role: "group",
            "aria-label": this.getAttribute("label"),
          },
          tag(
            "div",
            { class: "cw-bar" },
            modes,
            tag(
              "div",
              { class: "cw-steps", role: "group", "aria-label": "loop over the outputs" },
              tag("button", { type: "button", "data-do": "play" }, "▶ Play"),
              tag("button", { type: "button", "data-do": "step" }, "Step"),
              tag("button", { type: "button", "data-do": "all" }, "Show all"),
            ),
            tag(
              "div",
              { class: "cw-aside" },
              tag("button", { type: "button", "data-do": "reset" }, "Reset"),
              tag("a", { class: "cw-link", href: "#" }, "Link to this state"),
            ),
          ),
          sliders.length ? tag("div", { class: "cw-sliders" }, sliders) : "",
          tag("p", { class: "cw-size" }),
          tag("div", { class: "cw-stage" }),
          tag("div", { class: "cw-sum", "aria-hidden": "true" }),
          tag("p", { class: "cw-status", role: "status" }),
        );
      this.stage = this.querySelector(".cw-stage");
      this.status = this.querySelector(".cw-status");
      this.addEventListener("input", (event) => this.slide(event.target));
      this.addEventListener("click", (event) => this.press(event));
      this.addEventListener("keydown", (event) => this.move(event));
      this.stage.addEventListener("pointerover", (event) => this.hover(event));
      this.stage.addEventListener("pointerleave", () => this.hover(null));
      const sum = this.querySelector(".cw-sum");
      for (const [kind, on] of [
        ["pointerover", true],
        ["pointerout", false],
      ])
        sum.addEventListener(kind, (event) => this.point(event, on));
      this.querySelector("[data-do=play]").hidden = this.still.matches;
      this.draw();
    }

    /** Take over another state: drawn anew if arrays differ, else marked anew. */
    change(state, { live = true } = {}) {
      const shape = ({ array, index, ...rest }) => JSON.stringify(rest);
      const same = shape(state) === shape(this.state);
      this.state = state;
      if (same) this.paint(state.array, state.index, live);
      else this.draw(live);
    }

    slide(input) {
      const control = CONTROLS[input.name];
      if (!control) return;
      this.pause();
      let value = Number(input.value);
      const next = { ...this.state, running: null };
      if (input.name === "groups")
        // only divisors of both counts; skip in the direction of travel
        while (next.channels.some((channels) => channels % value))
          value += value > this.state.groups[0] && value < Math.min(...next.channels) ? 1 : -1;
      next[control.key] = next[control.key].map((old, axis) =>
        control.axes.includes(axis) ? value : old,
      );
      this.change(sound(next));
    }

    press(event) {
      const cell = event.target.closest("[data-key]");
      const button = event.target.closest("button");
      if (cell && this.stage.contains(cell)) this.choose(cell.dataset.key, true);
      if (!button || !this.contains(button)) return;
      if (button.dataset.mode) {
        this.pause();
        const mode = button.dataset.mode;
        const counterpart =
          mode === "backward" ? `grad_${this.state.array}` : this.state.array.replace("grad_", "");
        const array = ARRAYS[mode].flat().includes(counterpart) ? counterpart : LOOP_OVER[mode];
        this.change(sound({ ...this.state, mode, array, running: null }));
      }
      const acts = {
        play: () => (this.timer ? this.pause() : this.play()),
        step: () => {
          this.pause();
          this.step();
        },
        all: () => {
          this.pause();
          this.change({ ...this.state, running: null });
        },
        reset: () => {
          this.pause();
          this.change(this.first);
        },
      };
      acts[button.dataset.do]?.();
    }

    choose(name, focus) {
      const [array, ...index] = name.split(".");
      this.pause();
      // While the loop is on its way, choosing an element looks at what there is so far.
      this.change({ ...this.state, array, index: index.map(Number) });
      if (focus) this.cell(name)?.focus({ preventScroll: true });
    }

    /** Arrow keys, Home and End within one array's grid. */
    move(event) {
      const cell = event.target.closest?.("[data-key]");
      if (!cell) return;
      const [array, ...index] = cell.dataset.key.split(".");
      const at = index.map(Number);
      const ranges = bounds(layerOf(this.state), array);
      const last = at.length - 1;
      const row = Math.max(last - 1, 0);
      const steps = {
        ArrowLeft: [last, -1],
        ArrowRight: [last, 1],
        ArrowUp: [row, -1],
        ArrowDown: [row, 1],
        PageUp: [0, -1],
        PageDown: [0, 1],
      };
      if (event.key in steps) {
        const [axis, by] = steps[event.key];
        at[axis] = clamp(at[axis] + by, ranges[axis]);
      } else if (event.key === "Home" || event.key === "End") {
        const end = event.key === "Home" ? 0 : 1;
        at[last] = ranges[last][end];
        if (event.ctrlKey) at[row] = ranges[row][end];
      } else return;
      event.preventDefault();
      this.choose(key(array, at), true);
    }

    hover(event) {
      if (event && event.pointerType !== "mouse") return;
      const cell = event && event.target.closest("[data-key]");
      if (this.timer || (event && !cell)) return;
      const [array, ...index] = cell
        ? cell.dataset.key.split(".")
        : [this.state.array, ...this.state.index];
      this.paint(array, index.map(Number), false);
    }

    /** Light up the elements of the product that the pointer is on. */
    point(event, on) {
      const term = event.target.closest("[data-cells]");
      for (const name of term ? term.dataset.cells.split(" ") : [])
        this.cell(name)?.classList.toggle("hot", on);
    }

    step() {
      const shape = conv.shapes(layerOf(this.state)).output;
      const total = shape.reduce((a, b) => a * b);
      const { running } = this.state;
      if (!total) return false;
      const next = running === null || running >= total - 1 ? 0 : running + 1;
      this.change(sound({ ...this.state, running: next }), { live: !this.timer });
      return next < total - 1;
    }

    play() {
      const button = this.querySelector("[data-do=play]");
      button.textContent = "❚❚ Pause";
      this.timer = setInterval(() => {
        if (!this.step()) this.pause();
      }, PACE);
      if (!this.step()) this.pause();
    }

    pause() {
      if (!this.timer) return;
      clearInterval(this.timer);
      this.timer = null;
      this.querySelector("[data-do=play]").textContent = "▶ Play";
      this.status.setAttribute("aria-live", "polite");
    }

    cell(name) {
      return this.cells.get(name);
    }

    /** Sliders, sizes and every array; then the marks. */
    draw(live = true) {
      const focused = document.activeElement?.dataset?.key;
      const { state } = this;
      this.view = this.compute(state);
      for (const name of this.controls) {
        const { key: part, axes } = CONTROLS[name];
        const values = axes.map((axis) => state[part][axis]);
        const input = this.querySelector(`input[name="${name}"]`);
        input.value = values[0];
        const shown = [...new Set(values)].join(" × ");
        input.previousElementSibling.textContent = shown;
        input.setAttribute("aria-valuetext", shown);
      }
      for (const button of this.querySelectorAll("[data-mode]"))
        button.setAttribute("aria-pressed", String(button.dataset.mode === state.mode));
      this.querySelector(".cw-size").innerHTML = this.sizes();
      const rows = ARRAYS[state.mode].map((names) =>
        tag(
          "div",
          { class: "cw-row" },
          names.map((name, k) => [
            state.mode === "forward" && k
              ? tag("span", { class: "cw-sign", "aria-hidden": "true" }, ["", "⋆", "="][k])
              : "",
            this.array(name),
          ]),
        ),
      );
      this.stage.className = `cw-stage ${state.mode}`;
      this.stage.innerHTML = rows.join("");
      const planes = Math.max(state.channels[0], state.channels[1]);
      this.stage.style.setProperty("--cell", `${planes === 1 ? 40 : planes === 2 ? 32 : 28}px`);
      this.cells = new Map(
        [...this.stage.querySelectorAll("[data-key]")].map((cell) => [cell.dataset.key, cell]),
      );
      this.paint(state.array, state.index, live);
      if (focused && !this.contains(document.activeElement))
        this.cell(key(state.array, state.index))?.focus({ preventScroll: true });
    }

    /** The size of the output, worked out. */
    sizes() {
      const { layer, shape } = this.view;
      const line = ["rows", "columns"].map((word, axis) => {
        const [n, k, s, p, d] = ["inputSize", "kernelSize", "stride", "padding", "dilation"].map(
          (part) => layer[part][axis],
        );
        return `⌊(${n} + 2·${p} − ${d}·(${k} − 1) − 1) / ${s}⌋ + 1 = <strong>${conv.outputSize(n, k, s, p, d)}</strong> ${word}`;
      });
      const none = shape.output.includes(0);
      return `${line.map((part) => `<span>${part}</span>`).join(" ")}${none ? " <span>The kernel does not fit: there is no output.</span>" : ""}`;
    }

    /** One array: its name and a grid for each plane. */
    array(name) {
      const { layer, shape } = this.view;
      const size = shape[name];
      const leading = size.slice(0, Math.max(size.length - 2, 0));
      const single = leading.every((n) => n === 1);
      const title = tag(
        "p",
        { class: "cw-name" },
        named(name),
        name === "output" ? " (output)" : "",
        tag("span", {}, (single ? size.slice(-2) : size).join(" × ")),
      );
      const empty = size.includes(0);
      const planes = empty
        ? [tag("p", { class: "cw-empty" }, "no element")]
        : this.prefixes(leading).map((prefix) => this.plane(name, prefix, single));
      const columns = size.length === 4 ? size[1] : 1;
      return tag(
        "div",
        {
          class: `cw-array ${ROLE[name]}${name.startsWith("grad_") ? " gradient" : ""}`,
          "data-array": name,
        },
        title,
        tag("div", { class: "cw-planes", style: `--columns: ${columns}` }, planes),
      );
    }

    prefixes(leading) {
      return leading.reduce(
        (found, n) =>
          found.flatMap((prefix) => Array.from({ length: n }, (_, k) => [...prefix, k])),
        [[]],
      );
    }

    plane(name, prefix, single) {
      const { layer } = this.view;
      const ranges = bounds(layer, name);
      const [rows, columns] = name === "grad_bias" ? [[0, 0], ranges[0]] : ranges.slice(-2);
      const width = columns[1] - columns[0] + 1,
        height = rows[1] - rows[0] + 1;
      const lines = [];
      for (let r = rows[0]; r <= rows[1]; r++) {
        const cells = [];
        for (let t = columns[0]; t <= columns[1]; t++) {
          const index = name === "grad_bias" ? [t] : [...prefix, r, t];
          cells.push(this.element(name, index, (t - columns[0]) * CELL, (r - rows[0]) * CELL));
        }
        lines.push(tag("g", { role: "row" }, cells));
      }
      const [words, short] = single
        ? ["", ""]
        : prefix.length === 2
          ? [`, filter ${prefix[0]}, channel ${prefix[1]} of its group`, `[${prefix}]`]
          : [`, channel ${prefix[0]}`, `[${prefix}]`];
      const label = `${named(name)}${words}: ${height} by ${width}`;
      return tag(
        "div",
        { class: "cw-plane", style: `--rows: ${height}; --width: ${width}` },
        short ? tag("p", { class: "cw-plane-name", "aria-hidden": "true" }, short) : "",
        tag(
          "svg",
          {
            role: "grid",
            "aria-label": label,
            viewBox: `-2 -2 ${width * CELL + 4} ${height * CELL + 4}`,
          },
          lines,
        ),
      );
    }

    element(name, index, x, y) {
      const { layer, arrays, shape } = this.view;
      const padding = name === "input" && index.some((i, axis) => i < 0 || i >= shape.input[axis]);
      const hidden =
        name === "output" &&
        this.state.running !== null &&
        conv.order(layer, index) > this.state.running;
      const text = hidden ? "·" : number(conv.at(arrays[name], index));
      const size = [15, 15, 15, 13.5, 11.5][text.length] || 10;
      return tag(
        "g",
        {
          role: "gridcell",
          class: `cw-cell${padding ? " padding" : ""}${hidden ? " hidden" : ""}`,
          "data-key": key(name, index),
          tabindex: -1,
          transform: `translate(${x} ${y})`,
          "aria-label": `${place(layer, name, index)} ${hidden ? "is not computed yet" : `is ${text}`}${padding ? ", padding" : ""}`,
        },
        `<rect class="hit" width="${CELL}" height="${CELL}"/><rect class="tile" x="1.5" y="1.5" width="${CELL - 3}" height="${CELL - 3}" rx="5"/>`,
        `<text class="value" x="${CELL / 2}" y="${CELL / 2 + size * 0.36}" font-size="${size}">${text}</text><text class="factor" x="${CELL - 4}" y="${CELL - 5}"></text>`,
      );
    }

    /** Mark what belongs to an element, and say it. */
    paint(array, index, live) {
      const { layer, shape } = this.view;
      const chosen = key(array, index);
      const exists = !shape[array].includes(0);
      const none = {
        marks: new Map(),
        partners: new Map(),
        terms: [],
        total: null,
        sentence:
          "The kernel does not fit into the padded input: there is no output, and nothing to choose.",
      };
      const told = exists ? explain(this.view, array, index) : none;
      if (!this.readKeys || this.readFor !== this.view) {
        this.readFor = this.view;
        this.readKeys = new Set(conv.visits(layer).map((visit) => key("input", visit.input)));
      }
      const tabStops = new Set();
      for (const [name, cell] of this.cells) {
        const isChosen = name === chosen && exists;
        const list = cell.classList;
        list.toggle("chosen", isChosen);
        list.toggle("read", told.marks.get(name) === "read");
        list.toggle("result", told.marks.get(name) === "result");
        list.toggle("unread", name.startsWith("input.") && !this.readKeys.has(name));
        list.remove("hot");
        const partners = told.partners.get(name);
        cell.querySelector(".factor").textContent =
          partners?.length === 1 ? `×${number(partners[0])}` : "";
        if (live) {
          cell.setAttribute("aria-selected", String(isChosen));
          const grid = cell.closest("svg");
          const first = !tabStops.has(grid);
          if (first) tabStops.add(grid);
          cell.setAttribute("tabindex", first ? 0 : -1);
        }
      }
      if (live && exists) {
        const cell = this.cell(chosen);
        for (const other of cell.closest("svg").querySelectorAll('[tabindex="0"]'))
          other.setAttribute("tabindex", -1);
        cell.setAttribute("tabindex", 0);
      }
      this.querySelector("[data-do=all]").disabled = this.state.running === null;
      this.querySelector(".cw-sum").innerHTML = this.sum(array, index, told, exists);
      this.status.setAttribute("aria-live", live ? "polite" : "off");
      const total = shape.output.reduce((a, b) => a * b);
      const step =
        this.state.running === null ? "" : `Step ${this.state.running + 1} of ${total}. `;
      this.status.textContent = step + told.sentence;
      this.querySelector(".cw-link").setAttribute("href", `#${this.id}?${asText(this.state)}`);
    }

    /** The products in numbers: a sum where they meet in one element, else a list of additions. */
    sum(array, index, told, exists) {
      if (!exists) return "";
      const { layer, arrays } = this.view;
      const factor = ([name, where]) =>
        tag("span", { class: ROLE[name] }, number(conv.at(arrays[name], where)));
      const shown = told.terms.slice(0, MOST_TERMS).map(({ target, factors }) => {
        const product = factors
          .map((one) => {
            const text = factor(one);
            return conv.at(arrays[one[0]], one[1]) < 0 && one !== factors[0] ? `(${text})` : text;
          })
          .join("·");
        const cells = [...factors, ...(target ? [target] : [])].map((one) => key(...one)).join(" ");
        const zero = factors.some(
          ([name, where]) =>
            name === "input" &&
            where.slice(1).some((i, axis) => i < 0 || i >= layer.inputSize[axis]),
        );
        return tag(
          "span",
          { class: `cw-term${zero ? " zero" : ""}`, "data-cells": cells },
          target ? `<span class="cw-target">${place(layer, ...target)} += </span>` : "",
          product,
        );
      });
      const more =
        told.terms.length > MOST_TERMS
          ? tag("span", { class: "cw-more" }, `and ${told.terms.length - MOST_TERMS} more`)
          : "";
      const here = place(layer, array, index);
      if (told.total === null) return `<div class="cw-list">${shown.join("")}${more}</div>`;
      const joined = shown.length ? shown.join('<span class="cw-plus"> + </span>') : "0";
      const total = told.terms.reduce(
        (sum, { factors }) =>
          sum + factors.reduce((p, one) => p * conv.at(arrays[one[0]], one[1]), 1),
        0,
      );
      return `<div class="cw-equation"><span class="cw-target">${here} = </span>${joined}${more ? ` + ${more}` : ""} = <strong>${number(total)}</strong></div>`;
    }
  }

  customElements.define("conv-window", ConvWindow);
})();
