/* What the calls on points refuse of the index, the points, the query and k. */
#include "refuse.h"

static arguments args;
static pf_points points;
static pf_query query;
static double x[STOPS], y[STOPS], priority[ZONES];

static void good(void) {
    args = good_arguments();
    points = stops;
    memcpy(x, stop_x, sizeof x);
    memcpy(y, stop_y, sizeof y);
    points.x = x;
    points.y = y;
    query = good_query;
    memcpy(priority, zone_priority, sizeof priority);
    args.points = &points;
    args.query = &query;
}

#define SPOILED(takes, change, status, row, text)                \
    do {                                                         \
        good();                                                  \
        change;                                                  \
        REFUSED_BY_ALL(takes, &args, status, row, text);         \
    } while (0)

static void the_points(void) {
    static const size_t huge[] = {SIZE_MAX, SIZE_MAX / 8, SIZE_MAX / 8 + 2, (size_t)1 << 63, ((size_t)1 << 60) + 1};
    static const double bad[] = {NAN, INFINITY, -INFINITY};
    size_t i, b;
    SPOILED(TAKES_POINTS, args.points = NULL, PF_ERROR_NULL, -1, "points is NULL");
    SPOILED(TAKES_POINTS, args.points = (const pf_points *)((const char *)&points + 4), PF_ERROR_LAYOUT, -1,
            "points is not aligned to 8 bytes");
    SPOILED(TAKES_POINTS, points.dtype = 0, PF_ERROR_ARGUMENT, -1, "points.dtype = 0 is neither");
    SPOILED(TAKES_POINTS, points.dtype = PF_I64, PF_ERROR_ARGUMENT, -1, "points.dtype = 4 is neither");
    SPOILED(TAKES_POINTS, points.reserved = 7, PF_ERROR_UNSUPPORTED, -1, "points.reserved = 7");
    SPOILED(TAKES_POINTS, points.x = NULL, PF_ERROR_NULL, -1, "points.x is NULL");
    SPOILED(TAKES_POINTS, points.y = NULL, PF_ERROR_NULL, -1, "points.y is NULL");
    SPOILED(TAKES_POINTS, points.stride = 0, PF_ERROR_LAYOUT, -1, "points.stride = 0 is not a multiple");
    SPOILED(TAKES_POINTS, points.stride = 12, PF_ERROR_LAYOUT, -1, "points.stride = 12 is not a multiple");
    SPOILED(TAKES_POINTS, points.x = (char *)x + 1, PF_ERROR_LAYOUT, -1, "points.x is not aligned to 8 bytes");
    SPOILED(TAKES_POINTS, (points.y = (char *)y + 2, points.dtype = PF_F32), PF_ERROR_LAYOUT, -1,
            "points.y is not aligned to 4 bytes");
    SPOILED(TAKES_POINTS, points.stride = SIZE_MAX - 7, PF_ERROR_LAYOUT, -1, "more than memory can hold");
    for (i = 0; i < sizeof huge / sizeof *huge; i++)
        SPOILED(TAKES_POINTS, points.len = huge[i], PF_ERROR_LAYOUT, -1, "8 bytes apart are more than memory can hold");
    for (i = 0; i < STOPS; i++)
        for (b = 0; b < 3; b++) {
            char text[64];
            snprintf(text, sizeof text, "points.x[%d] is not finite", (int)i);
            SPOILED(TAKES_POINTS, x[i] = bad[b], PF_ERROR_COORDINATE, (int64_t)i, text);
            snprintf(text, sizeof text, "points.y[%d] is not finite", (int)i);
            SPOILED(TAKES_POINTS, y[i] = bad[b], PF_ERROR_COORDINATE, (int64_t)i, text);
        }
}

static int is_nearest(int which) { return which == NEAREST || which == FIND_NEAREST; }

