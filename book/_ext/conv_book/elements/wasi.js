// The part of WASI (preview 1) that a Python needs that only computes: arguments, the clock, random
// bytes, standard streams, and a read-only file system in memory. No directory can be written, no
// socket opened. Runs in a worker; see the interface's own words for what each function must do.

"use strict";

(function (root) {
  const OK = 0,
    BADF = 8,
    INVAL = 28,
    ISDIR = 31,
    NOENT = 44,
    NOSYS = 52,
    NOTDIR = 54,
    ROFS = 69,
    SPIPE = 70;
  const CHARACTER_DEVICE = 2,
    DIRECTORY = 3,
    REGULAR_FILE = 4;
  const ALL_RIGHTS = 0xffffffffffffffffn;
  const CREATE_OR_TRUNCATE = 1 | 8;
  const NANOSECONDS = 1_000_000;
  const MOST_RANDOM = 65536; // bytes that crypto gives at a time

  class Exit extends Error {
    constructor(code) {
      super(`exit ${code}`);
      this.code = code;
    }
  }

  /** `files`: path without a leading slash -> Uint8Array. `write(stream, bytes)`: stream 1 or 2. */
  function wasi({ args, env, files, write }) {
    let memory;
    const encoder = new TextEncoder(),
      decoder = new TextDecoder();
    const view = () => new DataView(memory.buffer);
    const bytes = (at, length) => new Uint8Array(memory.buffer, at, length);

    // Directories are what the paths of files imply: path -> names in it.
    const directories = new Map([["", new Set()]]);
    for (const path of Object.keys(files)) {
      const parts = path.split("/");
      for (let depth = 0; depth < parts.length; depth++) {
        const folder = parts.slice(0, depth).join("/");
        if (!directories.has(folder)) directories.set(folder, new Set());
        directories.get(folder).add(parts[depth]);
      }
    }
    // 0 to 2 are the streams; 3 is the root folder, which the program finds as preopened.
    const open = new Map([
      [0, { kind: CHARACTER_DEVICE }],
      [1, { kind: CHARACTER_DEVICE }],
      [2, { kind: CHARACTER_DEVICE }],
      [3, { kind: DIRECTORY, path: "" }],
    ]);
    let next = 4;

    function resolved(base, at, length) {
      const parts = base.path ? base.path.split("/") : [];
      for (const part of decoder.decode(bytes(at, length).slice()).split("/")) {
        if (part === "..") parts.pop();
        else if (part && part !== ".") parts.push(part);
      }
      return parts.join("/");
    }
    const kindOf = (path) =>
      path in files ? REGULAR_FILE : directories.has(path) ? DIRECTORY : null;

    function stat(at, kind, size) {
      bytes(at, 64).fill(0);
      view().setUint8(at + 16, kind);
      view().setBigUint64(at + 24, 1n, true);
      view().setBigUint64(at + 32, BigInt(size), true);
      return OK;
    }

    /** Fill the program's buffers from a file, from `position` on; returns how much there was. */
    function fill(file, position, vectors, count) {
      let done = 0;
      for (let k = 0; k < count; k++) {
        const at = view().getUint32(vectors + 8 * k, true),
          length = view().getUint32(vectors + 8 * k + 4, true);
        const part = file.bytes.subarray(position + done, position + done + length);
        bytes(at, part.length).set(part);
        done += part.length;
        if (part.length < length) break;
      }
      return done;
    }

    function strings(list, pointers, at) {
      list.forEach((text, k) => {
        view().setUint32(pointers + 4 * k, at, true);
        const encoded = encoder.encode(text + "\0");
        bytes(at, encoded.length).set(encoded);
        at += encoded.length;
      });
      return OK;
    }
    function sizes(list, count, size) {
      view().setUint32(count, list.length, true);
      view().setUint32(
        size,
        list.reduce((sum, text) => sum + encoder.encode(text).length + 1, 0),
        true,
      );
      return OK;
    }
    const environment = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    const now = (clock) =>
      BigInt(Math.round((clock === 0 ? Date.now() : performance.now()) * NANOSECONDS));
    const readable = (number) =>
      open.get(number)?.kind === REGULAR_FILE ? open.get(number) : null;
    const readOnly = () => ROFS;

    const functions = {
      args_get: (pointers, at) => strings(args, pointers, at),
      args_sizes_get: (count, size) => sizes(args, count, size),
      environ_get: (pointers, at) => strings(environment, pointers, at),
      environ_sizes_get: (count, size) => sizes(environment, count, size),
      clock_res_get: (clock, at) => (view().setBigUint64(at, 1000n, true), OK),
      clock_time_get: (clock, precision, at) => (view().setBigUint64(at, now(clock), true), OK),
      random_get(at, length) {
        for (let done = 0; done < length; done += MOST_RANDOM)
          bytes(at + done, Math.min(MOST_RANDOM, length - done)).set(
            crypto.getRandomValues(new Uint8Array(Math.min(MOST_RANDOM, length - done))),
          );
        return OK;
      },
      sched_yield: () => OK,
      proc_exit(code) {
        throw new Exit(code);
      },

      fd_prestat_get(number, at) {
        if (number !== 3) return BADF;
        view().setUint32(at, 0, true);
        view().setUint32(at + 4, 1, true);
        return OK;
      },
      fd_prestat_dir_name(number, at, length) {
        if (number !== 3) return BADF;
        if (length < 1) return INVAL;
        bytes(at, 1)[0] = "/".charCodeAt(0);
        return OK;
      },
      fd_fdstat_get(number, at) {
        if (!open.has(number)) return BADF;
        bytes(at, 24).fill(0);
        view().setUint8(at, open.get(number).kind);
        view().setBigUint64(at + 8, ALL_RIGHTS, true);
        view().setBigUint64(at + 16, ALL_RIGHTS, true);
        return OK;
      },
      fd_fdstat_set_flags: () => OK,
      fd_filestat_get(number, at) {
        const entry = open.get(number);
        return entry ? stat(at, entry.kind, entry.bytes?.length ?? 0) : BADF;
      },
      fd_close: (number) => (open.delete(number) ? OK : BADF),
      fd_read(number, vectors, count, at) {
        if (number === 0) return (view().setUint32(at, 0, true), OK); // the end of an empty input
        const file = readable(number);
        if (!file) return open.has(number) ? ISDIR : BADF;
        const done = fill(file, file.position, vectors, count);
        file.position += done;
        view().setUint32(at, done, true);
        return OK;
      },
      fd_pread(number, vectors, count, offset, at) {
        const file = readable(number);
        if (!file) return BADF;
        view().setUint32(at, fill(file, Number(offset), vectors, count), true);
        return OK;
      },
      fd_seek(number, offset, whence, at) {
        const file = readable(number);
        if (!file) return SPIPE;
        const from = [0, file.position, file.bytes.length][whence];
        if (from === undefined || from + Number(offset) < 0) return INVAL;
        file.position = from + Number(offset);
        view().setBigUint64(at, BigInt(file.position), true);
        return OK;
      },
      fd_tell(number, at) {
        const file = readable(number);
        if (!file) return SPIPE;
        view().setBigUint64(at, BigInt(file.position), true);
        return OK;
      },
      fd_write(number, vectors, count, at) {
        if (number !== 1 && number !== 2) return BADF;
        let done = 0;
        for (let k = 0; k < count; k++) {
          const from = view().getUint32(vectors + 8 * k, true),
            length = view().getUint32(vectors + 8 * k + 4, true);
          write(number, bytes(from, length).slice());
          done += length;
        }
        view().setUint32(at, done, true);
        return OK;
      },
      fd_readdir(number, at, length, cookie, used) {
        const folder = open.get(number);
        if (folder?.kind !== DIRECTORY) return NOTDIR;
        const names = [...directories.get(folder.path)].sort();
        let done = 0;
        for (let k = Number(cookie); k < names.length && done < length; k++) {
          const name = encoder.encode(names[k]);
          const entry = new Uint8Array(24 + name.length);
          const head = new DataView(entry.buffer);
          head.setBigUint64(0, BigInt(k + 1), true);
          head.setUint32(16, name.length, true);
          head.setUint8(20, kindOf(folder.path ? `${folder.path}/${names[k]}` : names[k]));
          entry.set(name, 24);
          const part = entry.subarray(0, length - done);
          bytes(at + done, part.length).set(part);
          done += part.length;
        }
        view().setUint32(used, done, true);
        return OK;
      },
      path_open(number, flags, at, length, how, rights, inherited, fdflags, result) {
        const base = open.get(number);
        if (base?.kind !== DIRECTORY) return NOTDIR;
        const path = resolved(base, at, length);
        const kind = kindOf(path);
        if (how & CREATE_OR_TRUNCATE) return ROFS;
        if (kind === null) return NOENT;
        if (how & 2 && kind !== DIRECTORY) return NOTDIR;
        open.set(
          next,
          kind === DIRECTORY ? { kind, path } : { kind, bytes: files[path], position: 0 },
        );
        view().setUint32(result, next++, true);
        return OK;
      },
      path_filestat_get(number, flags, at, length, result) {
        const base = open.get(number);
        if (base?.kind !== DIRECTORY) return NOTDIR;
        const path = resolved(base, at, length);
        const kind = kindOf(path);
        return kind === null ? NOENT : stat(result, kind, files[path]?.length ?? 0);
      },
      /** Sleep: the only thing that there is to wait for. */
      poll_oneoff(from, to, count, at) {
        let until = Infinity;
        for (let k = 0; k < count; k++) {
          if (view().getUint8(from + 48 * k + 8) !== 0) continue;
          const time = view().getBigUint64(from + 48 * k + 24, true);
          const absolute = view().getUint16(from + 48 * k + 40, true) & 1;
          const clock = view().getUint32(from + 48 * k + 16, true);
          const wait = Number(absolute ? time - now(clock) : time) / NANOSECONDS;
          until = Math.min(until, performance.now() + wait);
        }
        while (performance.now() < until && until !== Infinity);
        for (let k = 0; k < count; k++) {
          bytes(to + 32 * k, 32).fill(0);
          bytes(to + 32 * k, 8).set(bytes(from + 48 * k, 8));
          view().setUint8(to + 32 * k + 10, view().getUint8(from + 48 * k + 8));
        }
        view().setUint32(at, count, true);
        return OK;
      },
      path_create_directory: readOnly,
      path_filestat_set_times: readOnly,
      path_link: readOnly,
      path_remove_directory: readOnly,
      path_rename: readOnly,
      path_symlink: readOnly,
      path_unlink_file: readOnly,
      path_readlink: () => INVAL,
      fd_advise: () => OK,
      fd_sync: () => OK,
      fd_datasync: () => OK,
      fd_filestat_set_size: readOnly,
      fd_filestat_set_times: readOnly,
      fd_pwrite: readOnly,
    };

    /** Every import of a module, with a refusal for what is not here. */
    function imports(module) {
      const found = {};
      for (const { module: space, name } of WebAssembly.Module.imports(module)) {
        found[space] ||= {};
        found[space][name] = functions[name] || (() => NOSYS);
      }
      return found;
    }
    return { imports, attach: (exports) => (memory = exports.memory) };
  }

  root.wasi = wasi;
  root.WasiExit = Exit;
})(globalThis);
