/* pf_run: the same answers with any number of workers and on the portable path; progress; cancel. */
#include "calls.h"
#include "check.h"
#include "everything.h"

#include <pthread.h>

/* The verbs agree with each other about a relation. */
static void check_relation(const answers *a, int r) {
    const int32_t *nearest = r == 0 ? a->nearest_center : a->nearest;
    const double *distance = r == 0 ? a->center_distance : a->distance;
    const int64_t *ends = pf_result_offsets(a->results[r]);
    const int32_t *rows = pf_result_polygons(a->results[r]);
    const double *away = pf_result_values(a->results[r]);
    size_t i, bad = 0;
    CHECK(pf_result_rows(a->results[r]) == POINTS && ends[0] == 0 && pf_result_pairs(a->results[r]) > POINTS / 8);
    CHECK((size_t)ends[POINTS] == pf_result_pairs(a->results[r]));
    for (i = 0; i < POINTS; i++) {
        int64_t pair, n = ends[i + 1] - ends[i], by_area = -1, by_distance = -1, by_priority = -1;
        bad += (uint32_t)n != a->count[r][i] || (n > 0) != a->any[r][i];
        for (pair = ends[i]; pair < ends[i + 1]; pair++) {
            bad += rows[pair] < 0 || rows[pair] >= POLYGONS || (pair > ends[i] && rows[pair - 1] >= rows[pair]);
            if (by_area < 0 || a->area[rows[pair]] < a->area[rows[by_area]]) by_area = pair;
            if (by_distance < 0 || away[pair] < away[by_distance]) by_distance = pair;
            if (by_priority < 0 || priority[rows[pair]] < priority[rows[by_priority]]) by_priority = pair;
        }
        bad += a->best[r][0][i] != (n ? rows[ends[i]] : PF_NONE);
        bad += a->best[r][2][i] != (n ? rows[by_area] : PF_NONE);
        bad += a->best[r][3][i] != (n ? rows[by_priority] : PF_NONE);
        if (n == 0) continue;
        bad += a->value[r][1][i] != away[by_distance];
        if (r == 0) bad += a->best[r][4][i] != a->best[r][1][i] || a->value[r][4][i] != a->value[r][1][i];
        else bad += a->best[r][1][i] != rows[by_distance] || a->value[r][4][i] < a->center_distance[K * i];
        /* What is inside is nearest, whether it counts as inside on its boundary or not. */
        bad += a->value[r][1][i] != distance[K * i];
        if (r == 0 || r + PF_CLOSE == PF_DWITHIN) bad += a->best[r][1][i] != nearest[K * i];
    }
    CHECK(bad == 0);
}

/* Ties of the k-th are all that pf_index_find_nearest says beside pf_index_nearest; and it was given a limit. */
static void check_nearest(const answers *a) {
    const int64_t *ends = pf_result_offsets(a->results[RELATIONS]);
    size_t i, bad = 0;
    for (i = 0; i < POINTS; i++) {
        int64_t n = ends[i + 1] - ends[i], pair;
        for (pair = 0; pair < n; pair++) {
            int64_t rank = pair < K ? pair : K - 1, own = ends[i] + pair;
            bad += pf_result_values(a->results[RELATIONS])[own] != a->distance[K * i + (size_t)rank];
            bad += pair < K && pf_result_polygons(a->results[RELATIONS])[own] != a->nearest[K * i + (size_t)rank];
        }
        bad += n < K && a->distance[K * i + (size_t)n] <= 1.5;
    }
    CHECK(bad == 0);
}

/* All answers and the bytes of indexes are the same in every round, with any number of workers, on every path. */
static void same_answers(const crowd *c, int rounds) {
    static const uint32_t workers[] = {0, 1, 2, 3, 4, 8, 24}, paths[] = {0, PF_RUN_PORTABLE};
    static answers wanted, got;
    int i, r;
    ask(c, NULL, &wanted);
    for (r = 0; r < RELATIONS; r++) check_relation(&wanted, r);
    check_nearest(&wanted);
    for (i = 0; i < 7 * rounds; i++) {
        pf_run run = {sizeof run, 0, NULL, NULL, NULL, 0, 0, 0};
        run.workers = workers[i % 7];
        run.flags = paths[i % 2] | (i % 3 ? 0 : PF_RUN_DIRECT);
        ask(c, &run, &got);
        CHECK(same_everything(&wanted, &got));
        forget_results(&got);
    }
    forget_results(&wanted);
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

static void progress_and_cancel(const crowd *c, const pf_index *index, const saved *file, uint32_t relation) {
    int which, workers;
    pf_query q = question(relation, PF_BY_AREA), few = {sizeof few, PF_COVERS, 0, 0, 0, NULL, 0, 0};
    pf_result *pairs = NULL;
    WORKS(pf_index_find(index, &c->lent, &few, NULL, &pairs, err));
    CHECK(pf_result_pairs(pairs) > 0 && pf_result_pairs(pairs) <= K * POINTS);
    for (which = 0; which < CALLS; which++)
        for (workers = 1; workers <= 2 && calls[which].takes & TAKES_RUN; workers++) {
            witness w = {pthread_self(), 0, 0, 0, 0, 0};
            int32_t cancel = 0;
            if (calls[which].takes & TAKES_QUERY ? !takes_relation(which, relation) : relation != PF_CLOSE) break;
            int dummy, gives_handle = calls[which].takes & GIVES_HANDLE;
            void *handle = &dummy;
            pf_run run = {sizeof run, 0, tell, NULL, NULL, 0, 0, 0};
            arguments a = {NULL, NULL, NULL, NULL, NULL, NULL, K, numbers, more_numbers, K * POINTS, NULL, NULL, 0, 0, NULL};
            a.index = index;
            a.polygons = &c->table;
            a.points = &c->lent;
            a.query = &q;
            a.run = &run;
            a.result = pairs;
            use_saved(&a, file);
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
    pf_result_free(pairs);
}

/* A flag that another thread sets while a call runs. */
static int32_t shared_flag;

static void *set_flag(void *data) {
    (void)data;
    __atomic_store_n(&shared_flag, 1, __ATOMIC_RELAXED);
    return NULL;
}

static void cancel_from_a_thread(const crowd *c, const pf_index *index) {
    pf_run run = {sizeof run, 1, NULL, NULL, &shared_flag, 0, 0, 0};
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

/* With a number that is how many rounds, which the other tests do without. */
int main(int count, char **words) {
    crowd c = crowd_make(POLYGONS, POINTS);
    pf_index *index = NULL;
    saved file;
    uint32_t relation;
    size_t i;
    for (i = 0; i < POLYGONS; i++) priority[i] = (double)(i * 7919 % 101);
    WORKS(pf_index_build(&c.table, NULL, NULL, &index, err));
    same_answers(&c, count > 1 ? atoi(words[1]) : 1);
    file = save_index(index, "running");
    for (relation = PF_CLOSE; relation <= PF_DWITHIN; relation++) progress_and_cancel(&c, index, &file, relation);
    saved_forget(&file);
    cancel_from_a_thread(&c, index);
    pf_index_free(index);
    crowd_free(&c);
    DONE();
}
