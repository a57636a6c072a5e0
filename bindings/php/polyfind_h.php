<?php // Generated from include/polyfind.h by bindings/generate; do not edit (python3 dev.py header writes it anew).
return <<<'C'
enum {
  PF_VERSION_MAJOR = 0,
  PF_VERSION_MINOR = 1,
  PF_VERSION_PATCH = 0,
  PF_ABI = 0,
  PF_MESSAGE_BYTES = 240,
  PF_F64 = 1,
  PF_F32 = 2,
  PF_I32 = 3,
  PF_I64 = 4,
  PF_WKB = 1,
  PF_WKT = 2,
  PF_GEOJSON = 3,
  PF_SKIP_FAULTS = 1,
  PF_FAULT_END = 1,
  PF_FAULT_TRAILING = 2,
  PF_FAULT_TYPE = 3,
  PF_FAULT_DEPTH = 4,
  PF_FAULT_COORDINATE = 5,
  PF_FAULT_BYTE_ORDER = 6,
  PF_FAULT_COUNT = 7,
  PF_FAULT_NUMBER = 8,
  PF_FAULT_SYNTAX = 9,
  PF_FAULT_JSON = 10,
  PF_FAULT_LIST = 11,
  PF_FAULT_MEMBER = 12,
  PF_RUN_PORTABLE = 1,
  PF_RUN_DIRECT = 2,
  PF_RUN_POLL = 4,
  PF_CLOSE = 1,
  PF_COVERS = 2,
  PF_CONTAINS = 3,
  PF_OWNS = 4,
  PF_DWITHIN = 5,
  PF_BY_POLYGON = 0,
  PF_BY_DISTANCE = 1,
  PF_BY_AREA = 2,
  PF_BY_PRIORITY = 4,
  PF_BY_CENTER = 5,
  PF_WITH_DISTANCES = 1,
  PF_BEST_ONLY = 2,
  PF_INDEX_CENTERS = 1,
  PF_INDEX_INSIDES = 2,
  PF_INDEX_DISTANCES = 4,
  PF_OPEN_TRUSTED = 1,
  PF_OPEN_COPY = 2,
  PF_TALLY_POINTS = 1,
  PF_TALLY_VALUES = 2,
  PF_TALLY_SUM = 3,
  PF_TALLY_MEAN = 4,
  PF_TALLY_MIN = 5,
  PF_TALLY_MAX = 6,
  PF_NONE = -1,
  PF_OK = 0,
  PF_ERROR_NULL = 1,
  PF_ERROR_ARGUMENT = 2,
  PF_ERROR_LAYOUT = 3,
  PF_ERROR_COORDINATE = 4,
  PF_ERROR_CAPACITY = 5,
  PF_ERROR_UNSUPPORTED = 6,
  PF_ERROR_LIMIT = 7,
  PF_ERROR_CANCELLED = 8,
  PF_ERROR_MEMORY = 9,
  PF_ERROR_IO = 10,
  PF_ERROR_FORMAT = 11,
  PF_ERROR_INTERNAL = 12,
};
typedef struct pf_index pf_index;
typedef struct pf_result pf_result;
typedef struct pf_table pf_table;
typedef struct pf_tally pf_tally;
typedef int32_t pf_status;
typedef struct pf_points {
  const void *x;
  const void *y;
  size_t len;
  size_t stride;
  uint32_t dtype;
  uint32_t reserved;
} pf_points;
typedef struct pf_error {
  pf_status status;
  int32_t reserved;
  int64_t item;
  char message[PF_MESSAGE_BYTES];
} pf_error;
typedef struct pf_polygons {
  uint32_t struct_size;
  uint32_t offset_type;
  struct pf_points vertices;
  const void *ring_offsets;
  size_t ring_count;
  const void *part_offsets;
  size_t part_count;
  const void *polygon_offsets;
  size_t polygon_count;
} pf_polygons;
typedef int32_t (*pf_progress)(uint64_t done, uint64_t total, void *data);
typedef struct pf_run {
  uint32_t struct_size;
  uint32_t workers;
  pf_progress progress;
  void *progress_data;
  const int32_t *cancel;
  uint32_t flags;
  uint32_t reserved;
  uint64_t max_bytes;
} pf_run;
typedef struct pf_box {
  double min_x;
  double min_y;
  double max_x;
  double max_y;
} pf_box;
typedef struct pf_binary {
  uint32_t struct_size;
  uint32_t offset_type;
  const uint8_t *data;
  size_t data_len;
  const void *offsets;
  size_t len;
  const uint8_t *validity;
  size_t validity_offset;
} pf_binary;
typedef struct pf_index_options {
  uint32_t struct_size;
  uint32_t flags;
} pf_index_options;
typedef struct pf_index_info {
  uint32_t struct_size;
  uint32_t format_version;
  uint32_t flags;
  uint32_t reserved;
  uint64_t polygon_count;
  uint64_t ring_count;
  uint64_t vertex_count;
  uint64_t byte_size;
  struct pf_box bounds;
} pf_index_info;
typedef struct pf_query {
  uint32_t struct_size;
  uint32_t relation;
  double distance;
  uint32_t order;
  uint32_t flags;
  const double *priority;
  size_t priority_len;
  uint64_t max_pairs;
} pf_query;
typedef struct pf_attributes {
  uint32_t struct_size;
  uint32_t reserved;
  const double *values;
  size_t values_len;
  const int32_t *groups;
  size_t groups_len;
} pf_attributes;
const char *pf_version(void);
uint32_t pf_abi(void);
const char *pf_simd(void);
const char *pf_status_name(pf_status status);
const char *pf_status_text(pf_status status);
pf_status pf_points_check(const struct pf_points *points, struct pf_error *err);
pf_status pf_polygons_check(const struct pf_polygons *polygons, struct pf_error *err);
pf_status pf_polygons_check_layout(const struct pf_polygons *polygons,
                                   struct pf_error *err);
