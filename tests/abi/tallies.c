/* Tallies: what they hold, whom they keep, and what is refused and then has changed nothing. */
#include "check.h"
#include "zones.h"

static const pf_query here = {sizeof(pf_query), PF_COVERS, 0, 0, 0, NULL, 0, 0};
static const double worth[STOPS] = {1.5, NAN, 8};
static const int32_t group[STOPS] = {0, 2, PF_NONE};
static const pf_attributes brought = {sizeof(pf_attributes), 0, worth, STOPS, NULL, 0};

static pf_tally *new_tally(size_t groups) {
    pf_index *index = zones_index();
    pf_tally *tally = NULL;
    WORKS(pf_tally_make(index, groups, NULL, &tally, err));
    pf_index_free(index); /* the tally keeps it */
    return tally;
}

static int counts_are(const pf_tally *tally, uint32_t column, const uint64_t *wanted) {
    uint64_t counts[3 * ZONES];
    size_t len = pf_tally_len(tally);
    return len > 0 && pf_tally_counts(tally, column, NULL, counts, len, NULL) == PF_OK &&
           memcmp(counts, wanted, len * sizeof *counts) == 0;
}

static double value(const pf_tally *tally, uint32_t column, size_t row) {
    double values[3 * ZONES];
    return pf_tally_values(tally, column, NULL, values, 3 * ZONES, NULL) == PF_OK ? values[row] : -77;
}

static void columns(void) {
    static const uint64_t two[ZONES] = {0, 0, 0, 0, 2, 0}, one[ZONES] = {0, 0, 0, 0, 1, 0};
    static const uint64_t near[ZONES] = {0, 0, 0, 0, 2, 1};
    pf_query far = {sizeof far, PF_DWITHIN, 1000, PF_BY_DISTANCE, PF_BEST_ONLY, NULL, 0, 0};
    pf_tally *tally = new_tally(1), *other = new_tally(1);
    CHECK(pf_tally_len(tally) == ZONES && pf_tally_len(NULL) == 0);
    WORKS(pf_tally_add(tally, &stops, &brought, &here, NULL, err));
    CHECK(counts_are(tally, PF_TALLY_POINTS, two) && counts_are(tally, PF_TALLY_VALUES, one));
    CHECK(value(tally, PF_TALLY_SUM, 4) == 1.5 && value(tally, PF_TALLY_MEAN, 4) == 1.5);
    CHECK(value(tally, PF_TALLY_MIN, 4) == 1.5 && value(tally, PF_TALLY_MAX, 4) == 1.5);
    CHECK(value(tally, PF_TALLY_SUM, 3) == 0 && isnan(value(tally, PF_TALLY_MEAN, 3)) && isnan(value(tally, PF_TALLY_MIN, 3)));
    WORKS(pf_tally_add(other, &stops, &brought, &far, NULL, err));
    CHECK(counts_are(other, PF_TALLY_POINTS, near) && value(other, PF_TALLY_MAX, 5) == 8);
    far.flags = 0;
    far.distance = 1;
    WORKS(pf_tally_add(other, &stops, NULL, &far, NULL, err));
    WORKS(pf_tally_merge(other, tally, NULL, err));
    CHECK(value(other, PF_TALLY_SUM, 4) == 3 && value(other, PF_TALLY_MEAN, 4) == 1.5);
    pf_tally_free(tally);
    pf_tally_free(tally);
    REFUSED(pf_tally_merge(other, tally, NULL, err), PF_ERROR_ARGUMENT, -1, "other is no tally, or was freed");
    pf_tally_free(other);
}

static void groups(void) {
    uint64_t wanted[3 * ZONES] = {0};
    pf_attributes grouped = brought;
    pf_tally *tally = new_tally(3);
    CHECK(pf_tally_len(tally) == 3 * ZONES);
    grouped.groups = group;
    grouped.groups_len = STOPS;
    WORKS(pf_tally_add(tally, &stops, &grouped, &here, NULL, err));
    wanted[12] = wanted[14] = 1;
    CHECK(counts_are(tally, PF_TALLY_POINTS, wanted));
    REFUSED(pf_tally_add(tally, &stops, &brought, &here, NULL, err), PF_ERROR_ARGUMENT, -1, "attributes.groups is missing: tally has 3");
    pf_tally_free(tally);
}

/* Calls on a tally from the progress function of a call that changes it. */
typedef struct nested {
    pf_tally *tally, *other;
    int told;
} nested;

