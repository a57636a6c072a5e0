/** The version of the library; which one that is says the variable POLYFIND_LIBRARY, else the system's loader. */
export const version: string;

/** A refused or stopped call. */
export class PolyfindError extends Error {
  /** The name of the status, such as PF_ERROR_COORDINATE. */
  readonly status: string;
  /** The row that caused it, or -1. */
  readonly item: number;
}

/** How to run a call. */
export interface Run {
  /** Threads; 0, as without it, for one per core. */
  workers?: number;
  /** Told how much of how much is done; true stops the call, and what this throws comes out of the call. */
  progress?(done: number, total: number): boolean | void;
  /** Stops the call when another thread makes its first element 1; so it lies in a SharedArrayBuffer. */
  cancel?: Int32Array;
}

/** Two columns of equal length. The library reads them where they lie. */
export class Points {
  constructor(x: Float64Array, y: Float64Array);
  constructor(x: Float32Array, y: Float32Array);
  readonly length: number;
}

/** A table of polygons; offsets as polyfind.h has them. The library reads them where they lie. */
export class Polygons {
  constructor(vertices: Points, rings: Int32Array, parts?: Int32Array, polygons?: Int32Array);
}

/** All pairs: the polygons of point i are those from offsets[i] to before offsets[i + 1]. */
export interface Found {
  /** Whole numbers. */
  readonly offsets: Float64Array;
  readonly polygons: Int32Array;
}

/** k for each point, nearest first, -1 and NaN where there are no more. */
export interface Nearest {
  readonly polygons: Int32Array;
  readonly distances: Float64Array;
}

/** Polygons, ready to be asked. It keeps nothing of the columns it was built from. */
export class Index {
  private constructor();
  static build(polygons: Polygons, run?: Run): Index;
  /** From a file that save wrote. */
  static open(file: string, run?: Run): Index;
  save(file: string, run?: Run): void;
  /** Number of polygons. */
  readonly length: number;
  /** The lowest row that each point is in or on, -1 for none. */
  locate(points: Points, run?: Run): Int32Array;
  /** All rows at most a distance away from each point. */
  find(points: Points, distance: number, run?: Run): Found;
  /** The k nearest rows of each point. */
  nearest(points: Points, k: number, run?: Run): Nearest;
  /** Frees it, which otherwise happens when nobody has it any more; what it is asked then is refused. */
  free(): void;
}
