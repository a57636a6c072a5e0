/* Asks its polyfind, whichever that is: part of a program, a plugin or a library of somebody's that others are loaded beside. */
#include <polyfind.h>

/* Tells libraries apart. */
const void *where(void) { return (const void *)(size_t)&pf_version; }

/* An index of one square of this size, or NULL. */
const void *build(double size) {
    const double x[] = {0, size, size, 0}, y[] = {0, 0, size, size};
    const int32_t ring_offsets[] = {0, 4};
    const pf_polygons square = {sizeof square, PF_I32, {x, y, 4, sizeof *x, PF_F64, 0}, ring_offsets, 1, NULL, 0, NULL, 0};
    pf_index *index = NULL;
    return pf_index_build(&square, NULL, NULL, &index, NULL) ? NULL : index;
}

/* How many of the points (0.5, 0.5), (1.5, 1.5), ... (999.5, 999.5) are in it, or minus the status. */
int inside(const void *index) {
    enum { POINTS = 1000 };
    double at[POINTS];
    uint8_t matches[POINTS];
    int i, count = 0;
    for (i = 0; i < POINTS; i++) at[i] = i + 0.5;
    {
        const pf_points points = {at, at, POINTS, sizeof *at, PF_F64, 0};
        const pf_query covers = {sizeof covers, PF_COVERS, 0, PF_BY_POLYGON, 0, NULL, 0, 0};
        const pf_status status = pf_index_any(index, &points, &covers, NULL, matches, POINTS, NULL);
        if (status) return -status;
    }
    for (i = 0; i < POINTS; i++) count += matches[i];
    return count;
}

void drop(void *index) { pf_index_free(index); }