static int32_t ask_inside(uint64_t done, uint64_t total, void *data) {
    nested *n = (nested *)data;
    uint64_t counts[ZONES];
    (void)done, (void)total;
    n->told++;
    REFUSED(pf_tally_add(n->tally, &stops, NULL, &here, NULL, err), PF_ERROR_ARGUMENT, -1, "tally is in use by another call");
    REFUSED(pf_tally_counts(n->tally, PF_TALLY_POINTS, NULL, counts, ZONES, err), PF_ERROR_ARGUMENT, -1, "tally is in use");
    REFUSED(pf_tally_merge(n->other, n->tally, NULL, err), PF_ERROR_ARGUMENT, -1, "other is in use by another call");
    WORKS(pf_tally_add(n->other, &stops, NULL, &here, NULL, err));
    pf_tally_free(n->tally); /* which then lives to the end of the call */
    return 0;
}

static void one_call_at_a_time(void) {
    nested n = {NULL, NULL, 0};
    pf_run run = {sizeof run, 0, NULL, NULL, NULL, 0, 0, 0};
    n.tally = new_tally(1);
    n.other = new_tally(1);
    run.progress = ask_inside;
    run.progress_data = &n;
    REFUSED(pf_tally_merge(n.other, n.other, NULL, err), PF_ERROR_ARGUMENT, -1, "other is the tally itself");
    WORKS(pf_tally_add(n.tally, &stops, &brought, &here, &run, err));
    CHECK(n.told == 1 && pf_tally_len(n.tally) == 0);
    pf_tally_free(n.other);
}

static int32_t stop(uint64_t done, uint64_t total, void *data) {
    (void)done, (void)total, (void)data;
    return 1;
}

static void what_is_refused_changes_nothing(void) {
    static const uint64_t two[ZONES] = {0, 0, 0, 0, 2, 0};
    static const double infinite[STOPS] = {1, 2, INFINITY};
    static const int32_t unknown[STOPS] = {0, 1, 0};
    static const double bad_x[STOPS] = {0, 0, NAN};
    pf_points spoiled = {bad_x, stop_y, STOPS, sizeof(double), PF_F64, 0};
    pf_attributes bad = {sizeof bad, 0, infinite, STOPS, NULL, 0};
    pf_run run = {sizeof run, 0, stop, NULL, NULL, 0, 0, 0};
    pf_query wide = here;
    uint64_t counts[ZONES];
    pf_tally *tally = new_tally(1), *grouped = new_tally(3), *none = tally;
    pf_index *index = zones_index();
    WORKS(pf_tally_add(tally, &stops, &brought, &here, NULL, err));
    REFUSED(pf_tally_add(tally, &stops, &bad, &here, NULL, err), PF_ERROR_ARGUMENT, 2, "attributes.values[2] is not finite: inf");
    bad.values = worth;
    bad.groups = unknown;
    bad.groups_len = STOPS;
    REFUSED(pf_tally_add(tally, &stops, &bad, &here, NULL, err), PF_ERROR_ARGUMENT, 1, "attributes.groups[1] = 1 is not one of 1 groups");
    REFUSED(pf_tally_add(tally, &spoiled, &brought, &here, NULL, err), PF_ERROR_COORDINATE, 2, "points.x[2] is not finite");
    wide.flags = PF_WITH_DISTANCES;
    REFUSED(pf_tally_add(tally, &stops, &brought, &wide, NULL, err), PF_ERROR_UNSUPPORTED, -1, "query.flags = 1");
    REFUSED(pf_tally_add(tally, &stops, &brought, &here, &run, err), PF_ERROR_CANCELLED, -1, "stopped");
    REFUSED(pf_tally_merge(tally, grouped, NULL, err), PF_ERROR_ARGUMENT, -1, "other has 3 groups, tally has 1");
    REFUSED(pf_tally_counts(tally, PF_TALLY_SUM, NULL, counts, ZONES, err), PF_ERROR_ARGUMENT, -1, "column = 3");
    run.progress = NULL;
    run.max_bytes = 8;
    REFUSED(pf_tally_add(tally, &stops, &brought, &here, &run, err), PF_ERROR_LIMIT, -1, "run.max_bytes = 8");
    CHECK(counts_are(tally, PF_TALLY_POINTS, two) && value(tally, PF_TALLY_SUM, 4) == 1.5);
    REFUSED(pf_tally_make(index, 1, &run, &none, err), PF_ERROR_LIMIT, -1, "run.max_bytes = 8");
    CHECK(none == NULL);
    REFUSED(pf_tally_make(index, 0, NULL, &none, err), PF_ERROR_ARGUMENT, -1, "groups must be at least 1");
    REFUSED(pf_tally_make(index, SIZE_MAX / 2, NULL, &none, err), PF_ERROR_ARGUMENT, -1, "more than memory can hold");
    pf_index_free(index);
    pf_tally_free(tally);
    pf_tally_free(grouped);
}

int main(void) {
    columns();
    groups();
    one_call_at_a_time();
    what_is_refused_changes_nothing();
    DONE();
}
