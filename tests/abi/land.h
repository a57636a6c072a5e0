/* Polygons that overlap, touch, have holes and parts, and points on all of their boundaries, with answers worked out by hand.
 *
 *   row  polygon                                                             center        area
 *   0    square (0, 0) (8, 8) with a hole (2, 2) (6, 6)                      (4, 4)        48
 *   1    island in the hole, (3, 3) (5, 5)                                   (4, 4)        4
 *   2    two parts: (8, 0) (12, 8), which shares an edge with row 0,
 *        and (20, 0) (22, 2)                                                 (15.5, 2.5)   36
 *   3    empty
 *   4    square (7, 3) (9, 5) across the edge that rows 0 and 2 share        (8, 4)        4
 *   5    the same, clockwise and closed                                      (8, 4)        4
 *   6    a line there and back, (30, 0) (33, 4)                              (31.5, 2)     0
 *   7    one vertex, (40, 40)                                                (40, 40)      0
 */
#ifndef LAND_H
#define LAND_H

#include <polyfind.h>

#include <math.h>
#include <stdlib.h>

enum { LANDS = 8, LAND_RINGS = 9, LAND_VERTICES = 32 };

static const double land_x[LAND_VERTICES] = {0, 8, 8, 0, 2, 6, 6, 2, 3,  5,  5, 3, 8, 12, 12, 8,
                                             20, 22, 22, 20, 7, 9, 9, 7, 7, 7, 9, 9, 7, 30, 33, 40};
static const double land_y[LAND_VERTICES] = {0, 0, 8, 8, 2, 2, 6, 6, 3, 3, 5, 5, 0, 0, 8, 8,
                                             0, 0, 2, 2, 3, 3, 5, 5, 3, 5, 5, 3, 3, 0, 4, 40};
static const int32_t land_rings[LAND_RINGS + 1] = {0, 4, 8, 12, 16, 20, 24, 29, 31, 32};
static const int32_t land_parts[] = {0, 2, 3, 4, 5, 6, 7, 8, 9};
static const int32_t land_polygons[LANDS + 1] = {0, 1, 2, 4, 4, 5, 6, 7, 8};

static const double land_area[LANDS] = {48, 4, 36, 0, 4, 4, 0, 0};
static const double land_center[LANDS][2] = {{4, 4}, {4, 4}, {15.5, 2.5}, {NAN, NAN}, {8, 4}, {8, 4}, {31.5, 2}, {40, 40}};
static const double land_priority[LANDS] = {2, 1, 1, -INFINITY, 5, 5, 0, INFINITY};

static const pf_polygons lands = {
    sizeof(pf_polygons), PF_I32, {land_x, land_y, LAND_VERTICES, sizeof(double), PF_F64, 0}, land_rings, LAND_RINGS,
    land_parts, 8, land_polygons, LANDS};

/* Points, and the rows that cover, contain and own each: bit i stands for row i. */
static const struct {
    double x, y;
    uint32_t covers, contains, owns;
} land_points[] = {
    {1, 1, 1, 1, 1},             /* inside row 0 */
    {0, 0, 1, 0, 1},             /* its lowest left vertex: a step to the right is on the boundary, one up is not */
    {8, 8, 1 | 4, 0, 0},         /* its highest right one, where row 2 has its highest left one */
    {8, 0, 1 | 4, 0, 4},         /* the lowest vertex that they share */
    {8, 1, 1 | 4, 0, 4},         /* on the edge that they share */
    {4, 0, 1, 0, 1},             /* on the bottom */
    {4, 8, 1, 0, 0},             /* on the top */
    {0, 4, 1, 0, 1},             /* on the left */
    {2, 4, 1, 0, 0},             /* on the hole's left edge: a step to the right is in the hole */
    {6, 4, 1, 0, 1},             /* on its right edge */
    {4, 2, 1, 0, 0},             /* on its lower edge */
    {4, 6, 1, 0, 1},             /* on its upper edge */
    {2, 2, 1, 0, 0},             /* vertices of the hole */
    {2, 6, 1, 0, 1},
    {6, 2, 1, 0, 1},
    {6, 6, 1, 0, 1},
    {4, 4, 2, 2, 2},             /* on the island */
    {3, 3, 2, 0, 2},             /* its lowest left vertex */
    {5, 4, 2, 0, 0},             /* its right edge */
    {2.5, 4, 0, 0, 0},           /* in the hole, half way to the island */
    {7.5, 4, 1 | 48, 1 | 48, 1 | 48},
    {8, 4, 1 | 4 | 48, 48, 4 | 48},
    {9, 5, 4 | 48, 4, 4},        /* inside row 2, where rows 4 and 5 end */
    {10, 4, 4, 4, 4},
    {21, 1, 4, 4, 4},            /* in its second part */
    {22, 1, 4, 0, 0},            /* on the right edge of that */
    {16, 1, 0, 0, 0},            /* half way between its parts */
    {31.5, 2, 64, 0, 0},         /* on the line */
    {33, 4, 64, 0, 0},           /* at its end */
    {35.5, 5.5, 0, 0, 0},        /* beyond its end */
    {28, 4, 0, 0, 0},            /* beside it */
    {40, 40, 128, 0, 0},
    {-3, -4, 0, 0, 0},           /* 5 from the first vertex */
    {-1000, 1000.5, 0, 0, 0},
};

