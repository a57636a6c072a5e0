/* For every stop: the zone it is in, the smallest zone whose center is within a distance and all of those; every zone's area.
 *
 *   cc -std=c99 -I../../include smallest_close.c -L../../target/release -lpolyfind -o smallest_close
 *   ln -sf libpolyfind.so ../../target/release/libpolyfind.so.0
 *   LD_LIBRARY_PATH=../../target/release ./smallest_close
 */
#include <polyfind.h>

#include <stdio.h>

static int fail(const pf_error *e) {
    fprintf(stderr, "%s: %s\n", pf_status_name(e->status), e->message);
    return 1;
}

int main(void) {
    /* Three zones, x and y interleaved: a square, a triangle and a bigger square around both. */
    const double xy[] = {0, 0, 4, 0, 4, 4, 0, 4,   6, 0, 9, 0, 6, 3,   -2, -2, 12, -2, 12, 12, -2, 12};
    const int32_t ring_offsets[] = {0, 4, 7, 11};
    const double x[] = {2, 6, 90}, y[] = {3, 1, 90};
    enum { ZONES = 3, STOPS = 3 };

    const pf_polygons zones = {
        sizeof zones, PF_I32, {xy, xy + 1, 11, 2 * sizeof *xy, PF_F64, 0}, ring_offsets, ZONES, NULL, 0, NULL, 0};
    const pf_points stops = {x, y, STOPS, sizeof *x, PF_F64, 0};
    const pf_query in = {sizeof in, PF_COVERS, 0, PF_BY_POLYGON, 0, NULL, 0, 0};
    const pf_query close = {sizeof close, PF_CLOSE, 5.0, PF_BY_AREA, 0, NULL, 0, 0};

    pf_error e;
    pf_index *index = NULL;
    pf_result *pairs = NULL;
    double area[ZONES];
    int32_t zone_of_stop[STOPS], smallest_close[STOPS];
    int i;

    if (pf_polygons_area(&zones, NULL, area, ZONES, &e)) return fail(&e);
    for (i = 0; i < ZONES; i++) printf("zone %d: area %g\n", i, area[i]);

    if (pf_index_build(&zones, NULL, NULL, &index, &e)) return fail(&e);
    if (pf_index_best(index, &stops, &in, NULL, zone_of_stop, NULL, STOPS, &e)) return fail(&e);
    if (pf_index_best(index, &stops, &close, NULL, smallest_close, NULL, STOPS, &e)) return fail(&e);
    if (pf_index_find(index, &stops, &close, NULL, &pairs, &e)) return fail(&e);

    for (i = 0; i < STOPS; i++) {
        const int64_t *offsets = pf_result_offsets(pairs);
        int64_t pair;
        printf("stop %d: in %d, close: smallest %d, all", i, (int)zone_of_stop[i], (int)smallest_close[i]);
        for (pair = offsets[i]; pair < offsets[i + 1]; pair++) printf(" %d", (int)pf_result_polygons(pairs)[pair]);
        printf("\n");
    }
    pf_result_free(pairs);
    pf_index_free(index);
    return 0;
}
