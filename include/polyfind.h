/* polyfind: match points to polygons over raw coordinate buffers.
 *
 * Generated from src/ffi by the cargo build; do not edit (python3 dev.py header writes it anew).
 *
 * Conventions
 *   - Every fallible function returns a pf_status; PF_OK is 0. Details go to a pf_error of yours, which may be NULL.
 *   - Inputs are lent for the call only. Strides are in bytes. Counts of 0 may come with NULL pointers.
 *   - Outputs must not overlap inputs, each other, or the structures you pass.
 *   - Outputs are your arrays with their capacity in elements, or one pf_result, pf_table or pf_tally that you free.
 *   - A refused call (bad arguments, layout, coordinates) leaves outputs untouched (but see PF_RUN_DIRECT). A stopped one
 *     (cancelled, limit, memory) leaves an array's content unspecified and an output handle NULL. On success every
 *     element is written.
 *   - pf_index *, pf_result *, pf_table * and pf_tally * are handles, not addresses. What is none, or was freed, is refused with
 *     PF_ERROR_ARGUMENT (NULL with PF_ERROR_NULL); functions that return a number or a column answer 0 or NULL. Freeing waits for nobody: calls that
 *     are under way go on, also in the child of a fork.
 *   - const in a signature is the thread-safety statement: any number of threads may make the call at once.
 *   - Rows are int32_t and PF_NONE (-1) is "none"; positions in results are int64_t.
 */

#ifndef POLYFIND_H
#define POLYFIND_H

#include <stddef.h>
#include <stdint.h>

#define PF_VERSION_MAJOR 0
#define PF_VERSION_MINOR 1
#define PF_VERSION_PATCH 0

/**
 * The number in the soname; it changes only when programs built against an older header would break.
 */
#define PF_ABI 0

/**
 * Bytes of pf_error.message, its terminating NUL included.
 */
#define PF_MESSAGE_BYTES 240

/**
 * Elements are double.
 */
#define PF_F64 1

/**
 * Elements are float.
 */
#define PF_F32 2

/**
 * Elements are int32_t.
 */
#define PF_I32 3

/**
 * Elements are int64_t.
 */
#define PF_I64 4

/**
 * Format of rows: well-known binary (WKB) of OGC and ISO, and the extended one (EWKB) of PostGIS, in either byte order.
 */
#define PF_WKB 1

/**
 * Format of rows: well-known text (WKT) of OGC and ISO, and the extended one (EWKT) of PostGIS; UTF-8.
 */
#define PF_WKT 2

/**
 * Format of rows: GeoJSON (RFC 7946), UTF-8: a Feature, a Polygon, a MultiPolygon, a GeometryCollection of these, or null.
 */
#define PF_GEOJSON 3

/**
 * pf_table_read: a row that is no polygon becomes an empty polygon and a fault of the table, instead of an error.
 */
#define PF_SKIP_FAULTS 1

/**
 * Fault of a row: it ends too early.
 */
#define PF_FAULT_END 1

/**
 * Fault of a row: something follows its end.
 */
#define PF_FAULT_TRAILING 2

/**
 * Fault of a row: it is something other than a Polygon, a MultiPolygon or a GeometryCollection of these.
 */
#define PF_FAULT_TYPE 3

/**
 * Fault of a row: more than 32 collections lie in each other, or more than 1,024 lists of JSON.
 */
#define PF_FAULT_DEPTH 4

/**
 * Fault of a row: a coordinate is NaN or infinite.
 */
#define PF_FAULT_COORDINATE 5

/**
 * Fault of a row: a byte order that is neither 0 nor 1.
 */
#define PF_FAULT_BYTE_ORDER 6

/**
 * Fault of a row: a count of more than the bytes that are left can hold.
 */
#define PF_FAULT_COUNT 7

/**
 * Fault of a row: a number is expected.
 */
#define PF_FAULT_NUMBER 8

/**
 * Fault of a row: a parenthesis or a comma is expected.
 */
#define PF_FAULT_SYNTAX 9

/**
 * Fault of a row: it is no JSON from here on.
 */
#define PF_FAULT_JSON 10

/**
 * Fault of a row: a list is expected.
 */
#define PF_FAULT_LIST 11

/**
 * Fault of a row: a geometry or coordinates are missing, or a member is there twice.
 */
#define PF_FAULT_MEMBER 12

/**
 * pf_run.flags: use the portable code path even where the machine has better instructions. Results are the same.
 */
#define PF_RUN_PORTABLE 1

