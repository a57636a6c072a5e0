/* Every verb on centers, with answers worked out by hand: see zones.h; the other relations are in relations.c. */
#include "check.h"
#include "zones.h"

/* The strict boundary: three centers are exactly 5 away from the origin. */
static void boundary(const pf_index *index) {
    static const struct {
        double distance;
        uint32_t count[STOPS];
    } cases[] = {{0, {0, 0, 0}}, {5, {1, 4, 0}}, {0, {4, 4, 0}}, {10, {4, 5, 0}}, {0, {5, 5, 0}}, {1e300, {5, 5, 5}}};
    size_t c, i;
    for (c = 0; c < sizeof cases / sizeof *cases; c++) {
        uint8_t any[STOPS];
        uint32_t count[STOPS];
        pf_query q = zones_close(cases[c].distance, PF_BY_POLYGON);
        if (c == 2 || c == 4) q.distance = nextafter(cases[c - 1].distance, INFINITY);
        memset(any, 0xA5, sizeof any);
        WORKS(pf_index_any(index, &stops, &q, NULL, any, STOPS, err));
        WORKS(pf_index_count(index, &stops, &q, NULL, count, STOPS, err));
        for (i = 0; i < STOPS; i++) {
            CHECK(count[i] == cases[c].count[i]);
            CHECK(any[i] == (cases[c].count[i] != 0));
        }
    }
}

/* All orders, with ties. */
static void best(const pf_index *index) {
    static const struct {
        uint32_t order;
        int32_t polygon[STOPS];
        double value[STOPS];
    } cases[] = {
        {PF_BY_POLYGON, {0, 0, -1}, {0, 0, NAN}},
        {PF_BY_DISTANCE, {4, 2, -1}, {0, 2.5, NAN}},
        {PF_BY_AREA, {1, 1, -1}, {4, 4, NAN}},
        {PF_BY_PRIORITY, {1, 1, -1}, {3, 3, NAN}},
        {PF_BY_CENTER, {4, 2, -1}, {0, 2.5, NAN}},
    };
    int32_t polygon[STOPS + 1];
    double value[STOPS + 1];
    size_t c, i;
    pf_query q;
    for (c = 0; c < sizeof cases / sizeof *cases; c++) {
        q = zones_close(nextafter(5, 6), cases[c].order);
        polygon[STOPS] = 77;
        value[STOPS] = 77;
        WORKS(pf_index_best(index, &stops, &q, NULL, polygon, value, STOPS + 1, err));
        for (i = 0; i < STOPS; i++) {
            CHECK(polygon[i] == cases[c].polygon[i]);
            CHECK(value[i] == cases[c].value[i] || (isnan(value[i]) && isnan(cases[c].value[i])));
        }
        CHECK(polygon[STOPS] == 77 && value[STOPS] == 77);
        memset(polygon, 0xA5, sizeof polygon);
        WORKS(pf_index_best(index, &stops, &q, NULL, polygon, NULL, STOPS, err));
        for (i = 0; i < STOPS; i++) CHECK(polygon[i] == cases[c].polygon[i]);
    }
    /* Farther out the smallest area is row 5's, and its priority is infinite but not missing. */
    q = zones_close(11, PF_BY_AREA);
    WORKS(pf_index_best(index, &stops, &q, NULL, polygon, value, STOPS, err));
    CHECK(polygon[0] == 5 && value[0] == 1 && polygon[2] == PF_NONE);
    q = zones_close(1e9, PF_BY_DISTANCE);
    WORKS(pf_index_best(index, &stops, &q, NULL, polygon, value, STOPS, err));
    CHECK(polygon[2] == 5 && fabs(value[2] - sqrt(17300)) < 1e-12);
}

static const pf_query any_center = {sizeof(pf_query), PF_CLOSE, INFINITY, PF_BY_POLYGON, 0, NULL, 0, 0};

