/* Handles that are freed, made up or of another kind: every function that takes one refuses them; and frees that race calls. */
#include "calls.h"
#include "check.h"
#include "zones.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>

/* One function that takes a handle, called with that and nothing else; whether it refuses. `run.py` writes one for each in the header. */
typedef struct handle_call {
    const char *name;
    const char *kind;
    int (*refuses)(void *handle);
} handle_call;

static pf_error said;

/* A fallible function has said what is wrong. */
static int is_refusal(const char *kind, pf_status status) {
    char text[64];
    snprintf(text, sizeof text, "%s is no %s, or was freed", kind, kind);
    return status == PF_ERROR_ARGUMENT && said.status == status && said.item == -1 && strcmp(said.message, text) == 0;
}

#include "handle_calls.inc"

enum { HANDLE_CALLS = sizeof handle_calls / sizeof *handle_calls };

static saved small; /* the bytes of an index: to view them is the quickest way to a new handle */
static const pf_query here = {sizeof(pf_query), PF_COVERS, 0, 0, 0, NULL, 0, 0};

static pf_index *new_index(void) {
    pf_index *index = NULL;
    if (pf_index_view(saved_bytes(&small), small.len, PF_OPEN_TRUSTED, NULL, &index, NULL) != PF_OK) abort();
    return index;
}

static pf_table *new_table(void) {
    static const int32_t offsets[] = {0, 2};
    static const pf_binary rows = {sizeof(pf_binary), PF_I32, (const uint8_t *)"..", 2, offsets, 1, NULL, 0};
    pf_table *table = NULL;
    if (pf_table_read(&rows, PF_WKT, PF_SKIP_FAULTS, NULL, &table, NULL) != PF_OK) abort();
    return table;
}

static pf_tally *new_tally(const pf_index *index) {
    pf_tally *tally = NULL;
    if (pf_tally_make(index, 2, NULL, &tally, NULL) != PF_OK) abort();
    return tally;
}

/* All functions refuse it but those that take this kind (NULL: all do). */
static void refused_but_by(const char *kind, uintptr_t handle, const char *what) {
    int i;
    for (i = 0; i < HANDLE_CALLS; i++)
        if ((kind == NULL || strcmp(handle_calls[i].kind, kind) != 0) && !handle_calls[i].refuses((void *)handle)) {
            CHECK(0);
            fprintf(stderr, "    %s took %s: %lx\n", handle_calls[i].name, what, (unsigned long)handle);
        }
}

static void refused_by_all(uintptr_t handle, const char *what) { refused_but_by(NULL, handle, what); }

static void nobody_takes_what_is_none(long wilds) {
    pf_index *index = new_index(), *old = new_index();
    pf_result *result = zones_result(index, &here), *gone = zones_result(index, &here);
    pf_table *table = new_table(), *cleared = new_table();
    pf_tally *tally = new_tally(index), *ended = new_tally(index);
    uint64_t state = 7;
    void *room = malloc(64);
    long i;
    CHECK(HANDLE_CALLS >= 32);
    pf_index_free(old);
    pf_result_free(gone);
    pf_table_free(cleared);
    pf_tally_free(ended);
    for (i = 0; i < 100; i++) {
        refused_by_all((uintptr_t)old, "a freed index");
        refused_by_all((uintptr_t)gone, "a freed result");
        refused_by_all((uintptr_t)cleared, "a freed table");
        refused_by_all((uintptr_t)ended, "a freed tally");
        refused_but_by("result", (uintptr_t)result, "a result");
        refused_but_by("index", (uintptr_t)index, "an index");
        refused_but_by("table", (uintptr_t)table, "a table");
        refused_but_by("tally", (uintptr_t)tally, "a tally");
    }
    for (i = 0; i < 64; i++) {
        refused_by_all((uintptr_t)index ^ (uintptr_t)1 << i, "an index with a bit changed");
        refused_by_all((uintptr_t)result ^ (uintptr_t)1 << i, "a result with a bit changed");
        refused_by_all((uintptr_t)table ^ (uintptr_t)1 << i, "a table with a bit changed");
        refused_by_all((uintptr_t)tally ^ (uintptr_t)1 << i, "a tally with a bit changed");
        refused_by_all((uintptr_t)1 << i, "a bit");
    }
    for (i = -8; i < 80; i++) {
        refused_by_all((uintptr_t)room + (uintptr_t)i, "an address on the heap");
        refused_by_all((uintptr_t)&state + (uintptr_t)i, "an address on the stack");
        refused_by_all((uintptr_t)&small + (uintptr_t)i, "an address of a global");
        refused_by_all((uintptr_t)&pf_index_len + (uintptr_t)i, "an address of code");
        refused_by_all((uintptr_t)pf_result_offsets(result) + (uintptr_t)i, "an address of a column");
    }
    for (i = 1; i <= 1000; i++) refused_by_all((uintptr_t)0 - (uintptr_t)i, "a small negative number");
    /* Those that have nothing else to do are given each, all functions one of a hundred. */
    for (i = 0; i < wilds; i++) {
        uintptr_t wild = (uintptr_t)(crowd_random(&state) * 4294967296.0) << 32 ^ (uintptr_t)(crowd_random(&state) * 4294967296.0);
        if (i % 100 == 0) refused_by_all(wild, "a random number");
        if (i % 2) wild = wild >> 11 | (uintptr_t)index >> 53 << 53; /* with the upper bits of an index */
        if (pf_index_len((pf_index *)wild) != 0 || pf_result_rows((pf_result *)wild) != 0) CHECK(0);
    }
    CHECK(pf_index_len(index) == ZONES && pf_result_rows(result) == STOPS && pf_table_faults(table) == 1);
    CHECK(pf_tally_len(tally) == 2 * ZONES);
    CHECK(pf_index_len(NULL) == 0 && pf_result_offsets(NULL) == NULL);
    REFUSED(pf_index_any(NULL, &stops, &here, NULL, NULL, 0, err), PF_ERROR_NULL, -1, "index is NULL");
    pf_tally_free(tally);
    pf_table_free(table);
    pf_result_free(result);
    pf_index_free(index);
    free(room);
}

