/* Every relation with every verb and order, on the polygons and points of land.h. */
#include "check.h"
#include "land.h"

/* Questions: each relation, those with a distance at several. */
static const struct {
    uint32_t relation;
    double distance;
} questions[] = {
    {PF_COVERS, 0},    {PF_CONTAINS, 0},   {PF_OWNS, 0},       {PF_COVERS, NAN},  {PF_DWITHIN, 0},
    {PF_DWITHIN, 0.5}, {PF_DWITHIN, 5e-9}, {PF_DWITHIN, 1},    {PF_DWITHIN, 2},   {PF_DWITHIN, 3.9999999999999996},
    {PF_DWITHIN, 4},   {PF_DWITHIN, 5},    {PF_DWITHIN, 1e9},  {PF_CLOSE, 0},     {PF_CLOSE, 4},
    {PF_CLOSE, 4.5},   {PF_CLOSE, 12.5},   {PF_CLOSE, 1e150},  {PF_DWITHIN, 1e150}};

enum { QUESTIONS = sizeof questions / sizeof *questions };

static const uint32_t orders[] = {PF_BY_POLYGON, PF_BY_DISTANCE, PF_BY_AREA, PF_BY_PRIORITY, PF_BY_CENTER};

static void matches(const pf_index *index) {
    size_t q, i;
    for (q = 0; q < QUESTIONS; q++) {
        pf_query query = land_query(questions[q].relation, questions[q].distance, PF_BY_POLYGON);
        uint8_t any[SPOTS];
        uint32_t count[SPOTS];
        pf_result *result = NULL;
        memset(any, 0xA5, sizeof any);
        memset(count, 0xA5, sizeof count);
        WORKS(pf_index_any(index, &spots, &query, NULL, any, SPOTS, err));
        WORKS(pf_index_count(index, &spots, &query, NULL, count, SPOTS, err));
        WORKS(pf_index_find(index, &spots, &query, NULL, &result, err));
        CHECK(pf_result_rows(result) == SPOTS && pf_result_values(result) == NULL);
        for (i = 0; i < SPOTS; i++) {
            uint32_t wanted = land_matches(&query, i), got = 0, n = 0;
            int64_t pair, end = pf_result_offsets(result)[i + 1];
            int32_t before = -1;
            for (pair = pf_result_offsets(result)[i]; pair < end; pair++, n++) {
                int32_t row = pf_result_polygons(result)[pair];
                CHECK(before < row && row < LANDS);
                got |= 1u << row;
                before = row;
            }
            if (!CHECK(got == wanted && count[i] == n && any[i] == (n > 0)))
                fprintf(stderr, "    relation %u, distance %g, point (%g, %g): rows %x, not %x\n", query.relation,
                        query.distance, land_points[i].x, land_points[i].y, got, wanted);
        }
        pf_result_free(result);
    }
}

/* What an order compares of a match. */
static double key(const pf_query *query, size_t spot, int row) {
    switch (query->order) {
    case PF_BY_POLYGON: return row;
    case PF_BY_AREA: return land_area[row];
    case PF_BY_PRIORITY: return land_priority[row];
    case PF_BY_CENTER: return land_center_distance(spot, row);
    default: return land_measure(query, spot, row);
    }
}

static void best(const pf_index *index) {
    size_t q, o, i;
    for (q = 0; q < QUESTIONS; q++)
        for (o = 0; o < sizeof orders / sizeof *orders; o++) {
            pf_query query = land_query(questions[q].relation, questions[q].distance, orders[o]);
            int32_t polygon[SPOTS], alone[SPOTS];
            double value[SPOTS];
            memset(polygon, 0xA5, sizeof polygon);
            memset(value, 0xA5, sizeof value);
            WORKS(pf_index_best(index, &spots, &query, NULL, polygon, value, SPOTS, err));
            WORKS(pf_index_best(index, &spots, &query, NULL, alone, NULL, SPOTS, err));
            CHECK(memcmp(polygon, alone, sizeof polygon) == 0);
            for (i = 0; i < SPOTS; i++) {
                uint32_t rows = land_matches(&query, i);
                int32_t wanted = PF_NONE;
                double least = NAN;
                int row;
                for (row = 0; row < LANDS; row++)
                    if (land_has(rows, row) && !(key(&query, i, row) >= least)) {
                        wanted = row;
                        least = key(&query, i, row);
                    }
                if (!CHECK(polygon[i] == wanted && (value[i] == least || land_near(value[i], least))))
                    fprintf(stderr, "    relation %u, distance %g, order %u, point (%g, %g): %d (%.17g), not %d (%.17g)\n",
                            query.relation, query.distance, query.order, land_points[i].x, land_points[i].y,
                            (int)polygon[i], value[i], (int)wanted, least);
            }
        }
}

