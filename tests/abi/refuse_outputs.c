/* What the calls refuse of their outputs, of pf_run and of pf_index_options. */
#include "refuse.h"

static arguments args;
static pf_run run;

static void good(void) {
    args = good_arguments();
    run = good_run;
    args.run = &run;
}

/* Whether a call answers with two polygons for each point. */
static int two_each(int which) { return which == NEAREST || which == INDICES; }

/* NULL, misaligned and one element too small. */
static void each_output(void) {
    int which;
    for (which = 0; which < CALLS; which++) {
        const call_info *c = &calls[which];
        char text[96];
        if (c->out == NULL) continue;
        good();
        args.out = NULL;
        snprintf(text, sizeof text, "%s is NULL", c->out);
        REFUSED_CALL(which, &args, PF_ERROR_NULL, -1, text);
        if (c->out_bytes > 1) {
            args.out = (char *)canary_out + 1;
            snprintf(text, sizeof text, "%s is not aligned to %d bytes", c->out, c->out_bytes > 8 ? 8 : (int)c->out_bytes);
            REFUSED_CALL(which, &args, PF_ERROR_LAYOUT, -1, text);
        }
        good();
        args.out_len = (c->takes & TAKES_POLYGONS ? TOWN_POLYGONS : two_each(which) ? STOPS * 2 : STOPS) - 1;
        snprintf(text, sizeof text, "%s has room for %d elements; %d are needed", c->out, (int)args.out_len,
                 (int)args.out_len + 1);
        if (!(c->takes & GIVES_HANDLE)) REFUSED_CALL(which, &args, PF_ERROR_CAPACITY, -1, text);
        args.out_len = 0;
        if (!(c->takes & GIVES_HANDLE)) REFUSED_CALL(which, &args, PF_ERROR_CAPACITY, -1, "has room for 0 elements");
        if (c->more == NULL) continue;
        good();
        args.more = (char *)canary_more + 4;
        snprintf(text, sizeof text, "%s is not aligned to 8 bytes", c->more);
        REFUSED_CALL(which, &args, PF_ERROR_LAYOUT, -1, text);
        args.more = NULL;
        snprintf(text, sizeof text, "%s is NULL", c->more);
        if (!c->more_may_be_null) REFUSED_CALL(which, &args, PF_ERROR_NULL, -1, text);
    }
}

/* The first or last element of the first or second output lies in `bytes` bytes at `start`, which stay as they are. */
static void one_overlap(int which, arguments a, size_t rows, void *start, size_t bytes, const char *name) {
    const call_info *c = &calls[which];
    int second;
    for (second = 0; second <= (c->more != NULL); second++) {
        size_t element = second ? c->more_bytes : c->out_bytes;
        size_t align = element > 8 ? 8 : element;
        char *places[2], keep[512], text[96];
        int i;
        places[0] = (char *)start + (bytes - 1) / align * align;
        places[1] = (char *)start - (rows * element - 1) / align * align;
        snprintf(text, sizeof text, "%s overlaps %s", second ? c->more : c->out, name);
        if (!CHECK(bytes <= sizeof keep)) return;
        memcpy(keep, start, bytes);
        for (i = 0; i < 2; i++) {
            arguments mine = a;
            if ((uintptr_t)places[i] % align) continue;
            *(second ? &mine.more : &mine.out) = places[i];
            REFUSED_CALL(which, &mine, PF_ERROR_LAYOUT, -1, text);
        }
        CHECK(memcmp(keep, start, bytes) == 0);
    }
}

static void overlaps(void) {
    /* Everything in one block, with room around each, so that an output next to it is still inside. */
    enum { GAP = 128 };
    static double block[8][2 * GAP];
    const size_t vertices = good_town.vertex_count * 8;
    pf_polygons polygons = good_town.polygons;
    pf_points points = stops;
    int which;
    void *at[8];
    for (which = 0; which < 8; which++) at[which] = &block[which][GAP / 2];
    polygons.vertices.x = memcpy(at[0], good_town.x, vertices);
    polygons.vertices.y = memcpy(at[1], good_town.y, vertices);
    polygons.ring_offsets = memcpy(at[2], good_town.ring_offsets, (TOWN_RINGS + 1) * 4);
    polygons.part_offsets = memcpy(at[3], good_town.part_offsets, (TOWN_PARTS + 1) * 4);
    polygons.polygon_offsets = memcpy(at[4], good_town.polygon_offsets, (TOWN_POLYGONS + 1) * 4);
    points.x = memcpy(at[5], stop_x, sizeof stop_x);
    points.y = memcpy(at[6], stop_y, sizeof stop_y);
    good();
    args.polygons = &polygons;
    args.points = &points;
    good_query.order = PF_BY_PRIORITY;
    good_query.priority = memcpy(at[7], zone_priority, sizeof zone_priority);
    good_query.priority_len = ZONES;
    for (which = 0; which < CALLS; which++) {
        int takes = calls[which].takes;
        if (calls[which].out == NULL || takes & GIVES_HANDLE) continue;
        if (takes & TAKES_POLYGONS) {
            one_overlap(which, args, TOWN_POLYGONS, at[0], vertices, "polygons.vertices.x");
            one_overlap(which, args, TOWN_POLYGONS, at[1], vertices, "polygons.vertices.y");
            one_overlap(which, args, TOWN_POLYGONS, at[2], (TOWN_RINGS + 1) * 4, "polygons.ring_offsets");
            one_overlap(which, args, TOWN_POLYGONS, at[3], (TOWN_PARTS + 1) * 4, "polygons.part_offsets");
            one_overlap(which, args, TOWN_POLYGONS, at[4], (TOWN_POLYGONS + 1) * 4, "polygons.polygon_offsets");
        } else if (takes & TAKES_RESULT) {
            void *offsets = (void *)(uintptr_t)pf_result_offsets(good_result);
            void *rows = (void *)(uintptr_t)pf_result_polygons(good_result);
            one_overlap(which, args, STOPS * 2, offsets, (STOPS + 1) * 8, "result.offsets");
            one_overlap(which, args, STOPS * 2, rows, STOPS * 2 * 4, "result.polygons");
        } else {
            size_t rows = two_each(which) ? STOPS * 2 : STOPS;
            one_overlap(which, args, rows, at[5], sizeof stop_x, "points.x");
            one_overlap(which, args, rows, at[6], sizeof stop_y, "points.y");
            one_overlap(which, args, rows, at[7], sizeof zone_priority, "query.priority");
        }
        if (calls[which].more != NULL) {
            char text[96];
            arguments mine = args;
            snprintf(text, sizeof text, "%s overlaps %s", calls[which].more, calls[which].out);
            mine.more = canary_out;
            REFUSED_CALL(which, &mine, PF_ERROR_LAYOUT, -1, text);
            mine.more = (char *)canary_out + (calls[which].out_bytes == 8 ? 5 * 8 : 8);
            REFUSED_CALL(which, &mine, PF_ERROR_LAYOUT, -1, text);
            mine.out = canary_out + 2;
            mine.more = canary_out;
            REFUSED_CALL(which, &mine, PF_ERROR_LAYOUT, -1, text);
        }
    }
    /* Next to each other is fine. */
    args.out = canary_out;
    args.more = canary_out + TOWN_POLYGONS;
    WORKS(call(CENTER, &args, err));
    WORKS(call(NEAREST, &args, err));
}