/**
 * pf_run.flags: a call refused for a coordinate may have written to its outputs. Saves measures and questions, which otherwise
 * check all coordinates before they write anything, a second reading.
 */
#define PF_RUN_DIRECT 2

/**
 * pf_run.flags: progress is not told of ends, so that a call of less than 20 ms does not call it at all. For who only wants to stop
 * calls that take long: what looks for signals in an interpreter, for instance.
 */
#define PF_RUN_POLL 4

/**
 * Relation: the polygon's center (mean of its vertices) is nearer to the point than pf_query.distance, strictly. All relations
 * are decided exactly for the numbers given. Empty polygons match nothing.
 */
#define PF_CLOSE 1

/**
 * Relation: the point is inside the polygon or on its boundary. Inside is decided by the even-odd rule over all rings of all
 * parts, so winding does not matter and invalid polygons have an answer too.
 */
#define PF_COVERS 2

/**
 * Relation: the point is inside the polygon, not on its boundary.
 */
#define PF_CONTAINS 3

/**
 * Relation: the point is inside the polygon, where a point on the boundary counts as a step to its right (and if that is on the
 * boundary too, a smaller one up): of the polygons of a tiling exactly one owns each point.
 */
#define PF_OWNS 4

/**
 * Relation: the polygon is at most pf_query.distance away from the point; 0 inside and on the boundary.
 */
#define PF_DWITHIN 5

/**
 * Order: the lowest row.
 */
#define PF_BY_POLYGON 0

/**
 * Order: the smallest distance: to the center for PF_CLOSE, else to the polygon.
 */
#define PF_BY_DISTANCE 1

/**
 * Order: the smallest area.
 */
#define PF_BY_AREA 2

/**
 * Order: the smallest of pf_query.priority.
 */
#define PF_BY_PRIORITY 4

/**
 * Order: the nearest center.
 */
#define PF_BY_CENTER 5

/**
 * pf_query.flags: pf_index_find and pf_index_find_nearest give the distances too (see pf_result_values).
 */
#define PF_WITH_DISTANCES 1

/**
 * pf_query.flags: pf_tally_add adds a point to the best of its matches only.
 */
#define PF_BEST_ONLY 2

/**
 * pf_index_options.flags: the index answers PF_CLOSE and nearest centers.
 */
#define PF_INDEX_CENTERS 1

/**
 * pf_index_options.flags: the index answers PF_COVERS, PF_CONTAINS and PF_OWNS.
 */
#define PF_INDEX_INSIDES 2

/**
 * pf_index_options.flags: the index answers PF_DWITHIN and nearest polygons, and what PF_INDEX_INSIDES gives.
 */
#define PF_INDEX_DISTANCES 4

/**
 * pf_index_map and pf_index_view: the bytes are known to be an index as this library wrote it, and not checked, so that hardly any of
 * them is read. Bytes that are not lead to wrong answers or PF_ERROR_INTERNAL, never to other memory.
 */
#define PF_OPEN_TRUSTED 1

/**
 * pf_index_view: the bytes are copied, and need neither be aligned nor stay.
 */
#define PF_OPEN_COPY 2

/**
 * Column of a tally: how many points were added.
 */
#define PF_TALLY_POINTS 1

/**
 * Column of a tally: how many of them brought a value.
 */
#define PF_TALLY_VALUES 2

/**
 * Column of a tally: the sum of the values, exact but for one rounding; 0 where there are none.
 */
#define PF_TALLY_SUM 3

/**
 * Column of a tally: the sum divided by the number of values; NaN where there are none.
 */
#define PF_TALLY_MEAN 4

/**
 * Column of a tally: the least value; NaN where there are none.
 */
#define PF_TALLY_MIN 5

/**
 * Column of a tally: the greatest value; NaN where there are none.
 */
#define PF_TALLY_MAX 6

/**
 * "No polygon" where a row is expected, "no group" where a group is.
 */
#define PF_NONE -1

/**
 * A handle of an index over polygons. Immutable: share it between threads freely, and free it at any time; calls that use it
 * then go on, and the memory goes with the last of them. The index keeps nothing of the buffers it was built from.
 */
typedef struct pf_index pf_index;

/**
 * A handle of pairs of points and polygons, by point. Immutable, independent of the index it came from; free it when nobody reads
 * its columns any more.
 */
typedef struct pf_result pf_result;

/**
 * A handle of a table of polygons that owns its columns. Immutable: share it between threads freely; free it when nobody reads its
 * columns any more.
 */
typedef struct pf_table pf_table;

