/* Squares around chosen centers, and points with answers worked out by hand.
 *
 *   row       0       1       2       3       4      5
 *   center  (3, 4) (-3, 4) (0, 5)  (empty) (0, 0) (6, 8)
 *   side      4       2       2       -       6      1
 *   from (0, 0): 5    5       5       -       0      10
 */
#ifndef ZONES_H
#define ZONES_H

#include <polyfind.h>

#include <math.h>
#include <stdlib.h>

enum { ZONES = 6 };

static const double zone_x[20] = {1, 5, 5, 1, -4, -2, -2, -4, -1, 1, 1, -1, -3, 3, 3, -3, 5.5, 6.5, 6.5, 5.5};
static const double zone_y[20] = {2, 2, 6, 6, 3, 3, 5, 5, 4, 4, 6, 6, -3, -3, 3, 3, 7.5, 7.5, 8.5, 8.5};
static const int32_t zone_offsets[ZONES + 1] = {0, 4, 8, 12, 12, 16, 20};
static const double zone_priority[ZONES] = {7, 3, 3, 0, 5, INFINITY};

static const pf_polygons zones = {
    sizeof(pf_polygons), PF_I32, {zone_x, zone_y, 20, sizeof(double), PF_F64, 0}, zone_offsets, ZONES, NULL, 0, NULL, 0};

/* The points: the origin, half way between rows 2 and 4, and one far away. */
enum { STOPS = 3 };

static const double stop_x[STOPS] = {0, 0, 100}, stop_y[STOPS] = {0, 2.5, 100};
static const pf_points stops = {stop_x, stop_y, STOPS, sizeof(double), PF_F64, 0};

static inline pf_query zones_close(double distance, uint32_t order) {
    pf_query query = {sizeof(pf_query), PF_CLOSE, 0, 0, 0, NULL, 0, 0};
    query.distance = distance;
    query.order = order;
    if (order == PF_BY_PRIORITY) {
        query.priority = zone_priority;
        query.priority_len = ZONES;
    }
    return query;
}

static inline pf_index *zones_index(void) {
    pf_index *index = NULL;
    if (pf_index_build(&zones, NULL, NULL, &index, NULL) != PF_OK) abort();
    return index;
}

/* What the stops have of a question. */
static inline pf_result *zones_result(const pf_index *index, const pf_query *query) {
    pf_result *result = NULL;
    if (pf_index_find(index, &stops, query, NULL, &result, NULL) != PF_OK) abort();
    return result;
}

/* Many small squares and points, spread unevenly, the same every time. */
typedef struct crowd {
    size_t polygons, points;
    double *vertex_x, *vertex_y, *x, *y;
    int64_t *offsets;
    pf_polygons table;
    pf_points lent;
} crowd;

static inline double crowd_random(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (double)(*state >> 11) / 9007199254740992.0;
}

static inline crowd crowd_make(size_t polygons, size_t points) {
    crowd c = {0, 0, NULL, NULL, NULL, NULL, NULL, {0, 0, {NULL, NULL, 0, 0, 0, 0}, NULL, 0, NULL, 0, NULL, 0}, {NULL, NULL, 0, 0, 0, 0}};
    uint64_t state = 42;
    size_t i;
    c.polygons = polygons;
    c.points = points;
    c.vertex_x = (double *)malloc(4 * polygons * sizeof(double));
    c.vertex_y = (double *)malloc(4 * polygons * sizeof(double));
    c.offsets = (int64_t *)malloc((polygons + 1) * sizeof(int64_t));
    c.x = (double *)malloc(points * sizeof(double));
    c.y = (double *)malloc(points * sizeof(double));
    c.offsets[0] = 0;
    for (i = 0; i < polygons; i++) {
        double u = crowd_random(&state), x = 100 * u * u, y = 100 * crowd_random(&state), side = 0.1 + crowd_random(&state);
        double xs[4], ys[4];
        int k;
        xs[0] = xs[3] = x;
        xs[1] = xs[2] = x + side;
        ys[0] = ys[1] = y;
        ys[2] = ys[3] = y + side;
        for (k = 0; k < 4; k++) {
            c.vertex_x[4 * i + (size_t)k] = xs[k];
            c.vertex_y[4 * i + (size_t)k] = ys[k];
        }
        c.offsets[i + 1] = (int64_t)(4 * (i + 1));
    }
    for (i = 0; i < points; i++) {
        double u = crowd_random(&state);
        c.x[i] = 100 * u * u;
        c.y[i] = 100 * crowd_random(&state);
    }
    c.table.struct_size = sizeof c.table;
    c.table.offset_type = PF_I64;
    c.table.vertices.x = c.vertex_x;
    c.table.vertices.y = c.vertex_y;
    c.table.vertices.len = 4 * polygons;
    c.table.vertices.stride = sizeof(double);
    c.table.vertices.dtype = PF_F64;
    c.table.ring_offsets = c.offsets;
    c.table.ring_count = polygons;
    c.lent.x = c.x;
    c.lent.y = c.y;
    c.lent.len = points;
    c.lent.stride = sizeof(double);
    c.lent.dtype = PF_F64;
    return c;
}

static inline void crowd_free(crowd *c) {
    free(c->vertex_x);
    free(c->vertex_y);
    free(c->offsets);
    free(c->x);
    free(c->y);
}

#endif
