// <py-cell>: an exercise solved in the page. Run, Check, Stop and Reset; the same checks and the same
// diagnosis as in the notebook, by a Python in a worker (py-worker.js) that all cells of the page share.
//
// Nothing is fetched before the first Run or Check; where Python was kept from an earlier one, it is
// started as soon as somebody writes. What the reader writes is kept in the browser.
// Before it is upgraded the element shows its stub. Attributes:
//
//   exercise   what is checked, such as "conv2d.groups"
//   function   the name that the code must define
//   cell       whose code it is, "02-layer/conv2d": cells of one name share their text
//   setup      JSON, the notebook's code before this exercise
//   assets     JSON, the files of Python: absent where the book was built without them
//   notebook   the address of the notebook

"use strict";

(function () {
  if (customElements.get("py-cell")) return;
  const HOME = document.currentScript.src;
  const STORE = "conv-book-python"; // where py-worker.js keeps what it has loaded
  const INDENT = "    ";
  const MOST_TEXT = 20_000; // characters of output that are kept
  const WORDS = new RegExp(
    String.raw`(#[^\n]*)|("""[\s\S]*?(?:"""|$)|'''[\s\S]*?(?:'''|$)|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?)` +
      String.raw`|\b(and|as|assert|break|class|continue|def|del|elif|else|except|finally|for|from|if|import|in|is|lambda|not|or|pass|raise|return|try|while|with|yield|None|True|False)\b` +
      String.raw`|\b(\d[\d_.]*(?:e[+-]?\d+)?)\b`,
    "g",
  );
  const KINDS = ["comment", "string", "keyword", "number"];

  const escape = (text) =>
    text.replace(/[&<>]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[c]);

  /** Python as HTML, in colours. */
  function coloured(code) {
    let html = "",
      done = 0;
    for (const match of code.matchAll(WORDS)) {
      const kind = KINDS[match.slice(1).findIndex((group) => group !== undefined)];
      html += `${escape(code.slice(done, match.index))}<span class="pc-${kind}">${escape(match[0])}</span>`;
      done = match.index + match[0].length;
    }
    return `${html}${escape(code.slice(done))}\n`;
  }

  // -- what is kept in the browser, where it may be kept ---------------------------------------

  const stored = {
    get(name) {
      try {
        return localStorage.getItem(`py-cell:${name}`);
      } catch {
        return null;
      }
    },
    set(name, text) {
      try {
        if (text === null) localStorage.removeItem(`py-cell:${name}`);
        else localStorage.setItem(`py-cell:${name}`, text);
      } catch {
        // Kept as long as the page is open, then.
      }
    },
  };

  // -- the one Python of the page --------------------------------------------------------------

  const python = {
    worker: null,
    waiting: new Map(),
    count: 0,
    ask(assets, request, told) {
      this.worker ||= this.start();
      const id = ++this.count;
      this.waiting.set(id, told);
      this.worker.postMessage({ id, names: assets, request });
    },
    /** Load it before it is asked, if that costs no download: all but the first time on a computer. */
    async warm(assets) {
      if (this.worker || this.warmed) return;
      this.warmed = true;
      const store = await globalThis.caches?.open(STORE).catch(() => null);
      const kept = await store?.match(assets.python);
      if (kept && !this.worker) this.ask(assets, null, () => {});
    },
    start() {
      const worker = new Worker(new URL("py-worker.js", HOME));
      worker.onmessage = ({ data }) => {
        this.waiting.get(data.id)?.(data);
        if (data.done || data.failure !== undefined) this.waiting.delete(data.id);
        if (data.failure !== undefined) this.stop();
      };
      worker.onerror = (event) => {
        event.preventDefault();
        this.stop(`Python could not be started: ${event.message || "its files are not there"}`);
      };
      return worker;
    },
    /** End it, whatever it is doing; the next request starts a new one. */
    stop(why = "Stopped.") {
      this.worker?.terminate();
      this.worker = null;
      const waiting = [...this.waiting.values()];
      this.waiting.clear();
      for (const told of waiting) told({ failure: why });
    },
  };

  let count = 0;

  class PyCell extends HTMLElement {
    connectedCallback() {
      if (this.stub !== undefined) return;
      this.stub = this.querySelector("pre").textContent.replace(/\n$/, "");
      this.name = this.getAttribute("cell");
      this.function = this.getAttribute("function");
      this.exercise = this.getAttribute("exercise");
      this.assets = JSON.parse(this.getAttribute("assets") || "null");
      for (const role in this.assets) // a worker would take them for its own neighbours
        this.assets[role] = new URL(this.assets[role], document.baseURI).href;
      const id = `py-cell-${++count}`;
      this.innerHTML = `
        <div class="pc" role="group" aria-label="${this.exercise}, your code">
          <div class="pc-editor"><pre aria-hidden="true"></pre><textarea id="${id}" spellcheck="false" autocapitalize="off"
            autocomplete="off" autocorrect="off" wrap="off" aria-describedby="${id}-keys" aria-label="Python code for ${this.exercise}"></textarea></div>
          <div class="pc-bar">
            <button type="button" data-do="check" class="pc-main">Check</button>
            <button type="button" data-do="run">Run</button>
            <button type="button" data-do="stop" disabled>Stop</button>
            <button type="button" data-do="reset">Reset</button>
            <span class="pc-state" role="status"></span>
          </div>
          <p class="pc-keys" id="${id}-keys">Ctrl+Enter checks, Shift+Enter runs. Tab indents; Esc, then Tab, leaves the editor.</p>
          <div class="pc-output" aria-live="polite"></div>
        </div>`;
      this.area = this.querySelector("textarea");
      this.paper = this.querySelector(".pc-editor pre");
      this.output = this.querySelector(".pc-output");
      this.area.addEventListener("input", () => this.edited());
      this.area.addEventListener("keydown", (event) => this.key(event));
      this.area.addEventListener("blur", () => (this.leaving = false));
      this.addEventListener("click", (event) =>
        this.act(event.target.closest("button")?.dataset.do),
      );
      this.code = stored.get(this.name) ?? this.stub;
    }

    get code() {
      return this.area.value;
    }

    set code(text) {
      this.area.value = text;
      this.draw();
    }

    draw() {
      this.paper.innerHTML = coloured(this.code);
      this.querySelector("[data-do=reset]").disabled = this.code === this.stub || this.busy;
    }

    /** Keep what was written, and show it in the other cells of the same function. */
    edited() {
      if (!this.unable()) python.warm(this.assets);
      stored.set(this.name, this.code === this.stub ? null : this.code);
      this.drawSoon();
      for (const other of document.querySelectorAll("py-cell"))
        if (other !== this && other.name === this.name) {
          other.area.value = this.code;
          other.drawSoon();
        }
    }

    /** Draw before the screen is painted again, however many keys were pressed until then. */
    drawSoon() {
      this.frame ||= requestAnimationFrame(() => {
        this.frame = 0;
        this.draw();
      });
    }

    key(event) {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.act("check");
      else if (event.key === "Enter" && event.shiftKey) this.act("run");
      else if (event.key === "Escape") return void (this.leaving = true);
      else if (event.key === "Tab" && !this.leaving && !event.ctrlKey && !event.altKey)
        this.indent(event.shiftKey);
      else if (event.key === "Enter" && !event.altKey) this.newline();
      else {
        if (event.key !== "Tab" && event.key !== "Shift") this.leaving = false;
        return;
      }
      event.preventDefault();
    }

    /** Put text in the place of what is selected, so that the browser's undo knows it. */
    type(text) {
      if (!document.execCommand?.("insertText", false, text)) {
        this.area.setRangeText(text, this.area.selectionStart, this.area.selectionEnd, "end");
        this.edited();
      }
    }

    newline() {
      const before = this.code.slice(0, this.area.selectionStart);
      const line = before.slice(before.lastIndexOf("\n") + 1);
      const indent = line.match(/^ */)[0] + (/:\s*(#.*)?$/.test(line) ? INDENT : "");
      this.type(`\n${indent}`);
    }

    indent(back) {
      const { area } = this;
      const start = this.code.lastIndexOf("\n", area.selectionStart - 1) + 1;
      if (!back && area.selectionStart === area.selectionEnd) return this.type(INDENT);
      const end = Math.max(area.selectionEnd, start);
      const lines = this.code.slice(start, end).split("\n");
      const moved = lines
        .map((line) => (back ? line.replace(/^ {1,4}/, "") : line && INDENT + line))
        .join("\n");
      area.setSelectionRange(start, end);
      if (moved || start !== end) this.type(moved);
      area.setSelectionRange(lines.length > 1 ? start : start + moved.length, start + moved.length);
    }

    act(what) {
      if (what === "reset") {
        this.code = this.stub;
        this.edited();
        this.show("");
        this.say("The code is the exercise's own again.");
      } else if (what === "stop") python.stop();
      else if (what === "run" || what === "check") this.ask(what);
    }

    ask(what) {
      if (this.busy) return;
      const why = this.unable();
      if (why) return this.show(why);
      this.working(true);
      this.show("");
      this.say(what === "check" ? "Checking…" : "Running…");
      let text = "";
      const request = {
        name: this.name,
        code: this.code,
        before: this.before(),
        function: this.function,
        check: what === "check" ? this.exercise : null,
      };
      const began = performance.now();
      python.ask(this.assets, request, (told) => {
        if (told.progress) this.say(told.progress);
        if (told.text && text.length < MOST_TEXT) {
          text += told.text;
          this.print(text.length < MOST_TEXT ? text : `${text.slice(0, MOST_TEXT)}\n… and more`);
        }
        if (told.answer) this.answer(told.answer, what, performance.now() - began);
        if (told.failure !== undefined) {
          this.say(told.failure);
          this.dataset.state = "stopped";
        }
        if (told.done || told.failure !== undefined) this.working(false);
      });
    }

    /** Why there is no Python here, as HTML; null where there is. */
    unable() {
      const notebook = this.getAttribute("notebook");
      const locally = `<p>On your own computer it works all the same: open <a href="${notebook}" download>the notebook</a> in JupyterLab,
        as <a href="how-to-use.html">How to use this book</a> says.</p>`;
      if (location.protocol === "file:")
        return `<p>A browser runs no Python on a page that was opened from a file. Serve the folder of the book, with
          <code>python3 -m http.server</code>, and open it at the address that this prints.</p>${locally}`;
      if (!this.assets) return `<p>This copy of the book was built without Python.</p>${locally}`;
      if (!globalThis.WebAssembly || !globalThis.DecompressionStream || !globalThis.Worker)
        return `<p>This browser is too old to run Python in a page.</p>${locally}`;
      return null;
    }

    /** The notebook's code before this exercise: its setup, and what the reader wrote further up. */
    before() {
      const cells = {};
      JSON.parse(this.getAttribute("setup") || "[]").forEach(
        (code, k) => (cells[`setup ${k}: ${this.name}`] = code),
      );
      for (const cell of document.querySelectorAll("py-cell")) {
        if (cell === this) break;
        if (cell.name !== this.name && cell.code !== cell.stub) cells[cell.name] = cell.code;
      }
      return cells;
    }

    answer({ error, verdict, passed }, what, took) {
      this.dataset.took = Math.round(took);
      if (error) {
        this.say(
          what === "check"
            ? "Not checked: the code stops with an error."
            : "It stops with an error.",
        );
        this.dataset.state = "error";
        this.output.append(
          Object.assign(document.createElement("pre"), {
            className: "pc-error",
            textContent: error,
          }),
        );
      } else if (verdict) {
        this.say(passed ? "All checks hold." : "Not yet.");
        this.dataset.state = passed ? "passed" : "failed";
        const box = document.createElement("div");
        box.className = "pc-verdict";
        box.innerHTML = verdict; // escaped by the checks: it quotes what the reader's own code said
        box.querySelector("[role=status]")?.removeAttribute("role"); // the region around it speaks
        this.output.append(box);
      } else {
        this.say(this.output.textContent ? "Done." : "Done. It printed nothing.");
        this.dataset.state = "ran";
      }
    }

    print(text) {
      let printed = this.output.querySelector(".pc-printed");
      if (!printed) {
        printed = Object.assign(document.createElement("pre"), { className: "pc-printed" });
        this.output.prepend(printed);
      }
      printed.textContent = text;
    }

    show(html) {
      this.output.innerHTML = html;
      delete this.dataset.state;
      this.say("");
    }

    say(words) {
      this.querySelector(".pc-state").textContent = words;
    }

    working(on) {
      this.busy = on;
      this.querySelector("[data-do=run]").disabled = on;
      this.querySelector("[data-do=check]").disabled = on;
      this.querySelector("[data-do=stop]").disabled = !on;
      this.draw();
    }
  }

  customElements.define("py-cell", PyCell);
})();
