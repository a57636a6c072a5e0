/* All that can be asked of a crowd, and whether two askings gave the same. */
#ifndef EVERYTHING_H
#define EVERYTHING_H

#include "check.h"
#include "zones.h"

enum { K = 3, POLYGONS = 3000, POINTS = 9000, RELATIONS = PF_DWITHIN, ORDERS = 5 };

/* All that can be asked of a crowd; by relation from PF_CLOSE on, and by order. */
typedef struct answers {
    double area[POLYGONS], signed_area[POLYGONS], perimeter[POLYGONS], center[2][POLYGONS], centroid[2][POLYGONS];
    pf_box bounds[POLYGONS];
    uint64_t fingerprint[POLYGONS];
    uint64_t index; /* a hash of its bytes */
    uint8_t any[RELATIONS][POINTS];
    uint32_t count[RELATIONS][POINTS];
    int32_t best[RELATIONS][ORDERS][POINTS], nearest_center[K * POINTS], nearest[K * POINTS];
    double value[RELATIONS][ORDERS][POINTS], center_distance[K * POINTS], distance[K * POINTS];
    uint64_t tally_points[RELATIONS][POLYGONS];
    double tally_sum[RELATIONS][POLYGONS];
    pf_result *results[RELATIONS + 1]; /* the last is that of pf_index_find_nearest */
} answers;

static double priority[POLYGONS];
static double unit = 1; /* of the coordinates */
static double brought[POINTS]; /* to tallies */
static size_t rows_asked = POLYGONS;

static inline pf_query question(uint32_t relation, uint32_t order) {
    pf_query q = {sizeof q, 0, 0, 0, 0, NULL, 0, 0};
    q.distance = 1.5 * unit;
    q.relation = relation;
    q.order = order;
    q.priority = priority;
    q.priority_len = rows_asked;
    return q;
}

static inline uint64_t hash_of(const pf_index *index, const pf_run *run) {
    size_t bytes = pf_index_byte_size(index), i;
    unsigned char *memory = (unsigned char *)malloc(bytes);
    uint64_t hash = 14695981039346656037u;
    WORKS(pf_index_write(index, run, memory, bytes, err));
    for (i = 0; i < bytes; i++) hash = (hash ^ memory[i]) * 1099511628211u;
    free(memory);
    return hash;
}

/* What the points of each polygon come to. */
static inline void count_up(const crowd *c, const pf_index *index, int r, const pf_run *run, answers *a) {
    pf_query q = question((uint32_t)r + PF_CLOSE, PF_BY_POLYGON);
    static const double some[] = {0.1, 1e16, -0.3}; /* the same in every mode, sums of which are rounded */
    pf_attributes carried = {sizeof carried, 0, brought, c->lent.len, NULL, 0};
    pf_tally *tally = NULL;
    size_t i;
    for (i = 0; i < POINTS; i++) brought[i] = some[i % 3];
    WORKS(pf_tally_make(index, 1, run, &tally, err));
    WORKS(pf_tally_add(tally, &c->lent, &carried, &q, run, err));
    WORKS(pf_tally_counts(tally, PF_TALLY_POINTS, run, a->tally_points[r], POLYGONS, err));
    WORKS(pf_tally_values(tally, PF_TALLY_SUM, run, a->tally_sum[r], POLYGONS, err));
    pf_tally_free(tally);
}

static inline void ask(const crowd *c, const pf_run *run, answers *a) {
    static const uint32_t orders[ORDERS] = {PF_BY_POLYGON, PF_BY_DISTANCE, PF_BY_AREA, PF_BY_PRIORITY, PF_BY_CENTER};
    pf_index *index = NULL;
    pf_query q;
    int r, o;
    memset(a, 0xA5, sizeof *a);
    WORKS(pf_polygons_area(&c->table, run, a->area, POLYGONS, err));
    WORKS(pf_polygons_signed_area(&c->table, run, a->signed_area, POLYGONS, err));
    WORKS(pf_polygons_perimeter(&c->table, run, a->perimeter, POLYGONS, err));
    WORKS(pf_polygons_center(&c->table, run, a->center[0], a->center[1], POLYGONS, err));
    WORKS(pf_polygons_centroid(&c->table, run, a->centroid[0], a->centroid[1], POLYGONS, err));
    WORKS(pf_polygons_fingerprint(&c->table, run, a->fingerprint, POLYGONS, err));
    WORKS(pf_polygons_bounds(&c->table, run, a->bounds, POLYGONS, err));
    WORKS(pf_index_build(&c->table, NULL, run, &index, err));
    a->index = hash_of(index, run);
    for (r = 0; r < RELATIONS; r++) {
        q = question((uint32_t)r + PF_CLOSE, PF_BY_POLYGON);
        WORKS(pf_index_any(index, &c->lent, &q, run, a->any[r], POINTS, err));
        WORKS(pf_index_count(index, &c->lent, &q, run, a->count[r], POINTS, err));
        for (o = 0; o < ORDERS; o++) {
            q.order = orders[o];
            WORKS(pf_index_best(index, &c->lent, &q, run, a->best[r][o], a->value[r][o], POINTS, err));
        }
        count_up(c, index, r, run, a);
        q.flags = PF_WITH_DISTANCES;
        WORKS(pf_index_find(index, &c->lent, &q, run, &a->results[r], err));
    }
    WORKS(pf_index_find_nearest(index, &c->lent, K, &q, run, &a->results[RELATIONS], err));
    q = question(PF_CLOSE, PF_BY_POLYGON);
    WORKS(pf_index_nearest(index, &c->lent, K, &q, run, a->nearest_center, a->center_distance, K * POINTS, err));
    WORKS(pf_index_nearest(index, &c->lent, K, NULL, run, a->nearest, a->distance, K * POINTS, err));
    pf_index_free(index);
}

static inline void forget_results(answers *a) {
    int r;
    for (r = 0; r <= RELATIONS; r++) pf_result_free(a->results[r]);
}

static inline int same_result(const pf_result *a, const pf_result *b) {
    size_t rows = pf_result_rows(a), pairs = pf_result_pairs(a);
    return rows == pf_result_rows(b) && pairs == pf_result_pairs(b) &&
           memcmp(pf_result_offsets(a), pf_result_offsets(b), (rows + 1) * sizeof(int64_t)) == 0 &&
           memcmp(pf_result_polygons(a), pf_result_polygons(b), pairs * sizeof(int32_t)) == 0 &&
           memcmp(pf_result_values(a), pf_result_values(b), pairs * sizeof(double)) == 0;
}

static inline int same_everything(const answers *a, const answers *b) {
    int r, same = memcmp(a, b, offsetof(answers, results)) == 0;
    for (r = 0; r <= RELATIONS; r++) same &= same_result(a->results[r], b->results[r]);
    return same;
}

#endif