/**
 * A handle of what the points that polygons were matched with come to: how many they are, and the sum, mean, least and greatest of a
 * number that they bring along. It keeps the index that it was made for: you may free that before, and its memory goes with the tally.
 * One call at a time may change it; one that is made while another does, or that would change it while another reads it, is refused with
 * PF_ERROR_ARGUMENT. To add on many threads give each a tally, and merge them.
 */
typedef struct pf_tally pf_tally;

/**
 * What every fallible function returns: PF_OK (0) or one of PF_ERROR_*. Numbers are never reused.
 */
typedef int32_t pf_status;

/**
 * Points, or the vertices of polygons, in memory that you lend: two columns, or y = x + 1 for interleaved pairs. Frozen.
 */
typedef struct pf_points {
  /**
   * The first x; aligned to its type. May be NULL when len is 0.
   */
  const void *x;
  /**
   * The first y.
   */
  const void *y;
  /**
   * Number of points.
   */
  size_t len;
  /**
   * Bytes from one x (or y) to the next: the element's size for a plain column, or a multiple of it. Not looked at when
   * len is 0 or 1.
   */
  size_t stride;
  /**
   * PF_F64 or PF_F32; 0 is fine when len is 0.
   */
  uint32_t dtype;
  /**
   * Zero.
   */
  uint32_t reserved;
} pf_points;

/**
 * Details of a refusal, in 256 bytes of yours; may be NULL everywhere. Written by every call that takes one, also on
 * success.
 */
typedef struct pf_error {
  /**
   * The status that the call returned.
   */
  pf_status status;
  /**
   * Zero.
   */
  int32_t reserved;
  /**
   * The row that caused it (in an index file, the element of a section), or -1.
   */
  int64_t item;
  /**
   * What was wrong, naming the argument and the row; UTF-8, NUL-terminated, cut if longer.
   */
  char message[PF_MESSAGE_BYTES];
} pf_error;

/**
 * A table of polygons in memory that you lend. Offsets are given innermost first, each array one longer than its count,
 * none of them decreasing; the first need not be 0. A ring's closing vertex may be present or absent; the first ring of a
 * part is its outer ring, the others are holes; winding does not matter.
 */
typedef struct pf_polygons {
  /**
   * sizeof(pf_polygons)
   */
  uint32_t struct_size;
  /**
   * PF_I32 or PF_I64, for all three offset arrays; 0 is fine when the counts are 0.
   */
  uint32_t offset_type;
  /**
   * All vertices, ring after ring.
   */
  struct pf_points vertices;
  /**
   * ring_count + 1 positions in vertices.
   */
  const void *ring_offsets;
  /**
   * Number of rings.
   */
  size_t ring_count;
  /**
   * part_count + 1 positions in rings; NULL when every ring is a part (part_count is then 0 or ring_count).
   */
  const void *part_offsets;
  /**
   * Number of parts.
   */
  size_t part_count;
  /**
   * polygon_count + 1 positions in parts; NULL when every part is a polygon (polygon_count is then 0 or that of parts).
   */
  const void *polygon_offsets;
  /**
   * Number of polygons.
   */
  size_t polygon_count;
} pf_polygons;

/**
 * Told how much of a call is done, up to 50 times a second and once at its end, only ever on the thread that made the call
 * (and never when there is nothing to do).
 * Anything but 0 stops the call with PF_ERROR_CANCELLED. It must return: no exception, no longjmp. It may make other calls, and free
 * the index whose call it is told of, which then goes on. If it forks and returns in the child, too, the call ends there with
 * PF_ERROR_CANCELLED; the parent's goes on.
 */
typedef int32_t (*pf_progress)(uint64_t done, uint64_t total, void *data);

/**
 * How to run a call. NULL, or all zero but for struct_size: all cores, silently.
 */
typedef struct pf_run {
  /**
   * sizeof(pf_run)
   */
  uint32_t struct_size;
  /**
   * Threads to use, the calling one included; 0 means one per core. Small work runs on the calling thread alone.
   */
  uint32_t workers;
  /**
   * May be NULL.
   */
  pf_progress progress;
  /**
   * Handed to progress.
   */
  void *progress_data;
  /**
   * May be NULL; set it to non-zero from any thread to stop the call.
   */
  const int32_t *cancel;
  /**
   * PF_RUN_* or 0.
   */
  uint32_t flags;
  /**
   * Zero.
   */
  uint32_t reserved;
  /**
   * PF_ERROR_LIMIT before the call takes more bytes of memory than this: for what it makes and for what it needs on the way,
   * including results, but neither what you lend, nor the stacks of threads, nor the pages of a mapped file. 0 for no
   * limit.
   */
  uint64_t max_bytes;
} pf_run;