enum { OLD = 1000 };

/* Those that were freed, of places that are used again at once. */
static void nobody_takes_what_is_freed(long rounds) {
    static pf_result *old[OLD];
    pf_index *index = new_index();
    pf_result *now;
    long i, k, bad = 0;
    for (i = 0; i < OLD; i++) {
        old[i] = zones_result(index, &here);
        pf_result_free(old[i]);
    }
    for (i = 0; i < rounds; i++) {
        if (i % 100 == 0) refused_by_all((uintptr_t)old[i], "a freed result");
        now = zones_result(index, &here);
        for (k = 0; k < OLD; k++) {
            bad += pf_result_pairs(old[k]) != 0;
            pf_result_free(old[k]);
        }
        bad += pf_result_rows(now) != STOPS;
        pf_result_free(now);
    }
    CHECK(bad == 0);
    pf_index_free(index);
}

/* What threads share: one of them frees and replaces what the others ask. */
enum { ASKERS = 3 };

static pf_index *shared;
static int is_over;

static pf_index *load_shared(void) { return __atomic_load_n(&shared, __ATOMIC_RELAXED); }

static void *ask_shared(void *data) {
    long *asked = (long *)data, bad = 0;
    while (!__atomic_load_n(&is_over, __ATOMIC_RELAXED)) {
        int32_t best[STOPS] = {7, 7, 7};
        pf_index *index = load_shared();
        pf_result *result = NULL;
        pf_status status = pf_index_best(index, &stops, &here, NULL, best, NULL, STOPS, NULL);
        bad += status == PF_OK ? best[0] != 4 || best[1] != 4 || best[2] != PF_NONE : status != PF_ERROR_ARGUMENT || best[0] != 7;
        __atomic_fetch_add(asked, status == PF_OK, __ATOMIC_RELAXED);
        status = pf_index_find(index, &stops, &here, NULL, &result, NULL);
        bad += status == PF_OK ? pf_result_pairs(result) != 2 || pf_result_polygons(result)[0] != 4
                               : status != PF_ERROR_ARGUMENT || result != NULL;
        pf_result_free(result);
        pf_result_free(result);
    }
    return bad ? data : NULL;
}

static void frees_race_calls(long frees) {
    pthread_t threads[ASKERS];
    long asked[ASKERS] = {0, 0, 0};
    long i, k;
    is_over = 0;
    shared = new_index();
    for (i = 0; i < ASKERS; i++) CHECK(pthread_create(&threads[i], NULL, ask_shared, &asked[i]) == 0);
    for (i = 0; i < frees; i++) {
        pf_index *old = load_shared();
        if (i % 2) pf_index_free(old); /* before there is another */
        __atomic_store_n(&shared, new_index(), __ATOMIC_RELAXED);
        pf_index_free(old);
    }
    for (k = 0; k < ASKERS; k++)
        while (__atomic_load_n(&asked[k], __ATOMIC_RELAXED) == 0) sched_yield();
    __atomic_store_n(&is_over, 1, __ATOMIC_RELAXED);
    for (k = 0; k < ASKERS; k++) {
        void *failed = NULL;
        CHECK(pthread_join(threads[k], &failed) == 0 && failed == NULL && asked[k] > 0);
    }
    pf_index_free(shared);
}

