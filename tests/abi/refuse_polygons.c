/* What every call that takes polygons refuses of them: pointers, sizes, strides, alignment, offsets, coordinates. */
#include "refuse.h"

static arguments args;
static pf_polygons table; /* what args has for its polygons */

static void good(void) {
    args = good_arguments();
    table = good_town.polygons;
    args.polygons = &table;
}

/* Spoils the table by `change`, has it refused, and starts anew. */
#define SPOILED(change, status, row, text)                                   \
    do {                                                                     \
        good();                                                              \
        change;                                                              \
        REFUSED_BY_ALL(TAKES_POLYGONS, &args, status, row, text);            \
    } while (0)

static void structure(void) {
    SPOILED(args.polygons = NULL, PF_ERROR_NULL, -1, "polygons is NULL");
    good();
    sized_structure(TAKES_POLYGONS, &args, (const void **)&args.polygons, sizeof table, "polygons");
    SPOILED(table.struct_size = 4, PF_ERROR_ARGUMENT, -1, "polygons.struct_size = 4");
    SPOILED(table.offset_type = 0, PF_ERROR_ARGUMENT, -1, "polygons.offset_type = 0 is neither");
    SPOILED(table.offset_type = PF_F64, PF_ERROR_ARGUMENT, -1, "polygons.offset_type = 1 is neither");
    SPOILED(table.offset_type = PF_I64 + 1, PF_ERROR_ARGUMENT, -1, "polygons.offset_type = 5 is neither");
}

static void vertices(void) {
    static const size_t huge[] = {SIZE_MAX, SIZE_MAX / 8, SIZE_MAX / 8 + 2, (size_t)1 << 63, ((size_t)1 << 60) + 1};
    size_t i;
    SPOILED(table.vertices.dtype = 0, PF_ERROR_ARGUMENT, -1, "polygons.vertices.dtype = 0 is neither");
    SPOILED(table.vertices.dtype = PF_I32, PF_ERROR_ARGUMENT, -1, "polygons.vertices.dtype = 3 is neither");
    SPOILED(table.vertices.reserved = 1, PF_ERROR_UNSUPPORTED, -1, "polygons.vertices.reserved = 1");
    SPOILED(table.vertices.x = NULL, PF_ERROR_NULL, -1, "polygons.vertices.x is NULL");
    SPOILED(table.vertices.y = NULL, PF_ERROR_NULL, -1, "polygons.vertices.y is NULL");
    SPOILED(table.vertices.stride = 0, PF_ERROR_LAYOUT, -1, "polygons.vertices.stride = 0 is not a multiple");
    SPOILED(table.vertices.stride = 4, PF_ERROR_LAYOUT, -1, "polygons.vertices.stride = 4 is not a multiple");
    SPOILED(table.vertices.stride = 12, PF_ERROR_LAYOUT, -1, "polygons.vertices.stride = 12 is not a multiple");
    SPOILED(table.vertices.x = (const char *)table.vertices.x + 1, PF_ERROR_LAYOUT, -1,
            "polygons.vertices.x is not aligned to 8 bytes");
    SPOILED(table.vertices.y = (const char *)table.vertices.y + 4, PF_ERROR_LAYOUT, -1,
            "polygons.vertices.y is not aligned to 8 bytes");
    SPOILED((table.vertices.y = (const char *)table.vertices.y + 2, table.vertices.dtype = PF_F32), PF_ERROR_LAYOUT, -1,
            "polygons.vertices.y is not aligned to 4 bytes");
    for (i = 0; i < sizeof huge / sizeof *huge; i++)
        SPOILED(table.vertices.len = huge[i], PF_ERROR_LAYOUT, -1, "8 bytes apart are more than memory can hold");
    SPOILED(table.vertices.stride = (size_t)1 << 63, PF_ERROR_LAYOUT, -1, "more than memory can hold");
    SPOILED(table.vertices.x = (const void *)(UINTPTR_MAX - 15), PF_ERROR_LAYOUT, -1, "polygons.vertices.x: 23 elements");
    SPOILED(table.vertices.stride = SIZE_MAX - 7, PF_ERROR_LAYOUT, -1, "more than memory can hold");
    SPOILED(table.vertices.len = 0, PF_ERROR_LAYOUT, 1, "polygons.ring_offsets[1] = 4 runs past vertices.len = 0");
}

