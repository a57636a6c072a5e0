// npx tsc && POLYFIND_LIBRARY=LIBRARY node test.js FIXTURE: see tests/runtimes. The compiler holds this against
// polyfind.d.ts, and what it makes of it runs with polyfind.js.
import * as assert from 'node:assert';
import * as fs from 'node:fs';
import * as koffi from 'koffi';
import { Index, Points, PolyfindError, Polygons, type Run, version } from './polyfind.js';

const header = require('./polyfind_h.js');

const lines = fs.readFileSync(process.argv[2], 'utf8').trimEnd().split('\n');
const text: Record<string, string> = Object.fromEntries(lines.map((line) => line.split(/ (.*)/, 2)));
const words = (name: string) => text[name].split(' ');
const doubles = (name: string) => Float64Array.from(words(name), Number);
const ints = (name: string) => Int32Array.from(words(name), Number);

function check(name: string, test: () => void) {
  test();
  console.log(name);
}

/** What a call fails with. */
function failure(call: () => void): PolyfindError {
  try {
    call();
  } catch (error) {
    return error as PolyfindError;
  }
  return assert.fail('the call worked');
}

check('functions', () => {
  assert.deepStrictEqual(Object.keys(header.load(process.env.POLYFIND_LIBRARY)), words('functions'));
  assert.strictEqual(version, header.load(process.env.POLYFIND_LIBRARY).pf_version());
});
check('structures', () => {
  const pairs = (name: string) => words(name).flatMap((key, i, all) => (i % 2 ? [] : [[key, all[i + 1]]]));
  for (const [name, size] of pairs('structures')) {
    assert.strictEqual(koffi.sizeof(header.structures[name]), Number(size), name);
  }
  for (const [name, place] of pairs('fields')) {
    const [structure, field] = name.split('.');
    assert.strictEqual(koffi.offsetof(header.structures[structure], field), Number(place), name);
  }
});

const [rings, parts, rows] = ['ring_offsets', 'part_offsets', 'polygon_offsets'].map(ints);
const vertices = new Points(doubles('x'), doubles('y'));
const x = doubles('point_x');
const y = doubles('point_y');
const points = new Points(x, y);
let last = [-1, -2];
const index = Index.build(new Polygons(vertices, rings, parts, rows), { progress: (...now) => void (last = now) });
check('build', () => assert.strictEqual(index.length, rows.length - 1));
check('progress', () => assert.ok(last[0] === last[1] && last[1] > 0));
check('locate', () => assert.deepStrictEqual(index.locate(points), ints('locate')));
check('find', () => {
  const wanted = { offsets: doubles('find_offsets'), polygons: ints('find_polygons') };
  assert.deepStrictEqual(index.find(points, Number(text.distance)), wanted);
});
check('nothing', () => {
  const none = new Points(new Float64Array(), new Float64Array());
  assert.deepStrictEqual(index.find(none, 1), { offsets: Float64Array.of(0), polygons: new Int32Array() });
  assert.deepStrictEqual(index.locate(none), new Int32Array());
});
check('nearest', () => {
  const { polygons, distances } = index.nearest(points, Number(text.k));
  assert.deepStrictEqual(polygons, ints('nearest_polygons'));
  doubles('nearest_distances').forEach((wanted, i) => assert.ok(Math.abs(distances[i] - wanted) <= wanted * 2 ** -51));
});
check('file', () => {
  index.save(text.file);
  assert.deepStrictEqual(Index.open(text.file).locate(points), ints('locate'));
});

const row = Number(text.wrong_point);
const refused = failure(() => index.locate(new Points(x.map((value, i) => (i === row ? NaN : value)), y)));
check('point error', () => assert.strictEqual(refused.message, `${text.wrong_point_status}: ${text.wrong_point_text}`));
check('row of the error', () => assert.ok(refused instanceof PolyfindError && refused.item === row));
rings[Number(text.wrong_ring)] = -1;
const layout = failure(() => Index.build(new Polygons(vertices, rings, parts, rows)));
check('layout error', () => assert.strictEqual(layout.message, `${text.wrong_ring_status}: ${text.wrong_ring_text}`));

const asked = (run: Run) => failure(() => index.nearest(points, 1, run));
check('cancel', () => assert.strictEqual(asked({ progress: () => true }).status, text.cancelled_status));
check('cancel flag', () => assert.strictEqual(asked({ cancel: Int32Array.of(1) }).status, text.cancelled_status));
const mine = new Error('mine');
check('own error', () => assert.strictEqual(asked({ progress() { throw mine; } }), mine));
check('many callbacks', () => {
  let calls = 0;
  for (let i = 0; i < 200; i++) index.locate(points, { progress: () => void calls++ });
  assert.ok(calls >= 200);
});

index.free();
index.free();
check('freed', () => assert.strictEqual(failure(() => index.locate(points)).status, text.freed_status));

// What the compiler refuses is refused when it runs, too.
// @ts-expect-error
assert.throws(() => new Points(x, new Float32Array(x.length)), TypeError);
// @ts-expect-error
assert.throws(() => new Polygons(vertices, Array.from(rings)), TypeError);