static void the_question(void) {
    const int all = TAKES_QUERY;
    uint32_t relation;
    int which;
    good();
    sized_structure(TAKES_QUERY, &args, (const void **)&args.query, sizeof query, "query");
    for (which = ANY; which <= FIND; which++) {
        good();
        args.query = NULL;
        if (is_nearest(which)) accepted_call(which, &args, __LINE__);
        else REFUSED_CALL(which, &args, PF_ERROR_NULL, -1, "query is NULL");
        for (relation = PF_CLOSE; relation <= PF_DWITHIN; relation++) {
            good();
            query.relation = relation;
            if (takes_relation(which, relation)) accepted_call(which, &args, __LINE__);
            else REFUSED_CALL(which, &args, PF_ERROR_ARGUMENT, -1, "query.relation ");
            query.distance = INFINITY;
            if (relation != PF_CLOSE && relation != PF_DWITHIN) continue;
            if (!is_nearest(which))
                REFUSED_CALL(which, &args, PF_ERROR_ARGUMENT, -1, "query.distance must be finite and not negative");
            else if (takes_relation(which, relation)) accepted_call(which, &args, __LINE__);
            query.distance = -1;
            if (takes_relation(which, relation)) REFUSED_CALL(which, &args, PF_ERROR_ARGUMENT, -1, "query.distance must");
        }
        good();
        query.flags = PF_WITH_DISTANCES;
        if (calls[which].takes & GIVES_HANDLE) accepted_call(which, &args, __LINE__);
        else REFUSED_CALL(which, &args, PF_ERROR_UNSUPPORTED, -1, "query.flags = 1");
    }
    SPOILED(all, args.index = NULL, PF_ERROR_NULL, -1, "index is NULL");
    SPOILED(all, query.relation = 0, PF_ERROR_ARGUMENT, -1, "query.relation = 0 is not a relation");
    SPOILED(all, query.relation = 6, PF_ERROR_ARGUMENT, -1, "query.relation = 6 is not a relation");
    SPOILED(all, query.relation = 4000000000u, PF_ERROR_ARGUMENT, -1, "query.relation = 4000000000 is not a relation");
    SPOILED(all, query.order = 3, PF_ERROR_ARGUMENT, -1, "query.order = 3 is not an order");
    SPOILED(all, query.order = 6, PF_ERROR_ARGUMENT, -1, "query.order = 6 is not an order");
    SPOILED(all, query.flags = 2, PF_ERROR_UNSUPPORTED, -1, "query.flags = 2");
    SPOILED(all, query.flags = 0x80000000u, PF_ERROR_UNSUPPORTED, -1, "query.flags = 2147483648");
    SPOILED(all, query.distance = NAN, PF_ERROR_ARGUMENT, -1, "query.distance must");
    SPOILED(all, query.distance = -1, PF_ERROR_ARGUMENT, -1, "query.distance must");
    SPOILED(all, query.distance = -INFINITY, PF_ERROR_ARGUMENT, -1, "query.distance must");
    SPOILED(all, query.distance = -5e-324, PF_ERROR_ARGUMENT, -1, "query.distance must");
    good();
    query.distance = -0.0;
    ACCEPTED_BY_ALL(all, &args);
}

static void by_priority(const double *values, size_t len) {
    query.order = PF_BY_PRIORITY;
    query.priority = values;
    query.priority_len = len;
}

static void the_priority(void) {
    static const size_t huge[] = {SIZE_MAX, SIZE_MAX / 8, (size_t)1 << 63};
    size_t i;
    SPOILED(TAKES_QUERY, by_priority(NULL, ZONES), PF_ERROR_NULL, -1, "query.priority is NULL");
    SPOILED(TAKES_QUERY, by_priority((double *)((char *)priority + 4), ZONES - 1), PF_ERROR_LAYOUT, -1,
            "query.priority is not aligned to 8 bytes");
    for (i = 0; i < 3; i++) SPOILED(TAKES_QUERY, by_priority(priority, huge[i]), PF_ERROR_LAYOUT, -1, "query.priority: ");
    good();
    by_priority(priority, ZONES - 1);
    REFUSED_CALL(BEST, &args, PF_ERROR_ARGUMENT, -1, "query.priority has 5 values for 6 polygons");
    by_priority(NULL, 0);
    REFUSED_CALL(BEST, &args, PF_ERROR_ARGUMENT, -1, "query.priority has 0 values for 6 polygons");
    by_priority(priority, ZONES);
    for (i = 0; i < ZONES; i++) {
        char text[64];
        priority[i] = NAN;
        snprintf(text, sizeof text, "query.priority[%d] is NaN", (int)i);
        REFUSED_CALL(BEST, &args, PF_ERROR_ARGUMENT, (int64_t)i, text);
        priority[i] = -INFINITY;
    }
    ACCEPTED_BY_ALL(TAKES_QUERY, &args);
}

static void the_k(void) {
    static const size_t huge[] = {SIZE_MAX, SIZE_MAX / 2, SIZE_MAX / 3 + 1};
    size_t i;
    good();
    args.k = 0;
    REFUSED_CALL(NEAREST, &args, PF_ERROR_ARGUMENT, -1, "k must be at least 1");
    REFUSED_CALL(FIND_NEAREST, &args, PF_ERROR_ARGUMENT, -1, "k must be at least 1");
    args.query = NULL;
    REFUSED_CALL(NEAREST, &args, PF_ERROR_ARGUMENT, -1, "k must be at least 1");
    REFUSED_CALL(FIND_NEAREST, &args, PF_ERROR_ARGUMENT, -1, "k must be at least 1");
    args.k = SIZE_MAX; /* of which there need not be as many */
    accepted_call(FIND_NEAREST, &args, __LINE__);
    for (i = 0; i < 3; i++) {
        args.k = huge[i];
        args.out_len = SIZE_MAX;
        REFUSED_CALL(NEAREST, &args, PF_ERROR_ARGUMENT, -1, "for 3 points is more than memory can hold");
    }
    args.k = SIZE_MAX / 3; /* fits a size_t, but no memory */
    REFUSED_CALL(NEAREST, &args, PF_ERROR_LAYOUT, -1, "more than memory can hold");
    args.out_len = 6;
    REFUSED_CALL(NEAREST, &args, PF_ERROR_CAPACITY, -1, "out_polygon has room for 6 elements");
    args.k = 3;
    REFUSED_CALL(NEAREST, &args, PF_ERROR_CAPACITY, -1, "out_polygon has room for 6 elements; 9 are needed");
}

int main(void) {
    refuse_setup();
    good();
    ACCEPTED_BY_ALL(TAKES_POINTS, &args);
    the_points();
    the_question();
    the_priority();
    the_k();
    refuse_teardown();
    DONE();
}
