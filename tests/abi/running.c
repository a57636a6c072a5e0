/* pf_run: the same answers with any number of workers and on the portable path; progress; cancel. */
#include "calls.h"
#include "check.h"
#include "zones.h"

#include <pthread.h>

enum { K = 3, POLYGONS = 3000, POINTS = 20000 };

/* All that can be asked of a crowd. */
typedef struct answers {
    double area[POLYGONS], signed_area[POLYGONS], perimeter[POLYGONS], center[2][POLYGONS], centroid[2][POLYGONS];
    pf_box bounds[POLYGONS];
    uint8_t any[POINTS];
    uint32_t count[POINTS];
    int32_t best[4][POINTS], nearest[K * POINTS];
    double value[4][POINTS], distance[K * POINTS];
    pf_result *result;
} answers;

static double priority[POLYGONS];

static pf_query question(uint32_t order) {
    pf_query q = {sizeof q, PF_CLOSE, 1.5, 0, 0, NULL, 0};
    q.order = order;
    q.priority = priority;
    q.priority_len = POLYGONS;
    return q;
}

static void ask(const crowd *c, const pf_run *run, answers *a) {
    static const uint32_t orders[] = {PF_BY_POLYGON, PF_BY_DISTANCE, PF_BY_AREA, PF_BY_PRIORITY};
    pf_index *index = NULL;
    pf_query q = question(PF_BY_POLYGON);
    int i;
    memset(a, 0xA5, sizeof *a);
    WORKS(pf_polygons_area(&c->table, run, a->area, POLYGONS, err));
    WORKS(pf_polygons_signed_area(&c->table, run, a->signed_area, POLYGONS, err));
    WORKS(pf_polygons_perimeter(&c->table, run, a->perimeter, POLYGONS, err));
    WORKS(pf_polygons_center(&c->table, run, a->center[0], a->center[1], POLYGONS, err));
    WORKS(pf_polygons_centroid(&c->table, run, a->centroid[0], a->centroid[1], POLYGONS, err));
    WORKS(pf_polygons_bounds(&c->table, run, a->bounds, POLYGONS, err));
    WORKS(pf_index_build(&c->table, NULL, run, &index, err));
    WORKS(pf_index_any(index, &c->lent, &q, run, a->any, POINTS, err));
    WORKS(pf_index_count(index, &c->lent, &q, run, a->count, POINTS, err));
    for (i = 0; i < 4; i++) {
        q = question(orders[i]);
        WORKS(pf_index_best(index, &c->lent, &q, run, a->best[i], a->value[i], POINTS, err));
    }
    WORKS(pf_index_nearest(index, &c->lent, K, NULL, run, a->nearest, a->distance, K * POINTS, err));
    WORKS(pf_index_find(index, &c->lent, &q, run, &a->result, err));
    pf_index_free(index);
}

/* The verbs agree with each other. */
static void check_consistent(const answers *a) {
    const int64_t *ends = pf_result_offsets(a->result);
    const int32_t *rows = pf_result_polygons(a->result);
    size_t i, bad = 0;
    CHECK(pf_result_rows(a->result) == POINTS && ends[0] == 0 && pf_result_pairs(a->result) > POINTS);
    CHECK((size_t)ends[POINTS] == pf_result_pairs(a->result));
    for (i = 0; i < POINTS; i++) {
        int64_t pair, n = ends[i + 1] - ends[i];
        int32_t by_area = PF_NONE;
        bad += (uint32_t)n != a->count[i] || (n > 0) != a->any[i] || a->best[0][i] != (n ? rows[ends[i]] : PF_NONE);
        bad += n > 0 && (a->best[1][i] != a->nearest[K * i] || a->value[1][i] != a->distance[K * i]);
        for (pair = ends[i]; pair < ends[i + 1]; pair++) {
            bad += rows[pair] < 0 || rows[pair] >= POLYGONS || (pair > ends[i] && rows[pair - 1] >= rows[pair]);
            if (by_area == PF_NONE || a->area[rows[pair]] < a->area[by_area]) by_area = rows[pair];
        }
        bad += a->best[2][i] != by_area;
    }
    CHECK(bad == 0);
}