/* Distances of all pairs. */
static void find_with_distances(const pf_index *index) {
    size_t q, i;
    for (q = 0; q < QUESTIONS; q++) {
        pf_query query = land_query(questions[q].relation, questions[q].distance, PF_BY_AREA), plain = query;
        pf_result *result = NULL, *without = NULL;
        query.flags = PF_WITH_DISTANCES;
        WORKS(pf_index_find(index, &spots, &query, NULL, &result, err));
        WORKS(pf_index_find(index, &spots, &plain, NULL, &without, err));
        CHECK(pf_result_values(result) != NULL && pf_result_values(without) == NULL);
        CHECK(pf_result_pairs(result) == pf_result_pairs(without));
        CHECK(memcmp(pf_result_offsets(result), pf_result_offsets(without), (SPOTS + 1) * sizeof(int64_t)) == 0);
        CHECK(memcmp(pf_result_polygons(result), pf_result_polygons(without), pf_result_pairs(result) * sizeof(int32_t)) == 0);
        for (i = 0; i < SPOTS; i++) {
            int64_t pair, end = pf_result_offsets(result)[i + 1];
            for (pair = pf_result_offsets(result)[i]; pair < end; pair++)
                CHECK(land_near(pf_result_values(result)[pair], land_measure(&query, i, pf_result_polygons(result)[pair])));
        }
        pf_result_free(result);
        pf_result_free(without);
    }
}

/* The rows at most (or, of centers, less than) the query's distance away, nearest first; how many. */
static size_t ranking(const pf_query *query, size_t spot, int32_t *rows) {
    uint32_t matches = land_matches(query, spot);
    size_t n = 0, place;
    int32_t row;
    for (row = 0; row < LANDS; row++) {
        if (row == 3 || !land_has(matches, row)) continue;
        for (place = n++; place > 0 && land_measure(query, spot, rows[place - 1]) > land_measure(query, spot, row); place--)
            rows[place] = rows[place - 1];
        rows[place] = row;
    }
    return n;
}

static const double limits[] = {INFINITY, 1e9, 4, 3, 0.5, 0};

static void nearest(const pf_index *index) {
    enum { MOST = LANDS + 1 };
    static const uint32_t relations[] = {PF_DWITHIN, PF_CLOSE};
    static int32_t polygon[SPOTS * MOST];
    static double distance[SPOTS * MOST];
    size_t k, l, r, i, rank;
    for (k = 1; k <= MOST; k++)
        for (r = 0; r < 2; r++)
            for (l = 0; l < sizeof limits / sizeof *limits; l++) {
                pf_query query = land_query(relations[r], limits[l], PF_BY_POLYGON);
                const pf_query *asked = r == 0 && l == 0 && k % 2 ? NULL : &query;
                memset(polygon, 0xA5, sizeof polygon);
                memset(distance, 0xA5, sizeof distance);
                WORKS(pf_index_nearest(index, &spots, k, asked, NULL, polygon, distance, SPOTS * k, err));
                for (i = 0; i < SPOTS; i++) {
                    int32_t rows[LANDS];
                    size_t n = ranking(&query, i, rows);
                    for (rank = 0; rank < k; rank++) {
                        int32_t wanted = rank < n ? rows[rank] : PF_NONE, got = polygon[i * k + rank];
                        double away = rank < n ? land_measure(&query, i, rows[rank]) : NAN;
                        if (!CHECK(got == wanted && land_near(distance[i * k + rank], away)))
                            fprintf(stderr,
                                    "    relation %u, limit %g, point (%g, %g), k = %d, rank %d: %d (%.17g), not %d (%.17g)\n",
                                    query.relation, query.distance, land_points[i].x, land_points[i].y, (int)k, (int)rank,
                                    (int)got, distance[i * k + rank], (int)wanted, away);
                    }
                }
                WORKS(pf_index_nearest(index, &spots, k, asked, NULL, polygon, NULL, SPOTS * k, err));
            }
}

