/* Every fallible function behind one signature, with what it takes, so that a test of one argument tests all that take it. */
#ifndef CALLS_H
#define CALLS_H

#include <polyfind.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    POINTS_CHECK, POLYGONS_CHECK, AREA, SIGNED_AREA, PERIMETER, CENTER, CENTROID, BOUNDS, FINGERPRINT, BUILD,
    ANY, COUNT, BEST, NEAREST, FIND_NEAREST, FIND, INDICES, SAVE, LOAD, MAP, VIEW, CALLS
};

enum {
    TAKES_POLYGONS = 1, TAKES_POINTS = 2, TAKES_QUERY = 4, TAKES_RUN = 8, TAKES_INDEX = 16, GIVES_HANDLE = 32, TAKES_PATH = 64,
    TAKES_FLAGS = 128, TAKES_RESULT = 256
};

enum { MEASURES = TAKES_POLYGONS | TAKES_RUN, ASKS = TAKES_INDEX | TAKES_POINTS | TAKES_QUERY | TAKES_RUN };

typedef struct call_info {
    const char *name;
    int takes;
    const char *out; /* the first output and the bytes of an element; NULL and 0 if there is none */
    size_t out_bytes;
    const char *more; /* the second */
    size_t more_bytes;
    int more_may_be_null;
} call_info;

static const call_info calls[CALLS] = {
    {"pf_points_check", TAKES_POINTS, NULL, 0, NULL, 0, 0},
    {"pf_polygons_check", TAKES_POLYGONS, NULL, 0, NULL, 0, 0},
    {"pf_polygons_area", MEASURES, "out", 8, NULL, 0, 0},
    {"pf_polygons_signed_area", MEASURES, "out", 8, NULL, 0, 0},
    {"pf_polygons_perimeter", MEASURES, "out", 8, NULL, 0, 0},
    {"pf_polygons_center", MEASURES, "out_x", 8, "out_y", 8, 0},
    {"pf_polygons_centroid", MEASURES, "out_x", 8, "out_y", 8, 0},
    {"pf_polygons_bounds", MEASURES, "out", sizeof(pf_box), NULL, 0, 0},
    {"pf_polygons_fingerprint", MEASURES, "out", 8, NULL, 0, 0},
    {"pf_index_build", MEASURES | GIVES_HANDLE, "out", sizeof(void *), NULL, 0, 0},
    {"pf_index_any", ASKS, "out", 1, NULL, 0, 0},
    {"pf_index_count", ASKS, "out", 4, NULL, 0, 0},
    {"pf_index_best", ASKS, "out_polygon", 4, "out_value", 8, 1},
    {"pf_index_nearest", ASKS, "out_polygon", 4, "out_distance", 8, 1},
    {"pf_index_find_nearest", ASKS | GIVES_HANDLE, "out", sizeof(void *), NULL, 0, 0},
    {"pf_index_find", ASKS | GIVES_HANDLE, "out", sizeof(void *), NULL, 0, 0},
    {"pf_result_indices", TAKES_RESULT | TAKES_RUN, "out_point", 8, "out_polygon", 8, 0},
    {"pf_index_save", TAKES_INDEX | TAKES_PATH | TAKES_RUN, NULL, 0, NULL, 0, 0},
    {"pf_index_load", TAKES_PATH | TAKES_RUN | GIVES_HANDLE, "out", sizeof(void *), NULL, 0, 0},
    {"pf_index_map", TAKES_PATH | TAKES_RUN | TAKES_FLAGS | GIVES_HANDLE, "out", sizeof(void *), NULL, 0, 0},
    {"pf_index_view", TAKES_RUN | TAKES_FLAGS | GIVES_HANDLE, "out", sizeof(void *), NULL, 0, 0},
};

typedef struct arguments {
    const pf_index *index;
    const pf_polygons *polygons;
    const pf_points *points;
    const pf_query *query;
    const pf_index_options *options;
    const pf_run *run;
    size_t k;
    void *out, *more;
    size_t out_len;
    const char *path; /* of a saved index, and the same in memory */
    const void *bytes;
    size_t bytes_len;
    uint32_t flags;
    const pf_result *result;
} arguments;