/**
 * A box with sides along the axes. Frozen.
 */
typedef struct pf_box {
  /**
   * Smallest x.
   */
  double min_x;
  /**
   * Smallest y.
   */
  double min_y;
  /**
   * Largest x.
   */
  double max_x;
  /**
   * Largest y.
   */
  double max_y;
} pf_box;

/**
 * Rows of bytes in memory that you lend, laid out as Arrow's binary and string arrays are.
 */
typedef struct pf_binary {
  /**
   * sizeof(pf_binary)
   */
  uint32_t struct_size;
  /**
   * PF_I32 or PF_I64; 0 is fine when len is 0.
   */
  uint32_t offset_type;
  /**
   * The bytes of all rows. May be NULL when data_len is 0.
   */
  const uint8_t *data;
  /**
   * Bytes of data.
   */
  size_t data_len;
  /**
   * len + 1 positions in data, none of them decreasing; the first need not be 0.
   */
  const void *offsets;
  /**
   * Number of rows.
   */
  size_t len;
  /**
   * A bit for each row, from the lowest of each byte on: 0 where the row is missing. NULL when none is.
   */
  const uint8_t *validity;
  /**
   * Bits before that of row 0.
   */
  size_t validity_offset;
} pf_binary;

/**
 * How to build an index. NULL, or all zero but for struct_size: one that answers everything.
 */
typedef struct pf_index_options {
  /**
   * sizeof(pf_index_options)
   */
  uint32_t struct_size;
  /**
   * PF_INDEX_* for what it is to answer, which saves the time and memory of the rest; 0 for everything.
   */
  uint32_t flags;
} pf_index_options;

/**
 * What an index is: see pf_index_describe.
 */
typedef struct pf_index_info {
  /**
   * sizeof(pf_index_info), set by you.
   */
  uint32_t struct_size;
  /**
   * The version of the file format that pf_index_save and pf_index_write use.
   */
  uint32_t format_version;
  /**
   * PF_INDEX_* for what it answers.
   */
  uint32_t flags;
  /**
   * Zero.
   */
  uint32_t reserved;
  /**
   * Polygons, empty ones included.
   */
  uint64_t polygon_count;
  /**
   * Rings of these, those without vertices left out; 0 for an index with nothing but PF_INDEX_CENTERS, which keeps none.
   */
  uint64_t ring_count;
  /**
   * Vertices of these, closing ones not counted.
   */
  uint64_t vertex_count;
  /**
   * As pf_index_byte_size.
   */
  uint64_t byte_size;
  /**
   * All of the vertices; NaN where there are none.
   */
  struct pf_box bounds;
} pf_index_info;

/**
 * What to ask.
 */
typedef struct pf_query {
  /**
   * sizeof(pf_query)
   */
  uint32_t struct_size;
  /**
   * PF_CLOSE to PF_DWITHIN.
   */
  uint32_t relation;
  /**
   * For PF_CLOSE and PF_DWITHIN, in the unit of the coordinates; not negative, and finite (but for pf_index_nearest and
   * pf_index_find_nearest INFINITY means no limit).
   */
  double distance;
  /**
   * PF_BY_*: which match is best; ties go to the lowest row, always.
   */
  uint32_t order;
  /**
   * PF_WITH_DISTANCES, PF_BEST_ONLY or 0.
   */
  uint32_t flags;
  /**
   * For PF_BY_PRIORITY: one number for each polygon, none of them NaN.
   */
  const double *priority;
  /**
   * Elements of priority.
   */
  size_t priority_len;
  /**
   * For pf_index_find and pf_index_find_nearest: PF_ERROR_LIMIT as soon as there are more pairs than this. 0 for no limit.
   */
  uint64_t max_pairs;
} pf_query;

/**
 * What points bring along to a tally. NULL, or all zero but for struct_size: nothing.
 */
typedef struct pf_attributes {
  /**
   * sizeof(pf_attributes)
   */
  uint32_t struct_size;
  /**
   * Zero.
   */
  uint32_t reserved;
  /**
   * A number for each point, finite, or NaN where it has none; or NULL. A point without a number is counted, and adds nothing else.
   */
  const double *values;
  /**
   * Elements of values.
   */
  size_t values_len;
  /**
   * The group of each point, less than the tally's groups, or PF_NONE for a point that is left out; NULL where there is one group.
   */
  const int32_t *groups;
  /**
   * Elements of groups.
   */
  size_t groups_len;
} pf_attributes;

/**
 * It worked.
 */
#define PF_OK 0

