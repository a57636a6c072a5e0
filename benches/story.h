/* The story's input, as story.py writes it: counts, the distance, columns of vertices and points, offsets. */
#ifndef STORY_H
#define STORY_H

#include "program.h"

static pf_polygons polygons = {sizeof polygons, PF_I64, {0}, NULL, 0, NULL, 0, NULL, 0};
static pf_points points;
static pf_query query = {sizeof query, PF_CLOSE, 0, PF_BY_AREA, 0, NULL, 0, 0};
static pf_run run = {sizeof run, 1, NULL, NULL, NULL, 0, 0, 0};

static void *take(FILE *file, int64_t len) {
    void *data = malloc((size_t)len * 8);
    must(data && fread(data, 8, (size_t)len, file) == (size_t)len);
    return data;
}

static pf_points columns(FILE *file, int64_t len) {
    pf_points columns = {NULL, NULL, 0, sizeof(double), PF_F64, 0};
    columns.x = take(file, len);
    columns.y = take(file, len);
    columns.len = (size_t)len;
    return columns;
}

static void read_story(int argc, char **argv) {
    FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
    int64_t counts[3];

    must(file && fread(counts, sizeof counts, 1, file) == 1 && fread(&query.distance, 8, 1, file) == 1);
    polygons.vertices = columns(file, counts[0]);
    points = columns(file, counts[2]);
    polygons.ring_count = (size_t)counts[1];
    polygons.ring_offsets = take(file, counts[1] + 1);
    fclose(file);
}

#endif