pf_status pf_polygons_area(const struct pf_polygons *polygons,
                           const struct pf_run *run,
                           double *out,
                           size_t out_len,
                           struct pf_error *err);
pf_status pf_polygons_signed_area(const struct pf_polygons *polygons,
                                  const struct pf_run *run,
                                  double *out,
                                  size_t out_len,
                                  struct pf_error *err);
pf_status pf_polygons_perimeter(const struct pf_polygons *polygons,
                                const struct pf_run *run,
                                double *out,
                                size_t out_len,
                                struct pf_error *err);
pf_status pf_polygons_center(const struct pf_polygons *polygons,
                             const struct pf_run *run,
                             double *out_x,
                             double *out_y,
                             size_t out_len,
                             struct pf_error *err);
pf_status pf_polygons_centroid(const struct pf_polygons *polygons,
                               const struct pf_run *run,
                               double *out_x,
                               double *out_y,
                               size_t out_len,
                               struct pf_error *err);
pf_status pf_polygons_bounds(const struct pf_polygons *polygons,
                             const struct pf_run *run,
                             struct pf_box *out,
                             size_t out_len,
                             struct pf_error *err);
pf_status pf_polygons_fingerprint(const struct pf_polygons *polygons,
                                  const struct pf_run *run,
                                  uint64_t *out,
                                  size_t out_len,
                                  struct pf_error *err);
pf_status pf_table_read(const struct pf_binary *rows,
                        uint32_t format,
                        uint32_t flags,
                        const struct pf_run *run,
                        struct pf_table **out,
                        struct pf_error *err);
void pf_table_free(struct pf_table *table);
size_t pf_table_len(const struct pf_table *table);
pf_status pf_table_view(const struct pf_table *table,
                        struct pf_polygons *out,
                        struct pf_error *err);
size_t pf_table_faults(const struct pf_table *table);
const int64_t *pf_table_fault_rows(const struct pf_table *table);
const int64_t *pf_table_fault_bytes(const struct pf_table *table);
const int32_t *pf_table_fault_reasons(const struct pf_table *table);
const char *pf_fault_text(int32_t reason);
pf_status pf_index_build(const struct pf_polygons *polygons,
                         const struct pf_index_options *options,
                         const struct pf_run *run,
                         struct pf_index **out,
                         struct pf_error *err);