static void nearest(const pf_index *index) {
    enum { K = 7 };
    static const int32_t rows[STOPS][K] = {{4, 0, 1, 2, 5, -1, -1}, {2, 4, 0, 1, 5, -1, -1}, {5, 0, 2, 1, 4, -1, -1}};
    static const double squares[STOPS][K] = {{0, 25, 25, 25, 100, NAN, NAN},
                                             {6.25, 6.25, 11.25, 11.25, 66.25, NAN, NAN},
                                             {17300, 18625, 19025, 19825, 20000, NAN, NAN}};
    int32_t polygon[STOPS * K];
    double distance[STOPS * K];
    size_t k, i, rank;
    pf_query q = any_center;
    for (k = 1; k <= K; k++) {
        memset(polygon, 0xA5, sizeof polygon);
        memset(distance, 0xA5, sizeof distance);
        WORKS(pf_index_nearest(index, &stops, k, &q, NULL, polygon, distance, STOPS * k, err));
        for (i = 0; i < STOPS; i++)
            for (rank = 0; rank < k; rank++) {
                double got = distance[i * k + rank], wanted = sqrt(squares[i][rank]);
                CHECK(polygon[i * k + rank] == rows[i][rank]);
                CHECK(isnan(wanted) ? isnan(got) : fabs(got - wanted) <= 1e-15 * wanted);
            }
        WORKS(pf_index_nearest(index, &stops, k, &q, NULL, polygon, NULL, STOPS * K, err));
        CHECK(polygon[0] == 4);
    }
    /* A limit is strict as well. */
    q.distance = 5;
    WORKS(pf_index_nearest(index, &stops, 3, &q, NULL, polygon, distance, STOPS * 3, err));
    CHECK(polygon[0] == 4 && polygon[1] == -1 && polygon[2] == -1 && isnan(distance[1]));
    CHECK(polygon[3] == 2 && polygon[4] == 4 && polygon[5] == 0 && polygon[6] == -1);
    q.distance = nextafter(5, 6);
    WORKS(pf_index_nearest(index, &stops, 3, &q, NULL, polygon, distance, STOPS * 3, err));
    CHECK(polygon[0] == 4 && polygon[1] == 0 && polygon[2] == 1 && distance[2] == 5);
    q.distance = 0;
    WORKS(pf_index_nearest(index, &stops, 1, &q, NULL, polygon, distance, STOPS, err));
    CHECK(polygon[0] == -1 && polygon[1] == -1 && polygon[2] == -1);
}

static void indices(const pf_result *result, const int32_t *rows) {
    int64_t point[9], polygon[9];
    size_t i;
    point[8] = polygon[8] = -7;
    WORKS(pf_result_indices(result, NULL, point, polygon, 9, err));
    for (i = 0; i < 8; i++) CHECK(point[i] == (int64_t)i / 4 && polygon[i] == rows[i]);
    CHECK(point[8] == -7 && polygon[8] == -7);
    REFUSED(pf_result_indices(result, NULL, point, polygon, 7, err), PF_ERROR_CAPACITY, -1, "8 are needed");
    REFUSED(pf_result_indices(result, NULL, NULL, polygon, 8, err), PF_ERROR_NULL, -1, "out_point is NULL");
    REFUSED(pf_result_indices(result, NULL, point, point + 1, 8, err), PF_ERROR_LAYOUT, -1, "overlaps");
    REFUSED(pf_result_indices(result, NULL, (int64_t *)(uintptr_t)pf_result_polygons(result), polygon, 8, err),
            PF_ERROR_LAYOUT, -1, "overlaps");
    REFUSED(pf_result_indices(NULL, NULL, point, polygon, 8, err), PF_ERROR_NULL, -1, "result is NULL");
}