/**
 * A required pointer is NULL.
 */
#define PF_ERROR_NULL 1

/**
 * A value is outside its documented range.
 */
#define PF_ERROR_ARGUMENT 2

/**
 * Offsets, stride, alignment or overlap: not a readable buffer.
 */
#define PF_ERROR_LAYOUT 3

/**
 * A coordinate is NaN or infinite.
 */
#define PF_ERROR_COORDINATE 4

/**
 * An output buffer is too small.
 */
#define PF_ERROR_CAPACITY 5

/**
 * A newer structure field, flag or file version than this build knows.
 */
#define PF_ERROR_UNSUPPORTED 6

/**
 * A limit was reached.
 */
#define PF_ERROR_LIMIT 7

/**
 * The progress callback or the cancel flag asked to stop.
 */
#define PF_ERROR_CANCELLED 8

/**
 * An allocation failed.
 */
#define PF_ERROR_MEMORY 9

/**
 * The operating system refused a file operation: pf_error.item is its error number (errno), or -1.
 */
#define PF_ERROR_IO 10

/**
 * Bytes are malformed: no index or a damaged one, or a row that is no polygon.
 */
#define PF_ERROR_FORMAT 11

/**
 * A bug in this library; your data is untouched.
 */
#define PF_ERROR_INTERNAL 12

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * The version of the library as "major.minor.patch". Static: do not free.
 */
const char *pf_version(void);

/**
 * The PF_ABI the library was built with; compare it with the header's when loading at run time.
 */
uint32_t pf_abi(void);

/**
 * The best instructions this machine has: "avx512", "avx2", "neon" or "scalar". Static: do not free. Results do not depend on it.
 */
const char *pf_simd(void);

/**
 * The name of a status, such as "PF_ERROR_NULL"; "PF_ERROR_UNKNOWN" for any other number. Static: do not free.
 */
const char *pf_status_name(pf_status status);

/**
 * What a status means, in one English clause. Static: do not free.
 */
const char *pf_status_text(pf_status status);

/**
 * Checks everything a call would check of these points: pointers, stride, alignment, finite coordinates.
 */
pf_status pf_points_check(const struct pf_points *points, struct pf_error *err);

/**
 * Checks everything a call would check of these polygons: pointers, stride, alignment, offsets, finite coordinates.
 */
pf_status pf_polygons_check(const struct pf_polygons *polygons, struct pf_error *err);

/**
 * As pf_polygons_check, but reads no coordinates, which every call checks itself: what a table that is used more than once
 * can be held against first.
 */
pf_status pf_polygons_check_layout(const struct pf_polygons *polygons,
                                   struct pf_error *err);

/**
 * Area of each polygon: its outer rings minus their holes, whatever their winding. 0 for an empty polygon.
 * Relative error below 1e-14 where the area is not a tiny remainder of what its rings enclose.
 */
pf_status pf_polygons_area(const struct pf_polygons *polygons,
                           const struct pf_run *run,
                           double *out,
                           size_t out_len,
                           struct pf_error *err);

/**
 * Area of each polygon with the sign of its outer rings, positive counter-clockwise; parts add up with their signs. 0 for an
 * empty polygon.
 */
pf_status pf_polygons_signed_area(const struct pf_polygons *polygons,
                                  const struct pf_run *run,
                                  double *out,
                                  size_t out_len,
                                  struct pf_error *err);

/**
 * Length of each polygon's boundary, holes included. 0 for an empty polygon.
 */
pf_status pf_polygons_perimeter(const struct pf_polygons *polygons,
                                const struct pf_run *run,
                                double *out,
                                size_t out_len,
                                struct pf_error *err);

/**
 * Mean of each polygon's vertices: all rings, no closing vertex counted twice. NaN for an empty polygon.
 */
pf_status pf_polygons_center(const struct pf_polygons *polygons,
                             const struct pf_run *run,
                             double *out_x,
                             double *out_y,
                             size_t out_len,
                             struct pf_error *err);

/**
 * Centroid of each polygon's area; of its boundary where the area is 0; its vertex where the boundary has no length; NaN for
 * an empty polygon.
 */
pf_status pf_polygons_centroid(const struct pf_polygons *polygons,
                               const struct pf_run *run,
                               double *out_x,
                               double *out_y,
                               size_t out_len,
                               struct pf_error *err);

/**
 * Bounding box of each polygon, all rings included. NaN for an empty polygon.
 */
pf_status pf_polygons_bounds(const struct pf_polygons *polygons,
                             const struct pf_run *run,
                             struct pf_box *out,
                             size_t out_len,
                             struct pf_error *err);

