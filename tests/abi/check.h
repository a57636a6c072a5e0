/* The least a test program needs: CHECK counts and reports, REFUSED checks one refusal, DONE ends main. */
#ifndef CHECK_H
#define CHECK_H

#include <polyfind.h>

#include <stdio.h>
#include <string.h>

static int check_count, check_failures;

static inline int check_that(int holds, const char *what, const char *file, int line) {
    check_count++;
    if (!holds) {
        check_failures++;
        fprintf(stderr, "%s:%d: failed: %s\n", file, line, what);
    }
    return holds;
}

#define CHECK(condition) check_that(!!(condition), #condition, __FILE__, __LINE__)

/* The call works, and says so. */
#define WORKS(call)                                                                       \
    do {                                                                                  \
        pf_error error, *err = &error;                                                    \
        memset(err, 0xA5, sizeof error);                                                  \
        if (!CHECK((call) == PF_OK)) fprintf(stderr, "    it said: %s\n", error.message); \
        CHECK(error.status == PF_OK && error.reserved == 0);                              \
        CHECK(error.item == -1 && error.message[0] == '\0');                              \
    } while (0)

/* The call (which passes `err`) is refused with this status, row and a message with this text, with an error or without. */
#define REFUSED(call, wanted, row, text)                                                                       \
    do {                                                                                                       \
        pf_error error, *err = NULL;                                                                           \
        CHECK((call) == (wanted));                                                                             \
        memset(&error, 0xA5, sizeof error);                                                                    \
        err = &error;                                                                                          \
        CHECK((call) == (wanted));                                                                             \
        if (!CHECK(error.status == (wanted) && error.reserved == 0 && error.item == (row) &&                   \
                   memchr(error.message, 0, sizeof error.message) && strstr(error.message, text)))             \
            fprintf(stderr, "    wanted %s, row %ld, \"%s\"; got %s, row %ld, \"%.239s\"\n",                    \
                    pf_status_name(wanted), (long)(row), text, pf_status_name(error.status), (long)error.item, \
                    error.message);                                                                            \
    } while (0)

static inline int check_done(const char *file) {
    printf("%s: %d checks, %d failed\n", file, check_count, check_failures);
    return check_failures != 0;
}

#define DONE() return check_done(__FILE__)

#endif