static void find(const pf_index *index) {
    static const int64_t offsets[STOPS + 1] = {0, 4, 8, 8};
    static const int32_t rows[8] = {0, 1, 2, 4, 0, 1, 2, 4};
    uint32_t order, orders[] = {PF_BY_POLYGON, PF_BY_DISTANCE, PF_BY_AREA, PF_BY_PRIORITY, PF_BY_CENTER};
    for (order = 0; order < 5; order++) {
        pf_result *result = NULL;
        pf_query q = zones_close(nextafter(5, 6), orders[order]);
        WORKS(pf_index_find(index, &stops, &q, NULL, &result, err));
        CHECK(pf_result_rows(result) == STOPS && pf_result_pairs(result) == 8);
        CHECK(memcmp(pf_result_offsets(result), offsets, sizeof offsets) == 0);
        CHECK(memcmp(pf_result_polygons(result), rows, sizeof rows) == 0);
        if (order == 0) indices(result, rows);
        pf_result_free(result);
    }
}

/* Points in float, interleaved and strided give the same answers. */
static void layouts(const pf_index *index) {
    float table[STOPS][3];
    double pairs[STOPS][2];
    pf_points columns[3];
    pf_query q = zones_close(nextafter(5, 6), PF_BY_AREA);
    pf_points f32 = {&table[0][0], &table[0][2], STOPS, sizeof table[0], PF_F32, 0};
    pf_points f64 = {&pairs[0][0], &pairs[0][1], STOPS, sizeof pairs[0], PF_F64, 0};
    size_t i;
    int layout;
    for (i = 0; i < STOPS; i++) {
        table[i][0] = (float)(pairs[i][0] = stop_x[i]);
        table[i][2] = (float)(pairs[i][1] = stop_y[i]);
        table[i][1] = NAN;
    }
    columns[0] = stops;
    columns[1] = f32;
    columns[2] = f64;
    for (layout = 0; layout < 3; layout++) {
        int32_t polygon[STOPS], near[STOPS];
        uint32_t count[STOPS];
        uint8_t any[STOPS];
        pf_result *result;
        WORKS(pf_points_check(&columns[layout], err));
        WORKS(pf_index_best(index, &columns[layout], &q, NULL, polygon, NULL, STOPS, err));
        WORKS(pf_index_nearest(index, &columns[layout], 1, &any_center, NULL, near, NULL, STOPS, err));
        WORKS(pf_index_count(index, &columns[layout], &q, NULL, count, STOPS, err));
        WORKS(pf_index_any(index, &columns[layout], &q, NULL, any, STOPS, err));
        WORKS(pf_index_find(index, &columns[layout], &q, NULL, &result, err));
        CHECK(polygon[0] == 1 && polygon[1] == 1 && polygon[2] == PF_NONE);
        CHECK(near[0] == 4 && near[1] == 2 && near[2] == 5);
        CHECK(count[0] == 4 && count[1] == 4 && count[2] == 0);
        CHECK(any[0] == 1 && any[1] == 1 && any[2] == 0);
        CHECK(pf_result_pairs(result) == 8);
        pf_result_free(result);
    }
    /* The stride of one point does not matter. */
    columns[0].len = 1;
    columns[0].stride = 0;
    WORKS(pf_points_check(&columns[0], err));
}

/* No points: no answers. */
static void no_points(const pf_index *index, const pf_query *q) {
    const pf_points none = {NULL, NULL, 0, 0, PF_F32, 0};
    const int has_nearest = q->relation == PF_CLOSE || q->relation == PF_DWITHIN;
    pf_result *result = NULL;
    WORKS(pf_points_check(&none, err));
    WORKS(pf_index_any(index, &none, q, NULL, NULL, 0, err));
    WORKS(pf_index_count(index, &none, q, NULL, NULL, 0, err));
    WORKS(pf_index_best(index, &none, q, NULL, NULL, NULL, 0, err));
    if (has_nearest) WORKS(pf_index_nearest(index, &none, (size_t)-1, q, NULL, NULL, NULL, 0, err));
    WORKS(pf_index_find_nearest(index, &none, (size_t)-1, NULL, NULL, &result, err));
    CHECK(pf_result_rows(result) == 0 && pf_result_pairs(result) == 0);
    pf_result_free(result);
    WORKS(pf_index_find(index, &none, q, NULL, &result, err));
    CHECK(pf_result_rows(result) == 0 && pf_result_pairs(result) == 0);
    CHECK(pf_result_offsets(result)[0] == 0 && pf_result_polygons(result) != NULL);
    pf_result_free(result);
}

