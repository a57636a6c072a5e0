'use strict'; // what all of this is for: polyfind.d.ts
const koffi = require('koffi');
const header = require('./polyfind_h.js');

const { constants: C, structures } = header;
const path = process.env.POLYFIND_LIBRARY || 'libpolyfind.so';
const lib = header.load(path);
if (lib.pf_abi() !== C.PF_ABI) throw new Error(`${path} has ABI ${lib.pf_abi()}, this module ${C.PF_ABI}`);

class PolyfindError extends Error {
  constructor(status, item, message) {
    super(`${status}: ${message}`);
    Object.assign(this, { status, item });
  }
}

/** A structure that is all zero but for its size and these fields. */
function struct(type, fields = {}) {
  const zero = koffi.decode(new Uint8Array(type.size), type);
  return Object.assign(zero, 'struct_size' in zero && { struct_size: type.size }, fields);
}

/** Calls a fallible function, whose arguments have a pf_run in their middle and a pf_error at their end. */
function call(name, options, before, after) {
  let thrown;
  const { workers = 0, progress, cancel = null } = options;
  const told = (done, total) => {
    try {
      return progress(Number(done), Number(total)) ? 1 : 0;
    } catch (error) { // which must not go through the library
      thrown = { error };
      return 1;
    }
  };
  const run = struct(structures.pf_run, { workers, cancel, progress: progress ? told : null });
  const error = struct(structures.pf_error);
  const status = lib[name](...before, run, ...after, error);
  if (thrown) throw thrown.error;
  if (status !== C.PF_OK) throw new PolyfindError(lib.pf_status_name(status), Number(error.item), error.message);
}

class Points {
  constructor(x, y) {
    const dtype = { Float64Array: C.PF_F64, Float32Array: C.PF_F32 }[x.constructor.name];
    if (!dtype || y.constructor !== x.constructor) throw new TypeError('x and y are no two Float64Array or Float32Array');
    if (x.length !== y.length) throw new RangeError('x and y differ in length');
    this.length = x.length;
    this.c = struct(structures.pf_points, { x, y, len: x.length, stride: x.BYTES_PER_ELEMENT, dtype });
  }
}

class Polygons {
  constructor(vertices, rings, parts, polygons) {
    this.c = struct(structures.pf_polygons, { vertices: vertices.c, offset_type: C.PF_I32 });
    for (const [level, offsets] of Object.entries({ ring: rings, part: parts, polygon: polygons })) {
      if (offsets === undefined) continue;
      if (!(offsets instanceof Int32Array)) throw new TypeError(`offsets of ${level}s are an Int32Array`);
      Object.assign(this.c, { [`${level}_offsets`]: offsets, [`${level}_count`]: offsets.length - 1 });
    }
  }
}

const unreachable = new FinalizationRegistry((handle) => lib.pf_index_free(handle));

class Index {
  #handle;

  constructor(handle) {
    this.#handle = handle;
    unreachable.register(this, handle, this);
  }

  static build(polygons, options = {}) {
    const out = [null];
    call('pf_index_build', options, [polygons.c, null], [out]);
    return new Index(out[0]);
  }

  static open(file, options = {}) {
    const out = [null];
    call('pf_index_load', options, [file], [out]);
    return new Index(out[0]);
  }

  save(file, options = {}) {
    call('pf_index_save', options, [this.#handle, file], []);
  }

  get length() {
    return Number(lib.pf_index_len(this.#handle));
  }

  locate(points, options = {}) {
    const rows = new Int32Array(points.length);
    const query = struct(structures.pf_query, { relation: C.PF_COVERS });
    call('pf_index_best', options, [this.#handle, points.c, query], [rows, null, rows.length]);
    return rows;
  }

  find(points, distance, options = {}) {
    const out = [null];
    const query = struct(structures.pf_query, { relation: C.PF_DWITHIN, distance });
    call('pf_index_find', options, [this.#handle, points.c, query], [out]);
    const [result] = out;
    // Copied, so that nobody has to say when memory of the library is read no more.
    const column = (Kind, name, n) => {
      const bytes = n * Kind.BYTES_PER_ELEMENT;
      return n ? new Kind(koffi.view(lib[name](result), bytes)).slice() : new Kind();
    };
    try {
      const offsets = column(BigInt64Array, 'pf_result_offsets', points.length + 1);
      const polygons = column(Int32Array, 'pf_result_polygons', Number(lib.pf_result_pairs(result)));
      return { offsets: Float64Array.from(offsets, Number), polygons };
    } finally {
      lib.pf_result_free(result);
    }
  }

  nearest(points, k, options = {}) {
    const n = points.length * k;
    const answer = { polygons: new Int32Array(n), distances: new Float64Array(n) };
    const outs = [answer.polygons, answer.distances, n];
    call('pf_index_nearest', options, [this.#handle, points.c, k, null], outs);
    return answer;
  }

  free() {
    unreachable.unregister(this);
    lib.pf_index_free(this.#handle);
  }
}

module.exports = { Index, Points, PolyfindError, Polygons, version: lib.pf_version() };
