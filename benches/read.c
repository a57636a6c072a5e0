/* How fast one thread reads memory: sums of so many bytes of doubles. Compiled and started by measures.py: read BYTES */
#define _DEFAULT_SOURCE /* madvise */
#include "program.h"

#include <sys/mman.h>

enum { LANES = 32 };

static double *data, total;
static size_t len;

static void sum(void) {
    double sums[LANES] = {0};
    size_t i, lane;

    for (i = 0; i < len; i += LANES)
        for (lane = 0; lane < LANES; lane++) sums[lane] += data[i + lane];
    for (lane = 0; lane < LANES; lane++) total += sums[lane];
}

int main(int argc, char **argv) {
    static const job jobs[] = {{"sum", sum}};
    size_t i;

    len = argc == 2 ? strtoull(argv[1], NULL, 10) / sizeof *data / LANES * LANES : 0;
    must(len && !posix_memalign((void **)&data, 1 << 21, len * sizeof *data));
#ifdef MADV_HUGEPAGE /* as numpy does */
    madvise(data, len * sizeof *data, MADV_HUGEPAGE);
#endif
    for (i = 0; i < len; i++) data[i] = 1;
    serve(jobs, 1);
    free(data);
    return total < 0;
}
