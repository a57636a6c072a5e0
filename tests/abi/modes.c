/* Floating-point modes of the caller's: they change no answer, are as before after every call, and are what a progress function sees. */
#include "check.h"
#include "everything.h"

#include <fenv.h>

#ifdef __x86_64__
#include <xmmintrin.h>
enum { FLUSH = 0x8000, TINY_IS_ZERO = 0x0040, TRAPS = 0x1F80, CONTROL = 0xFFC0 };
static unsigned control(void) { return _mm_getcsr() & CONTROL; }
#else
static unsigned control(void) { return (unsigned)fegetround(); }
#endif

enum { MODES = 7 };

/* Makes a mode that of this thread; 0 if the machine (or what emulates it) does not have it. */
static int set_mode(int mode) {
    static const int rounding[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
    fesetenv(FE_DFL_ENV);
    if (mode < 4) return fesetround(rounding[mode]) == 0;
#ifdef __x86_64__
    {
        static const unsigned bits[] = {FLUSH, TINY_IS_ZERO, FLUSH | TINY_IS_ZERO | 0x4000};
        volatile double tiny = 0x1p-1000;
        _mm_setcsr(TRAPS | bits[mode - 4]);
        if (mode == 5) return 0x1p-1040 * tiny * 0x1p1000 == 0;
        return tiny * 0x1p-40 == 0 && control() == (TRAPS | bits[mode - 4]);
    }
#else
    return 0;
#endif
}

/* What a progress function has seen. */
static unsigned expected;
static int calls, bad;

static int32_t tell(uint64_t done, uint64_t total, void *data) {
    (void)done, (void)total, (void)data;
    calls++;
    bad += control() != expected;
    return 0;
}

static int32_t tell_and_change(uint64_t done, uint64_t total, void *data) {
    tell(done, total, data);
    set_mode(calls % MODES);
    return 0;
}

/* A progress function that itself calls, in a mode of its own, with one that expects that. */
static const crowd *inner_crowd;
static const double *inner_areas;

static int32_t tell_inside(uint64_t done, uint64_t total, void *data) {
    static double areas[POLYGONS];
    pf_run run = {sizeof run, 1, tell, NULL, NULL, 0, 0, 0};
    unsigned outer = expected;
    tell(done, total, data);
    set_mode(2);
    expected = control();
    bad += pf_polygons_area(&inner_crowd->table, &run, areas, POLYGONS, NULL) != PF_OK || control() != expected;
    bad += memcmp(areas, inner_areas, rows_asked * sizeof(double)) != 0;
    set_mode(0);
    expected = control();
    bad += pf_polygons_area(&inner_crowd->table, &run, areas, POLYGONS, NULL) != PF_OK || control() != expected;
    expected = outer;
    return 0;
}

static void every_mode(crowd *c) {
    static answers wanted, got;
    static const pf_progress progress[] = {tell, tell_and_change, tell_inside};
    int mode, i;
    set_mode(0);
    ask(c, NULL, &wanted);
    inner_crowd = c;
    inner_areas = wanted.area;
    for (mode = 1; mode < MODES; mode++) {
        pf_run run = {sizeof run, 0, NULL, NULL, NULL, 0, 0, 0};
        run.workers = mode % 2 ? 1 : 3;
        if (!set_mode(mode)) continue;
        expected = control();
        ask(c, &run, &got);
        CHECK(control() == expected);
        set_mode(0);
        CHECK(same_everything(&wanted, &got));
        forget_results(&got);
        for (i = 0; i < 3; i++) {
            double area[POLYGONS];
            calls = bad = 0;
            run.progress = progress[i];
            set_mode(mode);
            WORKS(pf_polygons_area(&c->table, &run, area, POLYGONS, err));
            CHECK(control() == expected);
            set_mode(0);
            CHECK(calls > 0 && bad == 0 && memcmp(area, wanted.area, rows_asked * sizeof(double)) == 0);
        }
    }
    forget_results(&wanted);
}

static void keep(crowd *c, size_t polygons, size_t points) {
    c->table.ring_count = rows_asked = polygons;
    c->lent.len = points;
}

/* All coordinates in units so small that products of them are subnormal or nothing. */
static void shrink(crowd *c) {
    size_t i;
    unit = 0x1p-530;
    for (i = 0; i < 4 * c->polygons; i++) c->vertex_x[i] *= unit, c->vertex_y[i] *= unit;
    for (i = 0; i < c->points; i++) c->x[i] *= unit, c->y[i] *= unit;
}

int main(int argc, char **argv) {
    crowd c = crowd_make(POLYGONS, POINTS);
    int is_short = argc > 1 && strcmp(argv[1], "short") == 0;
    if (is_short) keep(&c, 300, 500);
    every_mode(&c);
    keep(&c, is_short ? 20 : 100, is_short ? 30 : 150); /* all is decided by integers */
    shrink(&c);
    every_mode(&c);
    crowd_free(&c);
    DONE();
}