void pf_index_free(struct pf_index *index);
size_t pf_index_len(const struct pf_index *index);
pf_status pf_index_describe(const struct pf_index *index, struct pf_index_info *out, struct pf_error *err);
size_t pf_index_byte_size(const struct pf_index *index);
pf_status pf_index_write(const struct pf_index *index,
                         const struct pf_run *run,
                         void *out,
                         size_t out_bytes,
                         struct pf_error *err);
pf_status pf_index_view(const void *bytes,
                        size_t len,
                        uint32_t flags,
                        const struct pf_run *run,
                        struct pf_index **out,
                        struct pf_error *err);
pf_status pf_index_save(const struct pf_index *index,
                        const char *path,
                        const struct pf_run *run,
                        struct pf_error *err);
pf_status pf_index_load(const char *path,
                        const struct pf_run *run,
                        struct pf_index **out,
                        struct pf_error *err);
pf_status pf_index_map(const char *path,
                       uint32_t flags,
                       const struct pf_run *run,
                       struct pf_index **out,
                       struct pf_error *err);
pf_status pf_index_any(const struct pf_index *index,
                       const struct pf_points *points,
                       const struct pf_query *query,
                       const struct pf_run *run,
                       uint8_t *out,
                       size_t out_len,
                       struct pf_error *err);
pf_status pf_index_count(const struct pf_index *index,
                         const struct pf_points *points,
                         const struct pf_query *query,
                         const struct pf_run *run,
                         uint32_t *out,
                         size_t out_len,
                         struct pf_error *err);
pf_status pf_index_best(const struct pf_index *index,
                        const struct pf_points *points,
                        const struct pf_query *query,
                        const struct pf_run *run,
                        int32_t *out_polygon,
                        double *out_value,
                        size_t out_len,
                        struct pf_error *err);
pf_status pf_index_nearest(const struct pf_index *index,
                           const struct pf_points *points,
                           size_t k,
                           const struct pf_query *query,
                           const struct pf_run *run,
                           int32_t *out_polygon,
                           double *out_distance,
                           size_t out_len,
                           struct pf_error *err);
pf_status pf_index_find_nearest(const struct pf_index *index,
                                const struct pf_points *points,
                                size_t k,
                                const struct pf_query *query,
                                const struct pf_run *run,
                                struct pf_result **out,
                                struct pf_error *err);
pf_status pf_index_find(const struct pf_index *index,
                        const struct pf_points *points,
                        const struct pf_query *query,
                        const struct pf_run *run,
                        struct pf_result **out,
                        struct pf_error *err);
void pf_result_free(struct pf_result *result);
size_t pf_result_rows(const struct pf_result *result);
size_t pf_result_pairs(const struct pf_result *result);
const int64_t *pf_result_offsets(const struct pf_result *result);
const int32_t *pf_result_polygons(const struct pf_result *result);
const double *pf_result_values(const struct pf_result *result);
pf_status pf_result_indices(const struct pf_result *result,
                            const struct pf_run *run,
                            int64_t *out_point,
                            int64_t *out_polygon,
                            size_t out_len,
                            struct pf_error *err);
pf_status pf_tally_make(const struct pf_index *index,
                        size_t groups,
                        const struct pf_run *run,
                        struct pf_tally **out,
                        struct pf_error *err);
void pf_tally_free(struct pf_tally *tally);
size_t pf_tally_len(const struct pf_tally *tally);
pf_status pf_tally_add(struct pf_tally *tally,
                       const struct pf_points *points,
                       const struct pf_attributes *attributes,
                       const struct pf_query *query,
                       const struct pf_run *run,
                       struct pf_error *err);
pf_status pf_tally_merge(struct pf_tally *tally,
                         const struct pf_tally *other,
                         const struct pf_run *run,
                         struct pf_error *err);
pf_status pf_tally_counts(const struct pf_tally *tally,
                          uint32_t column,
                          const struct pf_run *run,
                          uint64_t *out,
                          size_t out_len,
                          struct pf_error *err);
pf_status pf_tally_values(const struct pf_tally *tally,
                          uint32_t column,
                          const struct pf_run *run,
                          double *out,
                          size_t out_len,
                          struct pf_error *err);
C;