/**
 * A hash of each polygon's vertices, to find equal ones by: FarmHash's Fingerprint64 of these words of 64 bits, lowest byte
 * first: for each ring that has vertices, in order, twice their number, plus 1 for a hole; then x and y of each vertex as doubles, where -0 is 0.
 * A closing vertex is left out. What begins with another vertex or turns the other way has another fingerprint. It never
 * changes from version to version.
 */
pf_status pf_polygons_fingerprint(const struct pf_polygons *polygons,
                                  const struct pf_run *run,
                                  uint64_t *out,
                                  size_t out_len,
                                  struct pf_error *err);

/**
 * Reads polygons from encoded rows: format is PF_WKB, PF_WKT or PF_GEOJSON, flags PF_SKIP_FAULTS or 0. Row i becomes polygon i: a Polygon, a
 * MultiPolygon, or a GeometryCollection of these, whose parts are all of its members'. Missing rows and those that are EMPTY
 * become empty polygons. Rings are taken as they are: closed or not, valid or not; z and m are read past. A row that is something else, or
 * malformed, or that has a coordinate which is NaN or infinite, is refused with PF_ERROR_FORMAT, and the message has its row (so does
 * err->item), the byte and the reason; with PF_SKIP_FAULTS it becomes an empty polygon and one of the table's faults. Memory is taken
 * for what the rows hold, whatever they claim. With PF_GEOJSON one row alone may be a document: a FeatureCollection, whose features are
 * the rows then, or several values one after the other, which are; bytes of faults are counted from its beginning. On success *out is a
 * table that you free with pf_table_free.
 */
pf_status pf_table_read(const struct pf_binary *rows,
                        uint32_t format,
                        uint32_t flags,
                        const struct pf_run *run,
                        struct pf_table **out,
                        struct pf_error *err);

/**
 * Frees a table and its columns. NULL is fine, and so is a handle that was freed before, or anything else: nothing happens.
 */
void pf_table_free(struct pf_table *table);

/**
 * Number of polygons in a table, empty ones included; 0 for NULL and for what is no table.
 */
size_t pf_table_len(const struct pf_table *table);

/**
 * Describes a table to other calls: fills in *out, whose struct_size you have set to the size of all of it, with columns of the
 * table. They are yours to read until the table is freed. Vertices are two columns of double. Offsets are PF_I32 where all
 * fit, else PF_I64; polygon_offsets is NULL where no polygon has two parts, and part_offsets, too, where none has two rings.
 */
pf_status pf_table_view(const struct pf_table *table,
                        struct pf_polygons *out,
                        struct pf_error *err);

/**
 * Number of rows that were no polygons and were skipped; 0 for NULL and for what is no table.
 */
size_t pf_table_faults(const struct pf_table *table);

/**
 * Which rows these are, increasing: pf_table_faults(table) of them. Yours to read until the table is freed; NULL for NULL and for what
 * is no table.
 */
const int64_t *pf_table_fault_rows(const struct pf_table *table);

/**
 * At which byte of each of these rows the fault is. As pf_table_fault_rows.
 */
const int64_t *pf_table_fault_bytes(const struct pf_table *table);

/**
 * What each fault is: PF_FAULT_*. As pf_table_fault_rows.
 */
const int32_t *pf_table_fault_reasons(const struct pf_table *table);

/**
 * What a PF_FAULT_* means, in one English clause. A static string for any number.
 */
const char *pf_fault_text(int32_t reason);

/**
 * Builds an index. options and run may be NULL. On success *out is an index that you free with pf_index_free.
 */
pf_status pf_index_build(const struct pf_polygons *polygons,
                         const struct pf_index_options *options,
                         const struct pf_run *run,
                         struct pf_index **out,
                         struct pf_error *err);

/**
 * Frees an index. NULL is fine, and so is a handle that was freed before, or anything else: nothing happens.
 */
void pf_index_free(struct pf_index *index);

/**
 * Number of polygons in an index, empty ones included; 0 for NULL and for what is no index.
 */
size_t pf_index_len(const struct pf_index *index);

/**
 * What an index is and how large. out->struct_size says how much of *out is yours to be filled in.
 */
pf_status pf_index_describe(const struct pf_index *index, struct pf_index_info *out, struct pf_error *err);

/**
 * Bytes that pf_index_write and pf_index_save write; about what the index takes in memory. 0 for NULL and for what is no index.
 */
size_t pf_index_byte_size(const struct pf_index *index);

