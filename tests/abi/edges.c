/* Every buffer and structure lies flush against a page that nobody may touch, at its end or at its start: one element read
 * or written outside of it is a crash. Inputs are on pages that cannot be written to. */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include "calls.h"
#include "check.h"
#include "town.h"
#include "zones.h"

#include <sys/mman.h>
#include <unistd.h>

enum { AT_START, AT_END, SIDES };

enum { MAPPINGS = 32 };

static struct { char *start; size_t bytes; } mappings[MAPPINGS];
static int mapping_count;

/* `bytes` bytes between two forbidden pages, at one end of what is between them. */
static void *between_guards(size_t bytes, int side) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE), room = (bytes + page - 1) / page * page;
    char *start = (char *)mmap(NULL, room + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == (char *)MAP_FAILED || mapping_count == MAPPINGS) abort();
    if (room && mprotect(start + page, room, PROT_READ | PROT_WRITE)) abort();
    mappings[mapping_count].start = start;
    mappings[mapping_count++].bytes = room + 2 * page;
    return start + page + (side == AT_END ? room - bytes : 0);
}

static void unmap_all(void) {
    while (mapping_count > 0) {
        mapping_count--;
        munmap(mappings[mapping_count].start, mappings[mapping_count].bytes);
    }
}

/* A copy that can be read but not written. */
static void *lend(const void *from, size_t bytes, int side) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *to = (char *)between_guards(bytes, side);
    if (bytes == 0) return to;
    memcpy(to, from, bytes);
    if (mprotect((char *)((uintptr_t)to / page * page), (bytes + page - 1) / page * page, PROT_READ)) abort();
    return to;
}

/* Calls `which` with outputs that have exactly `rows` elements. */
static void exact_call(int which, const arguments *lent, size_t rows, int side, pf_error *err) {
    const call_info *c = &calls[which];
    arguments a = *lent;
    void *handle = NULL;
    size_t i, untouched = 0;
    int mark = mapping_count;
    if (c->takes & GIVES_HANDLE) rows = 1;
    a.out_len = rows;
    a.out = between_guards(rows * c->out_bytes, side);
    a.more = between_guards(rows * c->more_bytes, side);
    memset(a.out, 0x5A, rows * c->out_bytes);
    memset(a.more, 0x5A, rows * c->more_bytes);
    if (!CHECK(call(which, &a, err) == PF_OK)) fprintf(stderr, "    %s: %s\n", c->name, err->message);
    /* Every element was written. */
    for (i = 0; i < rows * c->out_bytes; i += c->out_bytes)
        untouched += ((unsigned char *)a.out)[i] == 0x5A && ((unsigned char *)a.out)[i + c->out_bytes - 1] == 0x5A;
    for (i = 0; i < rows * c->more_bytes; i += 8)
        untouched += ((unsigned char *)a.more)[i] == 0x5A && ((unsigned char *)a.more)[i + 7] == 0x5A;
    CHECK(untouched == 0);
    if (c->takes & GIVES_HANDLE) {
        memcpy(&handle, a.out, sizeof handle);
        forget(which, handle);
    }
    while (mapping_count > mark) {
        mapping_count--;
        munmap(mappings[mapping_count].start, mappings[mapping_count].bytes);
    }
}

/* The columns of `points`, lent; with one mapping when they are interleaved. */
static pf_points lend_points(pf_points points, int side) {
    size_t element = points.dtype == PF_F64 ? 8 : 4;
    if (points.len == 0) return points;
    if (points.stride == 2 * element) {
        char *xy = (char *)lend(points.x, points.len * points.stride, side);
        points.x = xy;
        points.y = xy + element;
    } else {
        size_t bytes = (points.len - 1) * points.stride + element; /* nothing behind the last element */
        points.x = lend(points.x, bytes, side);
        points.y = lend(points.y, bytes, side);
    }
    return points;
}

/* The town in every layout, and rings of 1 to 40 vertices. */
static void polygons_at_the_edge(const pf_polygons *table, int side) {
    static const pf_run run_value = {sizeof(pf_run), 1, NULL, NULL, NULL, 0, 0, 0};
    static const pf_run portable_value = {sizeof(pf_run), 1, NULL, NULL, NULL, PF_RUN_PORTABLE, 0, 0};
    static const pf_index_options options_value = {sizeof(pf_index_options), 0};
    size_t element = table->offset_type == PF_I32 ? 4 : 8;
    pf_polygons lent = *table;
    arguments a = {NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL, 0, NULL, NULL, 0, 0, NULL};
    pf_error *err = (pf_error *)between_guards(sizeof *err, side);
    int which, portable;
    lent.vertices = lend_points(table->vertices, side);
    lent.ring_offsets = lend(table->ring_offsets, (table->ring_count + 1) * element, side);
    if (table->part_offsets) lent.part_offsets = lend(table->part_offsets, (table->part_count + 1) * element, side);
    if (table->polygon_offsets)
        lent.polygon_offsets = lend(table->polygon_offsets, (table->polygon_count + 1) * element, side);
    a.polygons = (const pf_polygons *)lend(&lent, sizeof lent, side);
    a.options = (const pf_index_options *)lend(&options_value, sizeof options_value, side);
    for (portable = 0; portable < 2; portable++) {
        a.run = (const pf_run *)lend(portable ? &portable_value : &run_value, sizeof run_value, side);
        for (which = 0; which < CALLS; which++)
            if (calls[which].takes & TAKES_POLYGONS) exact_call(which, &a, table->polygon_count, side, err);
    }
    unmap_all();
}