static void arrays(void) {
    static const size_t huge[] = {SIZE_MAX, SIZE_MAX - 1, SIZE_MAX / 4, SIZE_MAX / 8, (size_t)1 << 63, (size_t)1 << 62};
    size_t i;
    for (i = 0; i < sizeof huge / sizeof *huge; i++) {
        SPOILED(table.ring_count = huge[i], PF_ERROR_LAYOUT, -1, "polygons.ring_offsets: ");
        SPOILED(table.part_count = huge[i], PF_ERROR_LAYOUT, -1, "polygons.part_offsets: ");
        SPOILED(table.polygon_count = huge[i], PF_ERROR_LAYOUT, -1, "polygons.polygon_offsets: ");
    }
    SPOILED(table.ring_offsets = NULL, PF_ERROR_NULL, -1, "polygons.ring_offsets is NULL");
    SPOILED((table.part_offsets = NULL, table.part_count = 6), PF_ERROR_NULL, -1,
            "polygons.part_offsets is NULL but polygons.part_count = 6, with 7 rows below it");
    SPOILED((table.polygon_offsets = NULL, table.polygon_count = 5), PF_ERROR_NULL, -1,
            "polygons.polygon_offsets is NULL but polygons.polygon_count = 5, with 6 rows below it");
    SPOILED(table.ring_offsets = (const char *)table.ring_offsets + 2, PF_ERROR_LAYOUT, -1,
            "polygons.ring_offsets is not aligned to 4 bytes");
    SPOILED(table.part_offsets = (const char *)table.part_offsets + 1, PF_ERROR_LAYOUT, -1,
            "polygons.part_offsets is not aligned to 4 bytes");
    SPOILED(table.polygon_offsets = (const char *)table.polygon_offsets + 3, PF_ERROR_LAYOUT, -1,
            "polygons.polygon_offsets is not aligned to 4 bytes");
}

/* No polygons, beside vertices or none: the type of offsets may be left at 0, and nothing is written. */
static void nothing(void) {
    static const uint32_t types[] = {0, PF_I32, PF_I64};
    size_t i;
    for (i = 0; i < sizeof types / sizeof *types; i++) {
        good();
        table = (pf_polygons){sizeof table, types[i], table.vertices, NULL, 0, NULL, 0, NULL, 0};
        canary_out[0] = canary_more[0] = -7;
        ACCEPTED_BY_ALL(TAKES_POLYGONS, &args);
        table.vertices = (pf_points){NULL, NULL, 0, 0, 0, 0};
        ACCEPTED_BY_ALL(TAKES_POLYGONS, &args);
        CHECK(canary_out[0] == -7 && canary_more[0] == -7);
        table.polygon_count = 1;
        REFUSED_BY_ALL(TAKES_POLYGONS, &args, PF_ERROR_NULL, -1, "polygons.polygon_count = 1, with 0 rows below it");
    }
    SPOILED((table.ring_count = table.part_count = table.polygon_count = 0, table.offset_type = 77), PF_ERROR_ARGUMENT, -1,
            "polygons.offset_type = 77 is neither");
}