/**
 * Writes an index to memory of yours, as pf_index_save does to a file. out_bytes is the room there, pf_index_byte_size(index) or
 * more. The same polygons make the same bytes, whatever machine and however many threads built the index.
 */
pf_status pf_index_write(const struct pf_index *index,
                         const struct pf_run *run,
                         void *out,
                         size_t out_bytes,
                         struct pf_error *err);

/**
 * Opens an index from the bytes that pf_index_write or pf_index_save wrote: nothing is built. They are checked, so that they may
 * come from anywhere. flags are PF_OPEN_* or 0: without PF_OPEN_COPY bytes must be aligned to 64 bytes and stay, unchanged, until
 * the index and all tallies of it are freed and the last call that uses it has returned. On success *out is an index that you free with
 * pf_index_free.
 */
pf_status pf_index_view(const void *bytes,
                        size_t len,
                        uint32_t flags,
                        const struct pf_run *run,
                        struct pf_index **out,
                        struct pf_error *err);

/**
 * Saves an index to a file, which is replaced as a whole: whatever goes wrong, the old file is still there, or the new one is,
 * and both are complete. A link stays one: the file it leads to is replaced. The path is UTF-8 on Windows, and what the system
 * takes elsewhere.
 */
pf_status pf_index_save(const struct pf_index *index,
                        const char *path,
                        const struct pf_run *run,
                        struct pf_error *err);

/**
 * Opens a file that pf_index_save wrote: reads it into memory and checks it; nothing is built. On success *out is an index that
 * you free with pf_index_free; it has nothing to do with the file any more.
 */
pf_status pf_index_load(const char *path,
                        const struct pf_run *run,
                        struct pf_index **out,
                        struct pf_error *err);

/**
 * Opens a file that pf_index_save wrote where it is: the system reads parts of it when they are needed, and keeps them once for all
 * processes that map it. It is checked, for which all of it is read, unless flags, else 0, is PF_OPEN_TRUSTED. Until the index and all
 * tallies of it are freed nobody may write to the file or shorten it (pf_index_save does neither: it makes a new file). Where somebody does, answers are
 * wrong or PF_ERROR_INTERNAL, and touching what was cut off ends the process, as the system has it (SIGBUS). On success *out is an
 * index that you free with pf_index_free.
 */
pf_status pf_index_map(const char *path,
                       uint32_t flags,
                       const struct pf_run *run,
                       struct pf_index **out,
                       struct pf_error *err);

/**
 * Whether each point matches any polygon: 1 or 0.
 */
pf_status pf_index_any(const struct pf_index *index,
                       const struct pf_points *points,
                       const struct pf_query *query,
                       const struct pf_run *run,
                       uint8_t *out,
                       size_t out_len,
                       struct pf_error *err);

/**
 * How many polygons each point matches.
 */
pf_status pf_index_count(const struct pf_index *index,
                         const struct pf_points *points,
                         const struct pf_query *query,
                         const struct pf_run *run,
                         uint32_t *out,
                         size_t out_len,
                         struct pf_error *err);

/**
 * The best match of each point by query.order, PF_NONE where it matches none. out_value may be NULL; it has room for out_len
 * too and takes what the order compares (row, distance, area or priority), NaN where there is none.
 */
pf_status pf_index_best(const struct pf_index *index,
                        const struct pf_points *points,
                        const struct pf_query *query,
                        const struct pf_run *run,
                        int32_t *out_polygon,
                        double *out_value,
                        size_t out_len,
                        struct pf_error *err);

/**
 * The k (at least 1) polygons that are nearest to each point: row i is out_polygon[i * k .. i * k + k], nearest first, ties by
 * row, PF_NONE where there are no more. query may be NULL; else its relation is PF_DWITHIN (the distance to the polygon, 0 inside;
 * compared as the numbers that out_distance takes) or PF_CLOSE (the distance to the center, compared exactly), and its distance
 * a limit (INFINITY for none; polygons may be as far away, centers may not). out_distance may be NULL; it takes the distances
 * (within 2 ulp), NaN beside PF_NONE. out_len, the room in both, is at least points.len * k.
 */
pf_status pf_index_nearest(const struct pf_index *index,
                           const struct pf_points *points,
                           size_t k,
                           const struct pf_query *query,
                           const struct pf_run *run,
                           int32_t *out_polygon,
                           double *out_distance,
                           size_t out_len,
                           struct pf_error *err);

/**
 * Like pf_index_nearest for polygons, with all that are as near as the k-th: pairs in order of point, distance and row. On
 * success *out is a result that you free with pf_result_free.
 */