static void towns(int side) {
    static const uint32_t dtypes[] = {PF_F64, PF_F32}, offset_types[] = {PF_I32, PF_I64};
    int i;
    size_t step;
    for (i = 0; i < 8; i++)
        for (step = 1; step <= 3; step++) {
            town_layout layout = {0, 0, 0, 0, 0};
            town t;
            layout.dtype = dtypes[i % 2];
            layout.offset_type = offset_types[i / 2 % 2];
            layout.closed = i / 4;
            layout.step = step;
            t = town_make(layout);
            polygons_at_the_edge(&t.polygons, side);
            town_free(&t);
        }
}

static void single_rings(int side) {
    enum { MOST = 40 };
    double x[MOST], y[MOST];
    float fx[MOST], fy[MOST];
    int32_t i, n;
    for (n = 1; n <= MOST; n++) {
        const int32_t offsets[2] = {0, n};
        pf_polygons p = {sizeof p, PF_I32, {x, y, 0, 8, PF_F64, 0}, offsets, 1, NULL, 0, NULL, 1};
        p.vertices.len = (size_t)n;
        for (i = 0; i < n; i++) {
            fx[i] = (float)(x[i] = i);
            fy[i] = (float)(y[i] = i * i);
        }
        polygons_at_the_edge(&p, side);
        p.vertices.x = fx;
        p.vertices.y = fy;
        p.vertices.stride = 4;
        p.vertices.dtype = PF_F32;
        polygons_at_the_edge(&p, side);
    }
}

static void points_at_the_edge(const pf_index *index, const pf_points *points, const double *priority, int side) {
    static const uint32_t orders[] = {PF_BY_POLYGON, PF_BY_DISTANCE, PF_BY_AREA, PF_BY_PRIORITY, PF_BY_CENTER};
    static const pf_run run_values[] = {{sizeof(pf_run), 1, NULL, NULL, NULL, 0, 0, 0},
                                        {sizeof(pf_run), 1, NULL, NULL, NULL, PF_RUN_PORTABLE, 0, 0}};
    static const int32_t go_on = 0;
    pf_points lent = lend_points(*points, side);
    pf_error *err = (pf_error *)between_guards(sizeof *err, side);
    arguments a = {NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL, 0, NULL, NULL, 0, 0, NULL};
    size_t i;
    int which;
    a.index = index;
    a.k = 3;
    a.points = (const pf_points *)lend(&lent, sizeof lent, side);
    for (i = 0; i < 10; i++) { /* every relation and every order twice */
        pf_query query = zones_close(20, orders[i % 5]);
        pf_run run = run_values[i % 2];
        int mark = mapping_count;
        query.relation = PF_CLOSE + (uint32_t)(i + i / 5) % 5;
        query.priority = (const double *)lend(priority, ZONES * sizeof *priority, side);
        run.cancel = (const int32_t *)lend(&go_on, sizeof go_on, side);
        a.query = (const pf_query *)lend(&query, sizeof query, side);
        a.run = (const pf_run *)lend(&run, sizeof run, side);
        for (which = 0; which < CALLS; which++)
            if (which == POINTS_CHECK || takes_relation(which, query.relation))
                exact_call(which, &a, points->len * (which == NEAREST ? 3 : 1), side, err);
        while (mapping_count > mark) {
            mapping_count--;
            munmap(mappings[mapping_count].start, mappings[mapping_count].bytes);
        }
    }
    unmap_all();
}

static void queries(const pf_index *index, int side) {
    enum { MOST = 13 };
    double table[MOST][3];
    float small[MOST][3];
    size_t n, i, step;
    for (i = 0; i < 3 * MOST; i++) small[i / 3][i % 3] = (float)(table[i / 3][i % 3] = (double)(i % 11));
    for (n = 0; n <= MOST; n++)
        for (step = 1; step <= 3; step++) {
            pf_points f64 = {&table[0][0], &table[0][1], 0, 0, PF_F64, 0}, f32 = {&small[0][0], &small[0][1], 0, 0, PF_F32, 0};
            f64.len = f32.len = n;
            f64.stride = step * 8;
            f32.stride = step * 4;
            points_at_the_edge(index, &f64, zone_priority, side);
            points_at_the_edge(index, &f32, zone_priority, side);
        }
}

int main(void) {
    pf_index *index = zones_index();
    int side;
    for (side = 0; side < SIDES; side++) {
        towns(side);
        single_rings(side);
        queries(index, side);
    }
    pf_index_free(index);
    DONE();
}