static inline pf_status call(int which, const arguments *a, pf_error *err) {
    double *x = (double *)a->out, *y = (double *)a->more;
    switch (which) {
    case POINTS_CHECK: return pf_points_check(a->points, err);
    case POLYGONS_CHECK: return pf_polygons_check(a->polygons, err);
    case AREA: return pf_polygons_area(a->polygons, a->run, x, a->out_len, err);
    case SIGNED_AREA: return pf_polygons_signed_area(a->polygons, a->run, x, a->out_len, err);
    case PERIMETER: return pf_polygons_perimeter(a->polygons, a->run, x, a->out_len, err);
    case CENTER: return pf_polygons_center(a->polygons, a->run, x, y, a->out_len, err);
    case CENTROID: return pf_polygons_centroid(a->polygons, a->run, x, y, a->out_len, err);
    case BOUNDS: return pf_polygons_bounds(a->polygons, a->run, (pf_box *)a->out, a->out_len, err);
    case FINGERPRINT: return pf_polygons_fingerprint(a->polygons, a->run, (uint64_t *)a->out, a->out_len, err);
    case BUILD: return pf_index_build(a->polygons, a->options, a->run, (pf_index **)a->out, err);
    case ANY: return pf_index_any(a->index, a->points, a->query, a->run, (uint8_t *)a->out, a->out_len, err);
    case COUNT: return pf_index_count(a->index, a->points, a->query, a->run, (uint32_t *)a->out, a->out_len, err);
    case BEST: return pf_index_best(a->index, a->points, a->query, a->run, (int32_t *)a->out, y, a->out_len, err);
    case NEAREST:
        return pf_index_nearest(a->index, a->points, a->k, a->query, a->run, (int32_t *)a->out, y, a->out_len, err);
    case FIND_NEAREST: return pf_index_find_nearest(a->index, a->points, a->k, a->query, a->run, (pf_result **)a->out, err);
    case INDICES:
        return pf_result_indices(a->result, a->run, (int64_t *)a->out, (int64_t *)a->more, a->out_len, err);
    case SAVE: return pf_index_save(a->index, a->path, a->run, err);
    case LOAD: return pf_index_load(a->path, a->run, (pf_index **)a->out, err);
    case MAP: return pf_index_map(a->path, a->flags, a->run, (pf_index **)a->out, err);
    case VIEW: return pf_index_view(a->bytes, a->bytes_len, a->flags, a->run, (pf_index **)a->out, err);
    default: return pf_index_find(a->index, a->points, a->query, a->run, (pf_result **)a->out, err);
    }
}

/* Frees what a call that worked gave, if it gives handles. */
static inline void forget(int which, void *handle) {
    if (which == BUILD || which == LOAD || which == MAP || which == VIEW) pf_index_free((pf_index *)handle);
    if (which == FIND || which == FIND_NEAREST) pf_result_free((pf_result *)handle);
}

/* An index as a file and as bytes, for arguments. */
typedef struct saved {
    char path[64];
    void *room;
    size_t len;
} saved;

static inline saved save_index(const pf_index *index, const char *name) {
    saved s = {"", NULL, 0};
    size_t shift;
    snprintf(s.path, sizeof s.path, "/tmp/polyfind-%s-%ld", name, (long)getpid());
    s.len = pf_index_byte_size(index);
    s.room = malloc(s.len + 64);
    if (s.room == NULL || pf_index_save(index, s.path, NULL, NULL) != PF_OK) abort();
    shift = 64 - (uintptr_t)s.room % 64;
    if (pf_index_write(index, NULL, (char *)s.room + shift, s.len, NULL) != PF_OK) abort();
    return s;
}

static inline const void *saved_bytes(const saved *s) { return (const char *)s->room + (64 - (uintptr_t)s->room % 64); }

static inline void use_saved(arguments *a, const saved *s) {
    a->path = s->path;
    a->bytes = saved_bytes(s);
    a->bytes_len = s->len;
}

static inline void saved_forget(saved *s) {
    remove(s->path);
    free(s->room);
}

/* Nearest polygons and nearest centers have no other relations. */
static inline int takes_relation(int which, uint32_t relation) {
    return (calls[which].takes & TAKES_QUERY) &&
           (relation == PF_DWITHIN || (which != FIND_NEAREST && (which != NEAREST || relation == PF_CLOSE)));
}

#endif