pf_status pf_index_find_nearest(const struct pf_index *index,
                                const struct pf_points *points,
                                size_t k,
                                const struct pf_query *query,
                                const struct pf_run *run,
                                struct pf_result **out,
                                struct pf_error *err);

/**
 * All pairs of a point and a polygon it matches. On success *out is a result that you free with pf_result_free.
 */
pf_status pf_index_find(const struct pf_index *index,
                        const struct pf_points *points,
                        const struct pf_query *query,
                        const struct pf_run *run,
                        struct pf_result **out,
                        struct pf_error *err);

/**
 * Frees a result and its columns. NULL is fine, and so is a handle that was freed before, or anything else: nothing happens.
 */
void pf_result_free(struct pf_result *result);

/**
 * Number of points that were asked about; 0 for NULL and for what is no result.
 */
size_t pf_result_rows(const struct pf_result *result);

/**
 * Number of pairs; 0 for NULL and for what is no result.
 */
size_t pf_result_pairs(const struct pf_result *result);

/**
 * rows + 1 positions in pf_result_polygons(result): the polygons of point i begin at position i and end before position
 * i + 1. Yours to read until the result is freed; NULL for NULL and for what is no result.
 */
const int64_t *pf_result_offsets(const struct pf_result *result);

/**
 * The polygon of each pair, increasing for each point (from pf_index_find_nearest, by distance first). Yours to read until the
 * result is freed; NULL for what pf_result_offsets has NULL for.
 */
const int32_t *pf_result_polygons(const struct pf_result *result);

/**
 * The distance of each pair (to the center for PF_CLOSE, else to the polygon), within 2 ulp, if it was asked for with
 * PF_WITH_DISTANCES; else NULL. Yours to read until the result is freed.
 */
const double *pf_result_values(const struct pf_result *result);

/**
 * Writes the point and the polygon of each pair, in order: two columns of pf_result_pairs(result) elements, as tables and
 * other libraries have pairs. `out_len` is the room of each.
 */
pf_status pf_result_indices(const struct pf_result *result,
                            const struct pf_run *run,
                            int64_t *out_point,
                            int64_t *out_polygon,
                            size_t out_len,
                            struct pf_error *err);

/**
 * Makes a tally of no points for the polygons of an index. groups (at least 1) says how many groups of points are told apart: the
 * columns have a row for every group of every polygon, group g of polygon p being row p * groups + g. On success *out is a tally that you
 * free with pf_tally_free.
 */
pf_status pf_tally_make(const struct pf_index *index,
                        size_t groups,
                        const struct pf_run *run,
                        struct pf_tally **out,
                        struct pf_error *err);

/**
 * Frees a tally. NULL is fine, and so is a handle that was freed before, or anything else: nothing happens.
 */
void pf_tally_free(struct pf_tally *tally);

/**
 * Number of rows of a tally's columns, polygons times groups; 0 for NULL and for what is no tally.
 */
size_t pf_tally_len(const struct pf_tally *tally);

/**
 * Adds every point to all polygons that it matches; with PF_BEST_ONLY to the best of them by query.order. attributes may be NULL. A
 * call that fails or is stopped adds nothing. What a tally holds depends neither on the order of points nor on how they were cut
 * into calls, tallies and threads.
 */
pf_status pf_tally_add(struct pf_tally *tally,
                       const struct pf_points *points,
                       const struct pf_attributes *attributes,
                       const struct pf_query *query,
                       const struct pf_run *run,
                       struct pf_error *err);

/**
 * Adds what another tally has, which was made for as many polygons and groups. A call that fails or is stopped adds nothing.
 */
pf_status pf_tally_merge(struct pf_tally *tally,
                         const struct pf_tally *other,
                         const struct pf_run *run,
                         struct pf_error *err);

/**
 * Writes a column of whole numbers: PF_TALLY_POINTS or PF_TALLY_VALUES. out_len, the room there, is at least pf_tally_len(tally).
 */
pf_status pf_tally_counts(const struct pf_tally *tally,
                          uint32_t column,
                          const struct pf_run *run,
                          uint64_t *out,
                          size_t out_len,
                          struct pf_error *err);

/**
 * Writes a column of doubles: PF_TALLY_SUM, PF_TALLY_MEAN, PF_TALLY_MIN or PF_TALLY_MAX. out_len, the room there, is at least
 * pf_tally_len(tally).
 */
pf_status pf_tally_values(const struct pf_tally *tally,
                          uint32_t column,
                          const struct pf_run *run,
                          double *out,
                          size_t out_len,
                          struct pf_error *err);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* POLYFIND_H */