static void find_nearest(const pf_index *index) {
    size_t k, l, i, n;
    for (k = 1; k <= LANDS + 1; k++)
        for (l = 0; l < sizeof limits / sizeof *limits; l++) {
            pf_query query = land_query(PF_DWITHIN, limits[l], PF_BY_AREA);
            pf_result *result = NULL;
            const int with = l % 2 == 0;
            query.flags = with ? PF_WITH_DISTANCES : 0;
            WORKS(pf_index_find_nearest(index, &spots, k, l == 1 ? NULL : &query, NULL, &result, err));
            CHECK(pf_result_rows(result) == SPOTS && (pf_result_values(result) != NULL) == with);
            for (i = 0; i < SPOTS; i++) {
                const int64_t *ends = pf_result_offsets(result) + i;
                int32_t rows[LANDS];
                size_t most = ranking(&query, i, rows), wanted = most < k ? most : k;
                while (wanted > 0 && wanted < most &&
                       land_distance(i, rows[wanted]) == land_distance(i, rows[wanted - 1])) wanted++;
                if (!CHECK((size_t)(ends[1] - ends[0]) == wanted)) {
                    fprintf(stderr, "    limit %g, point (%g, %g), k = %d: %d, not %d\n", query.distance, land_points[i].x,
                            land_points[i].y, (int)k, (int)(ends[1] - ends[0]), (int)wanted);
                    continue;
                }
                for (n = 0; n < wanted; n++) {
                    CHECK(pf_result_polygons(result)[ends[0] + (int64_t)n] == rows[n]);
                    if (with) CHECK(land_near(pf_result_values(result)[ends[0] + (int64_t)n], land_distance(i, rows[n])));
                }
            }
            pf_result_free(result);
        }
}

/* A few of the answers, written out: the tests above must not be wrong in the same way as what they test. */
static void by_hand(const pf_index *index) {
    enum { N = 5, K = 3 };
    static const double x[N] = {2.5, 4, 16, 10, 28}, y[N] = {4, 4, 1, 4, 4};
    static const int32_t rows[N * K] = {0, 1, 4, 1, 0, 4, 2, 4, 5, 2, 4, 5, 6, 2, 4};
    const double away[N * K] = {0.5, 0.5, 4.5, 0, 2, 3, 4, sqrt(53), sqrt(53), 0, 1, 1, 4, sqrt(40), 19};
    static const int64_t first_ends[N + 1] = {0, 2, 3, 4, 5, 6}, second_ends[N + 1] = {0, 2, 4, 7, 10, 12};
    static const int32_t first[6] = {0, 1, 1, 2, 2, 6}, second[12] = {0, 1, 1, 0, 2, 4, 5, 2, 4, 5, 6, 2};
    const double second_away[12] = {0.5, 0.5, 0, 2, 4, sqrt(53), sqrt(53), 0, 1, 1, 4, sqrt(40)};
    const pf_points points = {x, y, N, sizeof *x, PF_F64, 0};
    pf_query query = land_query(PF_DWITHIN, INFINITY, PF_BY_POLYGON);
    pf_result *result = NULL;
    int32_t polygon[N * K];
    double distance[N * K];
    size_t i;
    WORKS(pf_index_nearest(index, &points, K, NULL, NULL, polygon, distance, N * K, err));
    CHECK(memcmp(polygon, rows, sizeof rows) == 0);
    for (i = 0; i < N * K; i++) CHECK(land_near(distance[i], away[i]));
    WORKS(pf_index_find_nearest(index, &points, 1, NULL, NULL, &result, err));
    CHECK(pf_result_pairs(result) == 6 && pf_result_values(result) == NULL);
    CHECK(memcmp(pf_result_offsets(result), first_ends, sizeof first_ends) == 0);
    CHECK(memcmp(pf_result_polygons(result), first, sizeof first) == 0);
    pf_result_free(result);
    query.flags = PF_WITH_DISTANCES;
    WORKS(pf_index_find_nearest(index, &points, 2, &query, NULL, &result, err));
    CHECK(memcmp(pf_result_offsets(result), second_ends, sizeof second_ends) == 0);
    CHECK(memcmp(pf_result_polygons(result), second, sizeof second) == 0);
    for (i = 0; i < 12; i++) CHECK(land_near(pf_result_values(result)[i], second_away[i]));
    pf_result_free(result);
}