enum { SPOTS = sizeof land_points / sizeof *land_points };

static const pf_points spots = {&land_points[0].x, &land_points[0].y, SPOTS, sizeof *land_points, PF_F64, 0};

static inline int land_has(uint32_t rows, int row) { return (int)(rows >> row & 1); }

/* Distance from a point to a center, NaN for the empty polygon; the squares are exact. */
static inline double land_center_distance(size_t spot, int row) {
    double x = land_points[spot].x - land_center[row][0], y = land_points[spot].y - land_center[row][1];
    return sqrt(x * x + y * y);
}

/* Distance from a point to a polygon, INFINITY to the empty one. Products of these numbers are exact: only the quotient and
 * the root are rounded, which half an ulp or less comes of. */
static inline double land_distance(size_t spot, int row) {
    double px = land_points[spot].x, py = land_points[spot].y, least = INFINITY;
    int ring, first = land_parts[land_polygons[row]], end = land_parts[land_polygons[row + 1]];
    if (land_has(land_points[spot].covers, row)) return 0;
    for (ring = first; ring < end; ring++) {
        int i, a = land_rings[ring], b = land_rings[ring + 1];
        for (i = a; i < b; i++) {
            int next = i + 1 < b ? i + 1 : a;
            double dx = land_x[next] - land_x[i], dy = land_y[next] - land_y[i], wx = px - land_x[i], wy = py - land_y[i];
            double along = wx * dx + wy * dy, length = dx * dx + dy * dy, across = wx * dy - wy * dx;
            double square = along > 0 && along < length ? across * across / length : wx * wx + wy * wy;
            if (square < least) least = square;
        }
    }
    return sqrt(least);
}

static inline int land_near(double got, double wanted) {
    /* 2 ulp of numbers just above a power of two */
    return isnan(wanted) ? isnan(got) : fabs(got - wanted) <= 4.5e-16 * wanted;
}

static inline pf_query land_query(uint32_t relation, double distance, uint32_t order) {
    pf_query query = {sizeof(pf_query), 0, 0, 0, 0, land_priority, LANDS, 0};
    query.relation = relation;
    query.distance = distance;
    query.order = order;
    return query;
}

/* The rows that match a point. */
static inline uint32_t land_matches(const pf_query *query, size_t spot) {
    uint32_t rows = 0;
    int row;
    if (query->relation == PF_COVERS) return land_points[spot].covers;
    if (query->relation == PF_CONTAINS) return land_points[spot].contains;
    if (query->relation == PF_OWNS) return land_points[spot].owns;
    for (row = 0; row < LANDS; row++) {
        if (query->relation == PF_CLOSE ? land_center_distance(spot, row) < query->distance
                                        : land_distance(spot, row) <= query->distance)
            rows |= 1u << row;
    }
    return rows;
}

/* The distance that a query means. */
static inline double land_measure(const pf_query *query, size_t spot, int row) {
    return query->relation == PF_CLOSE ? land_center_distance(spot, row) : land_distance(spot, row);
}

static inline pf_index *land_index(uint32_t flags) {
    pf_index_options options = {sizeof(pf_index_options), 0};
    pf_index *index = NULL;
    options.flags = flags;
    if (pf_index_build(&lands, &options, NULL, &index, NULL) != PF_OK) abort();
    return index;
}

#endif
