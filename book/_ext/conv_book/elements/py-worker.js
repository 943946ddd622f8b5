// A Python in a worker of its own: loads it once, then runs one request after another. Nothing here
// knows a page. Stopping it means ending the worker.
//
// Request {id, names, request}: `names` are the addresses of Python's files, `request` is what cell.py
// understands; without one Python is only loaded. Answers: {id, progress: words} while loading,
// {id, text} for what is printed, {id, answer} and {id, done}, {id, failure} where Python broke.

"use strict";

importScripts("wasi.js");

const MARK = "\u0001answer:"; // in front of the one line of standard output that is an answer
const CACHE = "conv-book-python";
// The module was frozen with the whole library beside it; ours is smaller, so its list is read anew.
// And zipimport compiles a module once to say where it is, and once more to run it.
const FIRST = `
import functools, sys, zipimport
zipimport._zip_directory_cache.clear()
sys.path_importer_cache.clear()
zipimport._compile_source = functools.cache(zipimport._compile_source)
sys.path.append("/usr/local/lib/course.zip")
import cell
cell.prepare()
`;
const decoder = new TextDecoder();
let python = null; // a promise of {turn}
let current = null; // the id of the request that runs

/** A file of the book, from the browser's cache where it is kept; python.bin is unpacked. */
async function file(name) {
  const cache = await globalThis.caches?.open(CACHE).catch(() => null);
  let response = await cache?.match(name);
  if (!response) {
    response = await fetch(name);
    if (!response.ok) throw new Error(`${name}: ${response.status}`);
    await cache?.put(name, response.clone()).catch(() => {}); // a full disk only costs time
  }
  if (!new URL(name, location).pathname.endsWith(".bin")) return response;
  return new Response(response.body.pipeThrough(new DecompressionStream("gzip")));
}

/** Drop what an earlier edition of the book has left in the cache. */
async function forget(names) {
  const cache = await globalThis.caches?.open(CACHE).catch(() => null);
  const wanted = new Set(Object.values(names));
  for (const { url } of (await cache?.keys()) ?? []) if (!wanted.has(url)) await cache.delete(url);
}

async function load(id, names) {
  postMessage({ id, progress: "Loading Python and NumPy. The first time this takes a while…" });
  const wasm = file(names.python).then(
    (response) => new Response(response.body, { headers: { "Content-Type": "application/wasm" } }),
  );
  const bytes = async (name) => new Uint8Array(await (await file(name)).arrayBuffer());
  const [module, library, course] = await Promise.all([
    WebAssembly.compileStreaming(wasm),
    bytes(names.library),
    bytes(names.course),
  ]);
  let line = "";
  const system = wasi({
    args: ["python"],
    env: { PYTHONDONTWRITEBYTECODE: "1", TMPDIR: "/tmp", PYTHONTZPATH: "", AUTOGRADER_BOOK: "." },
    files: { "usr/local/lib/python315.zip": library, "usr/local/lib/course.zip": course },
    write(stream, part) {
      const text = decoder.decode(part, { stream: true });
      if (stream === 2) return postMessage({ id: current, text });
      line += text;
      // An answer is a line; anything else is on its way to the page at once.
      for (;;) {
        const start = line.indexOf(MARK);
        if (start < 0) break;
        const end = line.indexOf("\n", start);
        if (end < 0) break;
        if (start) postMessage({ id: current, text: line.slice(0, start) });
        postMessage({ id: current, answer: JSON.parse(line.slice(start + MARK.length, end)) });
        line = line.slice(end + 1);
      }
      if (!line.includes(MARK[0])) {
        if (line) postMessage({ id: current, text: line });
        line = "";
      }
    },
  });
  const instance = await WebAssembly.instantiate(module, system.imports(module));
  const { exports } = instance;
  system.attach(exports);
  exports._initialize?.();
  const turn = (source) => {
    const encoded = new TextEncoder().encode(source);
    const at = exports.host_alloc(encoded.length);
    new Uint8Array(exports.memory.buffer, at, encoded.length).set(encoded);
    return exports.turn(at, encoded.length);
  };
  turn(FIRST);
  forget(names);
  return { turn };
}

let queue = Promise.resolve();
onmessage = ({ data: { id, names, request } }) => {
  queue = queue.then(async () => {
    current = id;
    try {
      python ||= load(id, names);
      const { turn } = await python;
      if (request) turn(`cell.answer(${JSON.stringify(JSON.stringify(request))})`);
      postMessage({ id, done: true });
    } catch (error) {
      postMessage({ id, failure: String(error && error.message ? error.message : error) });
    }
  });
};
