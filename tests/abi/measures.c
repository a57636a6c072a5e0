/* Measures of polygons with known answers, in every layout. */
#include "check.h"
#include "town.h"

enum { N = TOWN_POLYGONS };

static int same(const void *a, const void *b, size_t bytes) { return memcmp(a, b, bytes) == 0; }

/* The same number, or both NaN. */
static int equal(const double *got, const double *wanted, size_t n) {
    size_t i;
    for (i = 0; i < n; i++)
        if (!(got[i] == wanted[i] || (isnan(got[i]) && isnan(wanted[i])))) return 0;
    return 1;
}

static int near(const double *got, const double *wanted, size_t n) {
    size_t i;
    for (i = 0; i < n; i++)
        if (!(fabs(got[i] - wanted[i]) <= 1e-14 * fabs(wanted[i]) || (isnan(got[i]) && isnan(wanted[i])))) return 0;
    return 1;
}

typedef struct answers {
    double area[N], signed_area[N], perimeter[N], center_x[N], center_y[N], centroid_x[N], centroid_y[N];
    pf_box bounds[N];
    uint64_t fingerprint[N];
} answers;

static answers measure(const pf_polygons *polygons, const pf_run *run) {
    answers a;
    memset(&a, 0xA5, sizeof a);
    WORKS(pf_polygons_check(polygons, err));
    WORKS(pf_polygons_check_layout(polygons, err));
    WORKS(pf_polygons_area(polygons, run, a.area, N, err));
    WORKS(pf_polygons_signed_area(polygons, run, a.signed_area, N, err));
    WORKS(pf_polygons_perimeter(polygons, run, a.perimeter, N, err));
    WORKS(pf_polygons_center(polygons, run, a.center_x, a.center_y, N, err));
    WORKS(pf_polygons_centroid(polygons, run, a.centroid_x, a.centroid_y, N, err));
    WORKS(pf_polygons_bounds(polygons, run, a.bounds, N, err));
    WORKS(pf_polygons_fingerprint(polygons, run, a.fingerprint, N, err));
    return a;
}

static void check_answers(const answers *a) {
    CHECK(equal(a->area, town_area, N));
    CHECK(equal(a->signed_area, town_signed_area, N));
    CHECK(equal(a->perimeter, town_perimeter, N));
    CHECK(equal(a->center_x, town_center_x, N));
    CHECK(equal(a->center_y, town_center_y, N));
    CHECK(near(a->centroid_x, town_centroid_x, N));
    CHECK(near(a->centroid_y, town_centroid_y, N));
    CHECK(equal(&a->bounds[0].min_x, &town_bounds[0].min_x, 4 * N));
    CHECK(memcmp(a->fingerprint, town_fingerprint, sizeof town_fingerprint) == 0);
}

/* Every layout, bit for bit. */
static void layouts(void) {
    static const uint32_t dtypes[] = {PF_F64, PF_F32}, offset_types[] = {PF_I32, PF_I64};
    pf_run portable = {sizeof portable, 1, NULL, NULL, NULL, PF_RUN_PORTABLE, 0, 0};
    town first = town_make(town_plain);
    answers wanted = measure(&first.polygons, NULL);
    size_t d, o, step, lead;
    int closed;
    check_answers(&wanted);
    town_free(&first);
    for (d = 0; d < 2; d++)
        for (o = 0; o < 2; o++)
            for (step = 1; step <= 5; step++)
                for (closed = 0; closed < 2; closed++)
                    for (lead = 0; lead < 4; lead += 3) {
                        town_layout layout;
                        town t;
                        answers a;
                        layout.dtype = dtypes[d];
                        layout.offset_type = offset_types[o];
                        layout.step = step;
                        layout.closed = closed;
                        layout.lead = lead;
                        t = town_make(layout);
                        a = measure(&t.polygons, NULL);
                        CHECK(same(&a, &wanted, sizeof a));
                        a = measure(&t.polygons, &portable);
                        CHECK(same(&a, &wanted, sizeof a));
                        town_free(&t);
                    }
}

