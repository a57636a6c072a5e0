/* What the C programs share: reading the story's input, and timing jobs on request (see compare.py). */
#ifndef PROGRAM_H
#define PROGRAM_H

#define _POSIX_C_SOURCE 200112L
#include <polyfind.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct job {
    const char *name;
    void (*run)(void);
} job;

static void must(int right) {
    if (!right) {
        fprintf(stderr, "a call failed\n");
        exit(1);
    }
}

/* Answers each line "NAME CALLS" of the input with the nanoseconds that one such call took. */
static void serve(const job *jobs, size_t count) {
    char name[32];
    long calls, i;

    printf("\n");
    fflush(stdout);
    while (scanf("%31s %ld", name, &calls) == 2) {
        struct timespec start, end;
        size_t found = 0;
        while (found < count && strcmp(jobs[found].name, name)) found++;
        must(found < count);
        clock_gettime(CLOCK_MONOTONIC, &start);
        for (i = 0; i < calls; i++) jobs[found].run();
        clock_gettime(CLOCK_MONOTONIC, &end);
        printf("%.3f\n", ((double)(end.tv_sec - start.tv_sec) * 1e9 + (double)(end.tv_nsec - start.tv_nsec)) / (double)calls);
        fflush(stdout);
    }
}

#endif
