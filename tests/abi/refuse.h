/* Good arguments for every call, to be spoiled one at a time, and outputs that must stay as they are. */
#ifndef REFUSE_H
#define REFUSE_H

#include "calls.h"
#include "check.h"
#include "town.h"
#include "zones.h"

enum { ROOM = 64 };

static double canary_out[ROOM], canary_more[ROOM];
static pf_index *good_index;
static pf_result *good_result;
static saved good_file;
static town good_town;
static pf_query good_query;
static pf_run good_run;

static inline arguments good_arguments(void) {
    arguments a = {NULL, NULL, NULL, NULL, NULL, NULL, 2, NULL, NULL, 0, NULL, NULL, 0, 0, NULL};
    good_query = zones_close(5, PF_BY_AREA);
    good_query.relation = PF_DWITHIN; /* which every call takes */
    good_run = (pf_run){sizeof good_run, 0, NULL, NULL, NULL, 0, 0, 0};
    a.index = good_index;
    a.result = good_result;
    a.polygons = &good_town.polygons;
    a.points = &stops;
    a.query = &good_query;
    a.run = &good_run;
    a.out = canary_out;
    a.more = canary_more;
    a.out_len = TOWN_POLYGONS; /* also STOPS * k */
    use_saved(&a, &good_file);
    return a;
}

/* The arguments are refused and the outputs are as before. */
static inline void refused_call(int which, const arguments *a, pf_status status, int64_t row, const char *text, int line) {
    int failures = check_failures;
    memset(canary_out, 0x5A, sizeof canary_out);
    memset(canary_more, 0x5A, sizeof canary_more);
    REFUSED(call(which, a, err), status, row, text);
    {
        size_t i;
        int touched = 0;
        for (i = 0; i < sizeof canary_out; i++)
            touched |= ((unsigned char *)canary_out)[i] != 0x5A || ((unsigned char *)canary_more)[i] != 0x5A;
        CHECK(!touched);
    }
    if (check_failures != failures) fprintf(stderr, "    in %s, asked at line %d\n", calls[which].name, line);
}

static inline void accepted_call(int which, const arguments *a, int line) {
    int failures = check_failures;
    void *handle = NULL;
    arguments mine = *a;
    if (calls[which].takes & GIVES_HANDLE) mine.out = &handle;
    WORKS(call(which, &mine, err));
    if (calls[which].takes & GIVES_HANDLE) forget(which, handle);
    if (check_failures != failures) fprintf(stderr, "    in %s, asked at line %d\n", calls[which].name, line);
}

/* All calls that take these arguments refuse them. `text` names what is wrong. */
static inline void refused_by_all(int takes, const arguments *a, pf_status status, int64_t row, const char *text, int line) {
    int which;
    for (which = 0; which < CALLS; which++)
        if ((calls[which].takes & takes) == takes) refused_call(which, a, status, row, text, line);
}

static inline void accepted_by_all(int takes, const arguments *a, int line) {
    int which;
    for (which = 0; which < CALLS; which++)
        if ((calls[which].takes & takes) == takes) accepted_call(which, a, line);
}

/* What every sized structure is held to: `field` points to where `a` has its pointer to it. */
static inline void sized_structure(int takes, arguments *a, const void **field, size_t size, const char *name) {
    static uint64_t copy[64]; /* aligned room */
    const void *good = *field;
    uint32_t announced;
    char text[64];
    int failures = check_failures;

    memset(copy, 0, sizeof copy);
    memcpy(copy, good, size);
    *field = copy;
    accepted_by_all(takes, a, __LINE__);

    snprintf(text, sizeof text, "%s.struct_size = 0: set it to", name);
    announced = 0;
    memcpy(copy, &announced, 4);
    refused_by_all(takes, a, PF_ERROR_ARGUMENT, -1, text, __LINE__);
    announced = 3;
    memcpy(copy, &announced, 4);
    snprintf(text, sizeof text, "%s.struct_size = 3: set it to", name);
    refused_by_all(takes, a, PF_ERROR_ARGUMENT, -1, text, __LINE__);

    for (announced = (uint32_t)size + 1; announced <= size + 16; announced += 15) {
        memcpy(copy, &announced, 4);
        ((char *)copy)[announced] = 1; /* behind the end */
        accepted_by_all(takes, a, __LINE__);
        ((char *)copy)[announced] = 0;
        ((char *)copy)[announced - 1] = 1;
        snprintf(text, sizeof text, "%s.struct_size = %u: fields are set", name, (unsigned)announced);
        refused_by_all(takes, a, PF_ERROR_UNSUPPORTED, -1, text, __LINE__);
        ((char *)copy)[announced - 1] = 0;
    }

    memmove((char *)copy + 1, good, size);
    *field = (char *)copy + 1;
    snprintf(text, sizeof text, "%s is not aligned to ", name);
    refused_by_all(takes, a, PF_ERROR_LAYOUT, -1, text, __LINE__);
    *field = good;
    if (check_failures != failures) fprintf(stderr, "    for the structure %s\n", name);
}

#define REFUSED_BY_ALL(takes, a, status, row, text) refused_by_all(takes, a, status, row, text, __LINE__)
#define REFUSED_CALL(which, a, status, row, text) refused_call(which, a, status, row, text, __LINE__)
#define ACCEPTED_BY_ALL(takes, a) accepted_by_all(takes, a, __LINE__)

static inline void refuse_setup(void) {
    good_index = zones_index();
    WORKS(pf_index_find_nearest(good_index, &stops, 2, NULL, NULL, &good_result, err));
    CHECK(pf_result_pairs(good_result) == STOPS * 2);
    good_file = save_index(good_index, "refuse");
    good_town = town_make(town_plain);
}

static inline void refuse_teardown(void) {
    pf_index_free(good_index);
    pf_result_free(good_result);
    saved_forget(&good_file);
    town_free(&good_town);
}

#endif
