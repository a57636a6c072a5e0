/* The C example of README.md, which run.py writes to readme_c.inc, with what it takes for given. */
#include "check.h"
#include "zones.h"

static int32_t zone_of_stop[STOPS], smallest_near[STOPS];
static const size_t n = STOPS;

static int fail(const pf_error *e) {
    fprintf(stderr, "%s\n", e->message);
    return 1;
}

static int example(void) {
#include "readme_c.inc"
    return 0;
}

int main(void) {
    CHECK(example() == 0);
    CHECK(zone_of_stop[0] == 4 && zone_of_stop[1] == 4 && zone_of_stop[2] == PF_NONE);
    CHECK(smallest_near[0] == 1 && smallest_near[1] == 5 && smallest_near[2] == PF_NONE);
    DONE();
}
