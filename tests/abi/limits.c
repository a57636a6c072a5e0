/* pf_query.max_pairs and pf_run.max_bytes: what is over them is PF_ERROR_LIMIT, and what is not is as without them. */
#include "calls.h"
#include "check.h"
#include "zones.h"

enum { POLYGONS = 2000, POINTS = 5000, K = 3 };

static crowd town;
static pf_index *town_index;

static void pairs_are_limited(void) {
    static const uint32_t workers[] = {1, 2, 0};
    int which, w;
    for (which = FIND_NEAREST; which <= FIND; which++)
        for (w = 0; w < 3; w++) {
            pf_query q = {sizeof q, PF_DWITHIN, 1, 0, 0, NULL, 0, 0};
            pf_run run = {sizeof run, 0, NULL, NULL, NULL, 0, 0, 0};
            arguments a = {NULL, NULL, NULL, NULL, NULL, NULL, K, NULL, NULL, 0, NULL, NULL, 0, 0, NULL};
            pf_result *all = NULL, *some = NULL;
            char text[64];
            run.workers = workers[w];
            a.index = town_index;
            a.points = &town.lent;
            a.query = &q;
            a.run = &run;
            a.out = &all;
            WORKS(call(which, &a, err));
            a.out = &some;
            q.max_pairs = pf_result_pairs(all);
            CHECK(q.max_pairs > POINTS);
            WORKS(call(which, &a, err));
            CHECK(pf_result_pairs(some) == pf_result_pairs(all));
            pf_result_free(some);
            for (q.max_pairs--; q.max_pairs > 0; q.max_pairs /= 2) {
                some = all;
                snprintf(text, sizeof text, "query.max_pairs = %lu: there are more", (unsigned long)q.max_pairs);
                REFUSED(call(which, &a, err), PF_ERROR_LIMIT, -1, text);
                CHECK(some == NULL);
            }
            /* A program that does not know of it has none, whatever is behind its structure. */
            q.max_pairs = 1;
            q.struct_size = offsetof(pf_query, max_pairs);
            WORKS(call(which, &a, err));
            CHECK(pf_result_pairs(some) == pf_result_pairs(all));
            pf_result_free(some);
            pf_result_free(all);
        }
}

static void memory_is_limited(void) {
    saved file = save_index(town_index, "limits");
    int which;
    for (which = 0; which < CALLS; which++) {
        static int32_t rows[K * POINTS];
        static double numbers[K * POINTS];
        pf_query q = {sizeof q, PF_DWITHIN, 1, 0, 0, NULL, 0, 0};
        pf_run run = {sizeof run, 0, NULL, NULL, NULL, 0, 0, 0};
        arguments a = {NULL, NULL, NULL, NULL, NULL, NULL, K, rows, numbers, K * POINTS, NULL, NULL, 0, 0, NULL};
        void *handle = NULL;
        pf_status status = PF_ERROR_LIMIT;
        int gives_handle = calls[which].takes & GIVES_HANDLE;
        if (!(calls[which].takes & TAKES_RUN) || calls[which].takes & TAKES_RESULT) continue;
        if (calls[which].takes & TAKES_POLYGONS && which != BUILD) continue;
        a.index = town_index;
        a.polygons = &town.table;
        a.points = &town.lent;
        a.query = &q;
        a.run = &run;
        use_saved(&a, &file);
        if (gives_handle) a.out = &handle;
        run.max_bytes = 1;
        handle = &q;
        REFUSED(call(which, &a, err), PF_ERROR_LIMIT, -1, "is less than this call needs");
        CHECK(handle == (gives_handle ? NULL : (void *)&q));
        for (run.max_bytes = 1024; status == PF_ERROR_LIMIT; run.max_bytes *= 2) status = call(which, &a, NULL);
        CHECK(status == PF_OK && run.max_bytes < (uint64_t)1 << 26);
        if (gives_handle) forget(which, handle);
        run.max_bytes = UINT64_MAX;
        WORKS(call(which, &a, err));
        if (gives_handle) forget(which, handle);
        run.max_bytes = 1;
        run.struct_size = offsetof(pf_run, max_bytes);
        WORKS(call(which, &a, err));
        if (gives_handle) forget(which, handle);
    }
    saved_forget(&file);
}

int main(void) {
    town = crowd_make(POLYGONS, POINTS);
    WORKS(pf_index_build(&town.table, NULL, NULL, &town_index, err));
    pairs_are_limited();
    memory_is_limited();
    pf_index_free(town_index);
    crowd_free(&town);
    DONE();
}
