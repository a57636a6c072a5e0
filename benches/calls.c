/* Small calls from C, everything prepared. Compiled and started by calls.py: calls FILE (the story's input) */
#include "story.h"

static pf_index *kept;
static pf_points point;
static pf_polygons polygon;
static double area_out;
static int32_t best_out;
static uint32_t count_out;

static void area(void) { must(!pf_polygons_area(&polygon, NULL, &area_out, 1, NULL)); }

static void best(void) { must(!pf_index_best(kept, &point, &query, NULL, &best_out, NULL, 1, NULL)); }

static void count(void) { must(!pf_index_count(kept, &point, &query, NULL, &count_out, 1, NULL)); }

int main(int argc, char **argv) {
    static const job jobs[] = {{"area", area}, {"best", best}, {"count", count}};

    read_story(argc, argv);
    must(!pf_index_build(&polygons, NULL, NULL, &kept, NULL));
    point = points;
    point.len = 1;
    polygon = polygons;
    polygon.ring_count = 1;
    area();
    best();
    count();
    printf("%.17g %d %u", area_out, (int)best_out, (unsigned)count_out);
    serve(jobs, sizeof jobs / sizeof *jobs);
    pf_index_free(kept);
    return 0;
}