static void same_answers(const crowd *c) {
    static const uint32_t workers[] = {1, 2, 7, 0, 1, 2}, flags[] = {
        0, 0, PF_RUN_DIRECT, 0, PF_RUN_PORTABLE, PF_RUN_PORTABLE | PF_RUN_DIRECT};
    static answers wanted, got;
    int i;
    ask(c, NULL, &wanted);
    check_consistent(&wanted);
    for (i = 0; i < 6; i++) {
        pf_run run = {sizeof run, 0, NULL, NULL, NULL, 0, 0};
        run.workers = workers[i];
        run.flags = flags[i];
        ask(c, &run, &got);
        CHECK(memcmp(&wanted, &got, offsetof(answers, result)) == 0);
        CHECK(memcmp(pf_result_offsets(wanted.result), pf_result_offsets(got.result), (POINTS + 1) * sizeof(int64_t)) == 0);
        CHECK(memcmp(pf_result_polygons(wanted.result), pf_result_polygons(got.result),
                     pf_result_pairs(wanted.result) * sizeof(int32_t)) == 0);
        pf_result_free(got.result);
    }
    pf_result_free(wanted.result);
}

/* What a progress function has seen. */
typedef struct witness {
    pthread_t caller;
    uint64_t calls, done, total;
    int bad;
    int32_t answer;
} witness;

static int32_t tell(uint64_t done, uint64_t total, void *data) {
    witness *w = (witness *)data;
    w->bad |= !pthread_equal(w->caller, pthread_self()) || done > total || total == 0;
    w->bad |= w->calls > 0 && (done < w->done || total != w->total);
    w->calls++;
    w->done = done;
    w->total = total;
    return w->answer;
}

static double numbers[K * POINTS], more_numbers[K * POINTS];
static pf_box boxes[POLYGONS];

static void progress_and_cancel(const crowd *c, const pf_index *index) {
    int which, workers;
    pf_query q = question(PF_BY_AREA);
    for (which = 0; which < CALLS; which++)
        for (workers = 1; workers <= 2 && calls[which].takes & TAKES_RUN; workers++) {
            witness w = {pthread_self(), 0, 0, 0, 0, 0};
            int32_t cancel = 0;
            int dummy, gives_handle = calls[which].takes & GIVES_HANDLE;
            void *handle = &dummy;
            pf_run run = {sizeof run, 0, tell, NULL, NULL, 0, 0};
            arguments a = {NULL, NULL, NULL, NULL, NULL, NULL, K, numbers, more_numbers, K * POINTS};
            a.index = index;
            a.polygons = &c->table;
            a.points = &c->lent;
            a.query = &q;
            a.run = &run;
            if (which == BOUNDS) a.out = boxes, a.out_len = POLYGONS;
            if (gives_handle) a.out = &handle;
            run.workers = (uint32_t)workers;
            run.progress_data = &w;
            run.cancel = &cancel;

            WORKS(call(which, &a, err));
            if (!CHECK(w.calls >= 1 && w.done == w.total && !w.bad)) fprintf(stderr, "    %s\n", calls[which].name);
            if (gives_handle) forget(which, handle);

            w.calls = 0;
            w.answer = 1;
            handle = &dummy;
            REFUSED(call(which, &a, err), PF_ERROR_CANCELLED, -1, "stopped by the progress callback");
            CHECK(w.calls == 2); /* REFUSED calls twice, each of which asks once */
            CHECK(handle == (gives_handle ? NULL : &dummy));

            run.progress = NULL;
            cancel = -1;
            handle = &dummy;
            REFUSED(call(which, &a, err), PF_ERROR_CANCELLED, -1, "cancel flag");
            CHECK(handle == (gives_handle ? NULL : &dummy));
        }
}

/* A flag that another thread sets while a call runs. */
static int32_t shared_flag;

static void *set_flag(void *data) {
    (void)data;
    __atomic_store_n(&shared_flag, 1, __ATOMIC_RELAXED);
    return NULL;
}

static void cancel_from_a_thread(const crowd *c, const pf_index *index) {
    pf_run run = {sizeof run, 1, NULL, NULL, &shared_flag, 0, 0};
    pthread_t thread;
    pf_status status;
    static int32_t rows[K * POINTS];
    long tries;
    if (!CHECK(pthread_create(&thread, NULL, set_flag, NULL) == 0)) return;
    for (tries = 0, status = PF_OK; status == PF_OK && tries < 1000000; tries++)
        status = pf_index_nearest(index, &c->lent, K, NULL, &run, rows, NULL, K * POINTS, NULL);
    CHECK(status == PF_ERROR_CANCELLED);
    pthread_join(thread, NULL);
}

int main(void) {
    crowd c = crowd_make(POLYGONS, POINTS);
    pf_index *index = NULL;
    size_t i;
    for (i = 0; i < POLYGONS; i++) priority[i] = (double)(i * 7919 % 101);
    WORKS(pf_index_build(&c.table, NULL, NULL, &index, err));
    same_answers(&c);
    progress_and_cancel(&c, index);
    cancel_from_a_thread(&c, index);
    pf_index_free(index);
    crowd_free(&c);
    DONE();
}