/* One wrong position at a time, at each level, in both types. */
static void offsets(uint32_t type) {
    static const char *names[] = {"ring_offsets", "part_offsets", "polygon_offsets"};
    static const char *below[] = {"vertices.len = 23", "ring_count = 7", "part_count = 6"};
    static const size_t lens[] = {TOWN_RINGS + 1, TOWN_PARTS + 1, TOWN_POLYGONS + 1};
    const int64_t largest = type == PF_I32 ? INT32_MAX : INT64_MAX;
    town_layout layout = town_plain;
    int level;
    town_free(&good_town);
    layout.offset_type = type;
    good_town = town_make(layout);
    good();
    for (level = 0; level < 3; level++) {
        void *positions = level == 0 ? good_town.ring_offsets : level == 1 ? good_town.part_offsets : good_town.polygon_offsets;
        size_t last = lens[level] - 1, i;
        char text[128];
        for (i = 0; i <= last; i++) {
            int64_t keep = type == PF_I32 ? ((int32_t *)positions)[i] : ((int64_t *)positions)[i];
            town_set(positions, type, i, -1);
            snprintf(text, sizeof text, "polygons.%s[%d] = -1 is negative", names[level], (int)i);
            REFUSED_BY_ALL(TAKES_POLYGONS, &args, PF_ERROR_LAYOUT, (int64_t)i, text);
            town_set(positions, type, i, -largest - 1);
            REFUSED_BY_ALL(TAKES_POLYGONS, &args, PF_ERROR_LAYOUT, (int64_t)i, "is negative");
            town_set(positions, type, i, largest);
            snprintf(text, sizeof text, "runs past %s", below[level]);
            REFUSED_BY_ALL(TAKES_POLYGONS, &args, PF_ERROR_LAYOUT, (int64_t)i, text);
            town_set(positions, type, i, keep);
        }
        town_set(positions, type, 2, 0);
        town_set(positions, type, 1, 1);
        snprintf(text, sizeof text, "polygons.%s[2] = 0 is less than polygons.%s[1] = 1", names[level], names[level]);
        REFUSED_BY_ALL(TAKES_POLYGONS, &args, PF_ERROR_LAYOUT, 2, text);
        town_free(&good_town);
        good_town = town_make(layout);
        good();
    }
    ACCEPTED_BY_ALL(TAKES_POLYGONS, &args);
    town_free(&good_town);
    good_town = town_make(town_plain);
}

/* NaN and infinity in every vertex, in both types; the row is the polygon's. */
static void coordinates(uint32_t dtype) {
    static const double bad[] = {NAN, INFINITY, -INFINITY};
    town_layout layout = town_plain;
    size_t ring, i, b, vertex = 3;
    int axis;
    town_free(&good_town);
    layout.dtype = dtype;
    layout.lead = 3; /* these are NaN and used by no polygon */
    good_town = town_make(layout);
    good();
    ACCEPTED_BY_ALL(TAKES_POLYGONS, &args);
    for (ring = 0; ring < TOWN_RINGS; ring++) {
        static const int64_t polygon_of_ring[] = {0, 0, 1, 2, 2, 4, 5};
        for (i = 0; i < town_sizes[ring]; i++, vertex++)
            for (axis = 0; axis < 2; axis++)
                for (b = 0; b < 3; b++) {
                    char text[64];
                    void *column = axis ? good_town.y : good_town.x;
                    snprintf(text, sizeof text, "polygons.vertices.%c[%d] is not finite", "xy"[axis], (int)vertex);
                    town_put(column, dtype, vertex, bad[b]);
                    REFUSED_BY_ALL(TAKES_POLYGONS, &args, PF_ERROR_COORDINATE, polygon_of_ring[ring], text);
                    town_put(column, dtype, vertex, town_rings[ring][2 * i + (size_t)axis]);
                }
    }
    ACCEPTED_BY_ALL(TAKES_POLYGONS, &args);
    town_free(&good_town);
    good_town = town_make(town_plain);
}

int main(void) {
    refuse_setup();
    good();
    ACCEPTED_BY_ALL(TAKES_POLYGONS, &args);
    structure();
    vertices();
    arrays();
    nothing();
    offsets(PF_I32);
    offsets(PF_I64);
    coordinates(PF_F64);
    coordinates(PF_F32);
    refuse_teardown();
    DONE();
}
