/* The story's job from C, everything anew per call. Compiled and started by story.py: story FILE */
#include "story.h"

static const pf_index_options centers = {sizeof centers, PF_INDEX_CENTERS};
static pf_index *kept;
static int32_t *winners;

static void check(void) { must(!pf_polygons_check(&polygons, NULL)); }

static void build(void) {
    pf_index *index;
    must(!pf_index_build(&polygons, &centers, &run, &index, NULL));
    pf_index_free(index);
}

static void best(void) { must(!pf_index_best(kept, &points, &query, &run, winners, NULL, points.len, NULL)); }

static void all(void) {
    pf_index *index;
    must(!pf_index_build(&polygons, &centers, &run, &index, NULL));
    must(!pf_index_best(index, &points, &query, &run, winners, NULL, points.len, NULL));
    pf_index_free(index);
}

int main(int argc, char **argv) {
    static const job jobs[] = {{"check", check}, {"build", build}, {"best", best}, {"all", all}};
    size_t i;

    read_story(argc, argv);
    winners = calloc(points.len, sizeof *winners);
    must(winners && !pf_index_build(&polygons, &centers, &run, &kept, NULL));
    all();
    for (i = 0; i < points.len; i++) printf("%d ", (int)winners[i]);
    serve(jobs, sizeof jobs / sizeof *jobs);
    pf_index_free(kept);
    return 0;
}