/* The allocator of AddressSanitizer, where a thread is in it at a fork, stays locked in the child. */
#ifdef __SANITIZE_ADDRESS__
#define CAN_FORK 0
#else
#define CAN_FORK 1
#endif

/* Children of a process whose threads are inside calls, freeing and making handles, can do all of that. */
static void forks_in_the_middle(int forks) {
    pthread_t threads[ASKERS];
    long asked[ASKERS] = {0, 0, 0};
    int i, k;
    is_over = 0;
    shared = new_index();
    for (i = 0; i < ASKERS; i++) CHECK(pthread_create(&threads[i], NULL, ask_shared, &asked[i]) == 0);
    for (i = 0; i < forks; i++) {
        pf_index *old = load_shared();
        int status = 0;
        pid_t child = fork();
        if (child == 0) {
            int32_t best[STOPS];
            int is_well = 1;
            alarm(60); /* kills a child that hangs */
            is_well &= pf_index_best(old, &stops, &here, NULL, best, NULL, STOPS, NULL) == PF_OK && best[0] == 4;
            pf_index_free(old);
            is_well &= pf_index_len(old) == 0;
            old = new_index();
            for (k = 0; k < 100; k++) {
                pf_result *result = zones_result(old, &here);
                is_well &= pf_result_pairs(result) == 2;
                pf_result_free(result);
            }
            pf_index_free(old);
            /* At an exit a memory checker would look for what the threads had that are not here. */
            raise(is_well ? SIGKILL : SIGABRT);
        }
        CHECK(child > 0 && waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        __atomic_store_n(&shared, new_index(), __ATOMIC_RELAXED);
        pf_index_free(old);
    }
    __atomic_store_n(&is_over, 1, __ATOMIC_RELAXED);
    for (k = 0; k < ASKERS; k++) {
        void *failed = NULL;
        CHECK(pthread_join(threads[k], &failed) == 0 && failed == NULL);
    }
    pf_index_free(shared);
}

/* A progress function that calls the library, about the index whose call it is told of, and may free that. */
typedef struct caller {
    pf_index *index;
    int frees, calls;
} caller;

static int32_t call_again(uint64_t done, uint64_t total, void *data) {
    caller *c = (caller *)data;
    (void)done;
    (void)total;
    c->calls++;
    if (pf_index_len(c->index) == ZONES) {
        pf_result *result = zones_result(c->index, &here);
        CHECK(pf_result_pairs(result) == 2);
        pf_result_free(result);
    } else {
        int32_t best[STOPS];
        CHECK(pf_index_best(c->index, &stops, &here, NULL, best, NULL, STOPS, NULL) == PF_ERROR_ARGUMENT);
    }
    if (c->frees) pf_index_free(c->index);
    return 0;
}

static void callbacks_may_free(void) {
    int which, frees;
    for (which = 0; which < CALLS; which++)
        for (frees = 0; frees < 2; frees++) {
            static double room[2][STOPS * 2];
            arguments a = {NULL, NULL, &stops, NULL, NULL, NULL, 2, room[0], room[1], STOPS * 2, NULL, NULL, 0, 0, NULL};
            pf_query query = {sizeof query, PF_DWITHIN, 1, 0, 0, NULL, 0, 0};
            pf_run run = {sizeof run, 1, call_again, NULL, NULL, 0, 0, 0};
            caller c = {NULL, 0, 0};
            void *handle = NULL;
            if (!(calls[which].takes & TAKES_INDEX)) continue;
            a.index = c.index = new_index();
            a.query = &query;
            a.run = &run;
            if (calls[which].takes & GIVES_HANDLE) a.out = &handle;
            use_saved(&a, &small);
            c.frees = frees;
            run.progress_data = &c;
            WORKS(call(which, &a, err));
            if (!CHECK(c.calls > 0 && pf_index_len(c.index) == (frees ? 0 : ZONES))) fprintf(stderr, "    %s\n", calls[which].name);
            if (handle) CHECK(pf_result_rows((pf_result *)handle) == STOPS);
            if (handle) pf_result_free((pf_result *)handle);
            pf_index_free(c.index);
        }
}

int main(int argc, char **argv) {
    int is_short = argc > 1 && strcmp(argv[1], "short") == 0;
    pf_index *index = zones_index();
    small = save_index(index, "handles");
    pf_index_free(index);
    nobody_takes_what_is_none(is_short ? 20000 : 1000000);
    nobody_takes_what_is_freed(is_short ? 50 : OLD);
    callbacks_may_free();
    frees_race_calls(is_short ? 3000 : 100000);
    if (CAN_FORK) forks_in_the_middle(is_short ? 5 : 300);
    saved_forget(&small);
    DONE();
}
