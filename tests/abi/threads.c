/* Eight threads ask one index at once, each with its own kind of call, and get what one thread gets. */
#include "check.h"
#include "zones.h"

#include <pthread.h>

enum { THREADS = 8, ROUNDS = 5, POLYGONS = 2000, POINTS = 5000, K = 2 };

static crowd shared;
static pf_index *shared_index;
static int32_t wanted_best[POINTS], wanted_nearest[K * POINTS];
static uint32_t wanted_count[POINTS]; /* of polygons within a distance */
static const pf_query by_area = {sizeof(pf_query), PF_CLOSE, 2.5, PF_BY_AREA, 0, NULL, 0, 0};
static const pf_query within = {sizeof(pf_query), PF_DWITHIN, 0.5, PF_BY_POLYGON, 0, NULL, 0, 0};

static pf_status ask(const pf_run *run, int32_t *best, uint32_t *count, int32_t *nearest) {
    pf_status status = pf_index_best(shared_index, &shared.lent, &by_area, run, best, NULL, POINTS, NULL);
    if (status == PF_OK) status = pf_index_count(shared_index, &shared.lent, &within, run, count, POINTS, NULL);
    if (status != PF_OK) return status;
    return pf_index_nearest(shared_index, &shared.lent, K, NULL, run, nearest, NULL, K * POINTS, NULL);
}

static void *work(void *data) {
    int number = *(const int *)data, round;
    size_t bad = 0, i;
    int32_t *best = (int32_t *)malloc(sizeof wanted_best), *nearest = (int32_t *)malloc(sizeof wanted_nearest);
    uint32_t *count = (uint32_t *)malloc(sizeof wanted_count);
    pf_run run = {sizeof run, 0, NULL, NULL, NULL, 0, 0, 0};
    run.workers = 1 + (uint32_t)number % 3;
    for (round = 0; round < ROUNDS; round++) {
        pf_result *result = NULL;
        pf_index *own = NULL;
        bad += ask(&run, best, count, nearest) != PF_OK;
        bad += memcmp(best, wanted_best, sizeof wanted_best) != 0;
        bad += memcmp(count, wanted_count, sizeof wanted_count) != 0;
        bad += memcmp(nearest, wanted_nearest, sizeof wanted_nearest) != 0;
        bad += pf_index_find(shared_index, &shared.lent, &within, &run, &result, NULL) != PF_OK;
        for (i = 0; i < POINTS; i++)
            bad += pf_result_offsets(result)[i + 1] - pf_result_offsets(result)[i] != (int64_t)wanted_count[i];
        pf_result_free(result);
        bad += pf_index_build(&shared.table, NULL, &run, &own, NULL) != PF_OK || pf_index_len(own) != POLYGONS;
        pf_index_free(own);
    }
    free(best);
    free(nearest);
    free(count);
    return bad ? data : NULL;
}

int main(void) {
    pthread_t threads[THREADS];
    int numbers[THREADS], i;
    shared = crowd_make(POLYGONS, POINTS);
    WORKS(pf_index_build(&shared.table, NULL, NULL, &shared_index, err));
    CHECK(ask(NULL, wanted_best, wanted_count, wanted_nearest) == PF_OK);
    for (i = 0; i < THREADS; i++) {
        numbers[i] = i;
        CHECK(pthread_create(&threads[i], NULL, work, &numbers[i]) == 0);
    }
    for (i = 0; i < THREADS; i++) {
        void *failed = NULL;
        CHECK(pthread_join(threads[i], &failed) == 0 && failed == NULL);
    }
    pf_index_free(shared_index);
    crowd_free(&shared);
    DONE();
}
