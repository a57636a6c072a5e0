/* Polygons with answers worked out by hand, in any layout: town_make() writes them down anew, town_free() forgets them. */
#ifndef TOWN_H
#define TOWN_H

#include <polyfind.h>

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

enum { TOWN_POLYGONS = 6, TOWN_PARTS = 6, TOWN_RINGS = 7 };

/* Rings, open. Polygon 0 is a square with a square hole, 1 a clockwise square, 2 two squares, 3 empty, 4 a line there and
 * back, 5 a single vertex. */
static const double town_rings[TOWN_RINGS][8] = {
    {0, 0, 10, 0, 10, 10, 0, 10},     {2, 2, 4, 2, 4, 4, 2, 4},         {20, 0, 20, 2, 22, 2, 22, 0},
    {30, 0, 31, 0, 31, 1, 30, 1},     {40, 0, 42, 0, 42, 2, 40, 2},     {0, 20, 3, 24},
    {50, 50},
};
static const size_t town_sizes[TOWN_RINGS] = {4, 4, 4, 4, 4, 2, 1};
static const size_t town_parts[TOWN_PARTS + 1] = {0, 2, 3, 4, 5, 6, 7};
static const size_t town_polygons[TOWN_POLYGONS + 1] = {0, 1, 2, 4, 4, 5, 6};

static const double town_area[TOWN_POLYGONS] = {96, 4, 5, 0, 0, 0};
static const double town_signed_area[TOWN_POLYGONS] = {96, -4, 5, 0, 0, 0};
static const double town_perimeter[TOWN_POLYGONS] = {48, 8, 12, 0, 10, 0};
static const double town_center_x[TOWN_POLYGONS] = {4, 21, 35.75, NAN, 1.5, 50};
static const double town_center_y[TOWN_POLYGONS] = {4, 1, 0.75, NAN, 22, 50};
static const double town_centroid_x[TOWN_POLYGONS] = {488.0 / 96, 21, 38.9, NAN, 1.5, 50};
static const double town_centroid_y[TOWN_POLYGONS] = {488.0 / 96, 1, 0.9, NAN, 22, 50};
static const pf_box town_bounds[TOWN_POLYGONS] = {
    {0, 0, 10, 10}, {20, 0, 22, 2}, {30, 0, 42, 2}, {NAN, NAN, NAN, NAN}, {0, 20, 3, 24}, {50, 50, 50, 50}};
/* By Google's farmhash of the words that the header says. */
static const uint64_t town_fingerprint[TOWN_POLYGONS] = {0x781f50803a8a3b5fu, 0xeac026d241cdb691u, 0xf1b6279baea121b8u,
                                                         0x9ae16a3b2f90404fu, 0x461cc147e3aaa7e2u, 0x69c8b47d766678e6u};

/* How to write it down. */
typedef struct town_layout {
    uint32_t dtype;       /* PF_F64 or PF_F32 */
    uint32_t offset_type; /* PF_I32 or PF_I64 */
    size_t step;          /* 1 = separate columns, 2 = interleaved, more = with NaN in between */
    int closed;           /* repeat each ring's first vertex */
    size_t lead;          /* NaN vertices that no ring uses, before and behind */
} town_layout;

typedef struct town {
    pf_polygons polygons;
    size_t vertex_count;
    void *x, *y, *ring_offsets, *part_offsets, *polygon_offsets;
} town;

static inline void town_put(void *column, uint32_t dtype, size_t i, double value) {
    if (dtype == PF_F64) ((double *)column)[i] = value;
    else ((float *)column)[i] = (float)value;
}

static inline void town_set(void *offsets, uint32_t type, size_t i, int64_t value) {
    if (type == PF_I32) ((int32_t *)offsets)[i] = (int32_t)value;
    else ((int64_t *)offsets)[i] = value;
}

static inline void *town_offsets(const size_t *values, size_t len, uint32_t type) {
    void *offsets = malloc(len * (type == PF_I32 ? 4 : 8));
    size_t i;
    for (i = 0; i < len; i++) town_set(offsets, type, i, (int64_t)values[i]);
    return offsets;
}

static inline town town_make(town_layout layout) {
    town t;
    size_t bytes = layout.dtype == PF_F64 ? 8 : 4, ends[TOWN_RINGS + 1], i, ring, next;
    memset(&t, 0, sizeof t);
    ends[0] = layout.lead;
    for (ring = 0; ring < TOWN_RINGS; ring++) ends[ring + 1] = ends[ring] + town_sizes[ring] + (size_t)layout.closed;
    t.vertex_count = ends[TOWN_RINGS] + layout.lead;
    t.x = malloc(t.vertex_count * layout.step * bytes);
    t.y = layout.step == 2 ? (char *)t.x + bytes : (char *)malloc(t.vertex_count * layout.step * bytes);
    for (i = 0; i < t.vertex_count * layout.step; i++) {
        town_put(t.x, layout.dtype, i, NAN);
        if (layout.step != 2) town_put(t.y, layout.dtype, i, NAN);
    }
    for (ring = 0, next = layout.lead; ring < TOWN_RINGS; ring++) {
        for (i = 0; next < ends[ring + 1]; i++, next++) {
            const double *vertex = &town_rings[ring][2 * (i % town_sizes[ring])];
            town_put(t.x, layout.dtype, next * layout.step, vertex[0]);
            town_put(t.y, layout.dtype, next * layout.step, vertex[1]);
        }
    }
    t.ring_offsets = town_offsets(ends, TOWN_RINGS + 1, layout.offset_type);
    t.part_offsets = town_offsets(town_parts, TOWN_PARTS + 1, layout.offset_type);
    t.polygon_offsets = town_offsets(town_polygons, TOWN_POLYGONS + 1, layout.offset_type);
    t.polygons.struct_size = sizeof t.polygons;
    t.polygons.offset_type = layout.offset_type;
    t.polygons.vertices.x = t.x;
    t.polygons.vertices.y = t.y;
    t.polygons.vertices.len = t.vertex_count;
    t.polygons.vertices.stride = layout.step * bytes;
    t.polygons.vertices.dtype = layout.dtype;
    t.polygons.ring_offsets = t.ring_offsets;
    t.polygons.ring_count = TOWN_RINGS;
    t.polygons.part_offsets = t.part_offsets;
    t.polygons.part_count = TOWN_PARTS;
    t.polygons.polygon_offsets = t.polygon_offsets;
    t.polygons.polygon_count = TOWN_POLYGONS;
    return t;
}

static inline void town_free(town *t) {
    if (t->polygons.vertices.stride != 2 * (t->polygons.vertices.dtype == PF_F64 ? 8 : 4)) free(t->y);
    free(t->x);
    free(t->ring_offsets);
    free(t->part_offsets);
    free(t->polygon_offsets);
}

static const town_layout town_plain = {PF_F64, PF_I32, 1, 0, 0};

#endif