/* A result without pairs, which is freed. */
static void check_barren(pf_result *result) {
    CHECK(pf_result_rows(result) == STOPS && pf_result_pairs(result) == 0 && pf_result_polygons(result) != NULL);
    CHECK(pf_result_offsets(result)[0] == 0 && pf_result_offsets(result)[STOPS] == 0);
    pf_result_free(result);
}

/* No polygons, or only empty ones: none match. */
static void no_polygons(const pf_polygons *empty, pf_query q) {
    const int has_nearest = q.relation == PF_CLOSE || q.relation == PF_DWITHIN;
    pf_index *barren = NULL;
    pf_index_options options = {sizeof options, 0};
    pf_result *result = NULL;
    int32_t polygon[STOPS], ranked[2 * STOPS];
    double value[STOPS], distance[2 * STOPS];
    uint8_t any[STOPS];
    uint32_t count[STOPS];
    WORKS(pf_index_build(empty, &options, NULL, &barren, err));
    CHECK(pf_index_len(barren) == empty->ring_count);
    no_points(barren, &q);
    WORKS(pf_index_any(barren, &stops, &q, NULL, any, STOPS, err));
    WORKS(pf_index_count(barren, &stops, &q, NULL, count, STOPS, err));
    WORKS(pf_index_best(barren, &stops, &q, NULL, polygon, value, STOPS, err));
    CHECK(any[0] == 0 && count[2] == 0 && polygon[1] == PF_NONE && isnan(value[1]));
    WORKS(pf_index_nearest(barren, &stops, 2, has_nearest ? &q : NULL, NULL, ranked, distance, 2 * STOPS, err));
    CHECK(ranked[0] == PF_NONE && isnan(distance[0]) && ranked[5] == PF_NONE && isnan(distance[5]));
    WORKS(pf_index_find_nearest(barren, &stops, 2, NULL, NULL, &result, err));
    check_barren(result);
    q.flags = PF_WITH_DISTANCES;
    WORKS(pf_index_find(barren, &stops, &q, NULL, &result, err));
    CHECK(pf_result_values(result) != NULL);
    check_barren(result);
    pf_index_free(barren);
}

/* No points, no polygons, only empty ones, NULL handles. */
static void nothing(const pf_index *index) {
    const int32_t offsets[3] = {0, 0, 0};
    const pf_polygons none = {sizeof none, PF_I32, {NULL, NULL, 0, 0, PF_F64, 0}, NULL, 0, NULL, 0, NULL, 0};
    const pf_polygons empty = {sizeof empty, PF_I32, {NULL, NULL, 0, 0, PF_F64, 0}, offsets, 2, NULL, 0, NULL, 0};
    pf_query q = zones_close(1e9, PF_BY_DISTANCE);
    for (q.relation = PF_CLOSE; q.relation <= PF_DWITHIN; q.relation++) {
        no_points(index, &q);
        no_polygons(&none, q);
        no_polygons(&empty, q);
    }
    pf_index_free(NULL);
    pf_result_free(NULL);
    CHECK(pf_index_len(NULL) == 0 && pf_result_rows(NULL) == 0 && pf_result_pairs(NULL) == 0);
    CHECK(pf_result_offsets(NULL) == NULL && pf_result_polygons(NULL) == NULL && pf_result_values(NULL) == NULL);
}

int main(void) {
    pf_index *index = NULL;
    pf_result *result = NULL;
    pf_query q = zones_close(100, PF_BY_POLYGON);
    WORKS(pf_index_build(&zones, NULL, NULL, &index, err));
    CHECK(pf_index_len(index) == ZONES);
    boundary(index);
    best(index);
    nearest(index);
    find(index);
    layouts(index);
    nothing(index);
    /* A result outlives its index. */
    WORKS(pf_index_find(index, &stops, &q, NULL, &result, err));
    pf_index_free(index);
    CHECK(pf_result_pairs(result) == 10 && pf_result_polygons(result)[9] == 5);
    pf_result_free(result);
    DONE();
}