static void the_run(void) {
    static const int32_t cancel[2] = {0, 0};
    good();
    args.run = NULL;
    ACCEPTED_BY_ALL(TAKES_RUN, &args);
    good();
    sized_structure(TAKES_RUN, &args, (const void **)&args.run, sizeof run, "run");
    good();
    run.flags = 8;
    REFUSED_BY_ALL(TAKES_RUN, &args, PF_ERROR_UNSUPPORTED, -1, "run.flags = 8");
    run.flags = 0x80000001u;
    REFUSED_BY_ALL(TAKES_RUN, &args, PF_ERROR_UNSUPPORTED, -1, "run.flags = 2147483648");
    good();
    run.reserved = 1;
    REFUSED_BY_ALL(TAKES_RUN, &args, PF_ERROR_UNSUPPORTED, -1, "run.reserved = 1");
    good();
    run.cancel = (const int32_t *)((const char *)cancel + 2);
    REFUSED_BY_ALL(TAKES_RUN, &args, PF_ERROR_LAYOUT, -1, "run.cancel is not aligned to 4 bytes");
    good();
    run.workers = UINT32_MAX;
    run.cancel = cancel;
    ACCEPTED_BY_ALL(TAKES_RUN, &args);
}

/* Only pf_index_build takes them. */
static void the_options(void) {
    struct { pf_index_options options; char tail[8]; } o = {{sizeof(pf_index_options), 0}, {0}};
    good();
    args.options = &o.options;
    accepted_call(BUILD, &args, __LINE__);
    o.options.struct_size = 4;
    o.options.flags = 24; /* behind the end */
    accepted_call(BUILD, &args, __LINE__);
    o.options.struct_size = sizeof o;
    REFUSED_CALL(BUILD, &args, PF_ERROR_UNSUPPORTED, -1, "options.flags = 24");
    o.options.flags = 0x80000000u | PF_INDEX_CENTERS;
    REFUSED_CALL(BUILD, &args, PF_ERROR_UNSUPPORTED, -1, "options.flags = 2147483648");
    for (o.options.flags = 0; o.options.flags < 8; o.options.flags++) accepted_call(BUILD, &args, __LINE__);
    o.options.flags = 0;
    o.tail[7] = 1;
    REFUSED_CALL(BUILD, &args, PF_ERROR_UNSUPPORTED, -1, "options.struct_size = 16: fields are set");
    o.options.struct_size = 0;
    REFUSED_CALL(BUILD, &args, PF_ERROR_ARGUMENT, -1, "options.struct_size = 0");
    args.options = (const pf_index_options *)((const char *)&o + 1);
    REFUSED_CALL(BUILD, &args, PF_ERROR_LAYOUT, -1, "options is not aligned to 4 bytes");
}

/* A pf_error that is not aligned is left alone; the call does what it does. */
static void the_error(void) {
    uint64_t room[sizeof(pf_error) / 8 + 1];
    unsigned char *bytes = (unsigned char *)room;
    size_t i;
    memset(room, 0x5A, sizeof room);
    CHECK(pf_points_check(NULL, (pf_error *)(void *)(bytes + 4)) == PF_ERROR_NULL);
    CHECK(pf_points_check(&stops, (pf_error *)(void *)(bytes + 1)) == PF_OK);
    for (i = 0; i < sizeof room; i++) CHECK(bytes[i] == 0x5A);
}

int main(void) {
    refuse_setup();
    each_output();
    overlaps();
    the_run();
    the_options();
    the_error();
    refuse_teardown();
    DONE();
}