/* The call works, or is refused for what the index was built without. */
#define ANSWERED(has, call, text)                                \
    do {                                                         \
        if (has) WORKS(call);                                    \
        else REFUSED(call, PF_ERROR_ARGUMENT, -1, text);         \
    } while (0)

/* What an index was not built for it refuses, by name, and leaves outputs alone; what it was built for it answers. */
static void parts(void) {
    uint32_t flags, relation;
    for (flags = 1; flags <= (PF_INDEX_CENTERS | PF_INDEX_INSIDES | PF_INDEX_DISTANCES); flags++) {
        pf_index *index = land_index(flags);
        const int centers = (flags & PF_INDEX_CENTERS) != 0, distances = (flags & PF_INDEX_DISTANCES) != 0;
        const int insides = distances || flags & PF_INDEX_INSIDES;
        CHECK(pf_index_len(index) == LANDS);
        for (relation = PF_CLOSE; relation <= PF_DWITHIN; relation++) {
            const int has = relation == PF_CLOSE ? centers : relation == PF_DWITHIN ? distances : insides;
            const int is_near = relation == PF_CLOSE || relation == PF_DWITHIN;
            /* Without insides there are no distances either: then the message may name the one or the other. */
            const char *text = relation == PF_CLOSE                 ? "index was built without centers"
                               : relation == PF_DWITHIN && insides  ? "index was built without distances"
                               : relation == PF_DWITHIN             ? "index was built without "
                                                                    : "index was built without insides";
            pf_query query = land_query(relation, 2, PF_BY_POLYGON);
            const size_t island = 16; /* the point (4, 4), where rows 0 and 1 have their centers */
            const int32_t lowest = relation == PF_CLOSE || relation == PF_DWITHIN ? 0 : 1;
            uint8_t any[SPOTS];
            uint32_t count[SPOTS];
            int32_t rows[SPOTS];
            pf_result *result = NULL;
            size_t o;
            memset(any, 0x5A, sizeof any);
            memset(count, 0x5A, sizeof count);
            ANSWERED(has, pf_index_any(index, &spots, &query, NULL, any, SPOTS, err), text);
            ANSWERED(has, pf_index_count(index, &spots, &query, NULL, count, SPOTS, err), text);
            ANSWERED(has, pf_index_find(index, &spots, &query, NULL, &result, err), text);
            CHECK(any[island] == (has ? 1 : 0x5A) && count[island] == (!has ? 0x5A5A5A5A : lowest == 0 ? 2 : 1));
            CHECK((result != NULL) == has);
            pf_result_free(result);
            result = NULL;
            for (o = 0; o < sizeof orders / sizeof *orders; o++) {
                query.order = orders[o];
                memset(rows, 0x5A, sizeof rows);
                ANSWERED(has, pf_index_best(index, &spots, &query, NULL, rows, NULL, SPOTS, err), text);
                if (!has) CHECK(rows[0] == 0x5A5A5A5A && rows[island] == 0x5A5A5A5A);
                else if (query.order == PF_BY_POLYGON) CHECK(rows[island] == lowest);
            }
            memset(rows, 0x5A, sizeof rows);
            if (is_near) ANSWERED(has, pf_index_nearest(index, &spots, 1, &query, NULL, rows, NULL, SPOTS, err), text);
            if (is_near) CHECK(rows[island] == (!has ? 0x5A5A5A5A : relation == PF_CLOSE ? 0 : 1));
            if (relation != PF_DWITHIN) continue;
            ANSWERED(has, pf_index_nearest(index, &spots, 1, NULL, NULL, rows, NULL, SPOTS, err), text);
            ANSWERED(has, pf_index_find_nearest(index, &spots, 1, &query, NULL, &result, err), text);
            CHECK((result != NULL) == has);
            pf_result_free(result);
        }
        pf_index_free(index);
    }
}

int main(void) {
    pf_index *index = land_index(0);
    matches(index);
    best(index);
    find_with_distances(index);
    nearest(index);
    find_nearest(index);
    by_hand(index);
    pf_index_free(index);
    parts();
    DONE();
}