/* Both windings of both rings of a square with a hole. */
static void windings(void) {
    static const double outer[2][4] = {{0, 6, 6, 0}, {0, 0, 6, 6}}, hole[2][4] = {{1, 3, 3, 1}, {1, 1, 3, 3}};
    double x[8], y[8], area, signed_area, perimeter, cx, cy;
    const int32_t rings[] = {0, 4, 8}, parts[] = {0, 2};
    int o, h, i;
    for (o = 0; o < 2; o++)
        for (h = 0; h < 2; h++) {
            pf_polygons p = {sizeof p, PF_I32, {x, y, 8, 8, PF_F64, 0}, rings, 2, parts, 1, NULL, 0};
            for (i = 0; i < 4; i++) {
                x[i] = outer[o][i];
                y[i] = outer[1 - o][i];
                x[4 + i] = hole[h][i];
                y[4 + i] = hole[1 - h][i];
            }
            WORKS(pf_polygons_area(&p, NULL, &area, 1, err));
            WORKS(pf_polygons_signed_area(&p, NULL, &signed_area, 1, err));
            WORKS(pf_polygons_perimeter(&p, NULL, &perimeter, 1, err));
            WORKS(pf_polygons_centroid(&p, NULL, &cx, &cy, 1, err));
            CHECK(area == 32 && perimeter == 32);
            CHECK(signed_area == (o == 0 ? 32 : -32));
            CHECK(fabs(cx - 3.125) < 1e-14 && fabs(cy - 3.125) < 1e-14);
        }
}

/* Levels that are left out, empty rings and tables, and outputs with room to spare. */
static void levels(void) {
    static const double x[] = {0, 1, 1, 0, 5, 7, 7, 5}, y[] = {0, 0, 1, 1, 0, 0, 2, 2};
    const int32_t rings[] = {0, 4, 4, 8}, parts[] = {0, 2, 3}, pair[] = {0, 2}, none[] = {0, 0}, zero[] = {0};
    pf_polygons p = {sizeof p, PF_I32, {x, y, 8, 8, PF_F64, 0}, rings, 3, NULL, 0, NULL, 0}, short_one;
    double out[4] = {9, 9, 9, 9};
    WORKS(pf_polygons_area(&p, NULL, out, 4, err));
    CHECK(out[0] == 1 && out[1] == 0 && out[2] == 4 && out[3] == 9);
    p.part_count = p.polygon_count = 3;
    WORKS(pf_polygons_area(&p, NULL, out, 3, err));
    CHECK(out[0] == 1 && out[1] == 0 && out[2] == 4);
    p.part_offsets = parts;
    p.part_count = 2;
    p.polygon_count = 0;
    WORKS(pf_polygons_area(&p, NULL, out, 2, err));
    CHECK(out[0] == 1 && out[1] == 4);
    p.polygon_offsets = pair;
    p.polygon_count = 1;
    WORKS(pf_polygons_area(&p, NULL, out, 1, err));
    CHECK(out[0] == 5);
    p.polygon_offsets = none;
    WORKS(pf_polygons_center(&p, NULL, out, out + 1, 1, err));
    CHECK(isnan(out[0]) && isnan(out[1]));
    p.polygon_offsets = zero;
    p.polygon_count = 0;
    WORKS(pf_polygons_area(&p, NULL, NULL, 0, err));

    /* A structure from a time before parts. */
    memset(&short_one, 0xFF, sizeof short_one);
    p.part_offsets = p.polygon_offsets = NULL;
    memcpy(&short_one, &p, offsetof(pf_polygons, part_offsets));
    short_one.struct_size = offsetof(pf_polygons, part_offsets);
    WORKS(pf_polygons_area(&short_one, NULL, out, 3, err));
    CHECK(out[0] == 1 && out[1] == 0 && out[2] == 4);

    memset(&p, 0, sizeof p);
    p.struct_size = sizeof p;
    p.offset_type = PF_I64;
    p.vertices.dtype = PF_F32;
    WORKS(pf_polygons_check(&p, err));
    WORKS(pf_polygons_area(&p, NULL, NULL, 0, err));
    WORKS(pf_polygons_bounds(&p, NULL, NULL, 0, err));
    WORKS(pf_polygons_centroid(&p, NULL, NULL, NULL, 0, err));
}

/* Structures that are longer than this library's, with zeros at the end. */
static void longer_structures(void) {
    struct { pf_polygons polygons; char tail[24]; } p;
    struct { pf_run run; char tail[3]; } r;
    town t = town_make(town_plain);
    double out[N];
    memset(&p, 0, sizeof p);
    memset(&r, 0, sizeof r);
    p.polygons = t.polygons;
    p.polygons.struct_size = sizeof p.polygons + sizeof p.tail;
    r.run.struct_size = sizeof r.run + sizeof r.tail;
    WORKS(pf_polygons_area(&p.polygons, &r.run, out, N, err));
    CHECK(equal(out, town_area, N));
    r.run.struct_size = 4;
    r.run.flags = 77; /* behind the end */
    WORKS(pf_polygons_area(&p.polygons, &r.run, out, N, err));
    town_free(&t);
}

int main(void) {
    layouts();
    windings();
    levels();
    longer_structures();
    DONE();
}
