/* Sizes and offsets of every structure on LP64 machines, as other languages write them down. Compiled as C and as C++. */
#include "check.h"

#ifdef __cplusplus
#define ASSERT(condition, name) static_assert(condition, #name)
#elif __STDC_VERSION__ >= 201112L
#define ASSERT(condition, name) _Static_assert(condition, #name)
#else
#define ASSERT(condition, name) typedef char assert_##name[(condition) ? 1 : -1]
#endif

#define SIZE(type, bytes) ASSERT(sizeof(type) == (bytes), type##_size)
#define FIELD(type, field, offset, bytes)                                                   \
    ASSERT(offsetof(type, field) == (offset) && sizeof(((type *)0)->field) == (bytes), type##_##field)

ASSERT(sizeof(void *) == 8 && sizeof(size_t) == 8 && sizeof(long) == 8, this_machine_is_lp64);
SIZE(pf_status, 4);
SIZE(pf_progress, 8);

SIZE(pf_points, 40);
FIELD(pf_points, x, 0, 8);
FIELD(pf_points, y, 8, 8);
FIELD(pf_points, len, 16, 8);
FIELD(pf_points, stride, 24, 8);
FIELD(pf_points, dtype, 32, 4);
FIELD(pf_points, reserved, 36, 4);

SIZE(pf_error, 256);
FIELD(pf_error, status, 0, 4);
FIELD(pf_error, reserved, 4, 4);
FIELD(pf_error, item, 8, 8);
FIELD(pf_error, message, 16, 240);

SIZE(pf_polygons, 96);
FIELD(pf_polygons, struct_size, 0, 4);
FIELD(pf_polygons, offset_type, 4, 4);
FIELD(pf_polygons, vertices, 8, 40);
FIELD(pf_polygons, ring_offsets, 48, 8);
FIELD(pf_polygons, ring_count, 56, 8);
FIELD(pf_polygons, part_offsets, 64, 8);
FIELD(pf_polygons, part_count, 72, 8);
FIELD(pf_polygons, polygon_offsets, 80, 8);
FIELD(pf_polygons, polygon_count, 88, 8);

SIZE(pf_binary, 56);
FIELD(pf_binary, struct_size, 0, 4);
FIELD(pf_binary, offset_type, 4, 4);
FIELD(pf_binary, data, 8, 8);
FIELD(pf_binary, data_len, 16, 8);
FIELD(pf_binary, offsets, 24, 8);
FIELD(pf_binary, len, 32, 8);
FIELD(pf_binary, validity, 40, 8);
FIELD(pf_binary, validity_offset, 48, 8);

SIZE(pf_run, 48);
FIELD(pf_run, struct_size, 0, 4);
FIELD(pf_run, workers, 4, 4);
FIELD(pf_run, progress, 8, 8);
FIELD(pf_run, progress_data, 16, 8);
FIELD(pf_run, cancel, 24, 8);
FIELD(pf_run, flags, 32, 4);
FIELD(pf_run, reserved, 36, 4);
FIELD(pf_run, max_bytes, 40, 8);

SIZE(pf_box, 32);
FIELD(pf_box, min_x, 0, 8);
FIELD(pf_box, min_y, 8, 8);
FIELD(pf_box, max_x, 16, 8);
FIELD(pf_box, max_y, 24, 8);

SIZE(pf_index_options, 8);
FIELD(pf_index_options, struct_size, 0, 4);
FIELD(pf_index_options, flags, 4, 4);

SIZE(pf_index_info, 80);
FIELD(pf_index_info, struct_size, 0, 4);
FIELD(pf_index_info, format_version, 4, 4);
FIELD(pf_index_info, flags, 8, 4);
FIELD(pf_index_info, reserved, 12, 4);
FIELD(pf_index_info, polygon_count, 16, 8);
FIELD(pf_index_info, ring_count, 24, 8);
FIELD(pf_index_info, vertex_count, 32, 8);
FIELD(pf_index_info, byte_size, 40, 8);
FIELD(pf_index_info, bounds, 48, 32);

SIZE(pf_attributes, 40);
FIELD(pf_attributes, struct_size, 0, 4);
FIELD(pf_attributes, reserved, 4, 4);
FIELD(pf_attributes, values, 8, 8);
FIELD(pf_attributes, values_len, 16, 8);
FIELD(pf_attributes, groups, 24, 8);
FIELD(pf_attributes, groups_len, 32, 8);

SIZE(pf_query, 48);
FIELD(pf_query, struct_size, 0, 4);
FIELD(pf_query, relation, 4, 4);
FIELD(pf_query, distance, 8, 8);
FIELD(pf_query, order, 16, 4);
FIELD(pf_query, flags, 20, 4);
FIELD(pf_query, priority, 24, 8);
FIELD(pf_query, priority_len, 32, 8);
FIELD(pf_query, max_pairs, 40, 8);

ASSERT(PF_F64 == 1 && PF_F32 == 2 && PF_I32 == 3 && PF_I64 == 4 && PF_RUN_PORTABLE == 1 && PF_RUN_DIRECT == 2, types);
ASSERT(PF_CLOSE == 1 && PF_COVERS == 2 && PF_CONTAINS == 3 && PF_OWNS == 4 && PF_DWITHIN == 5, relations);
ASSERT(PF_BY_POLYGON == 0 && PF_BY_DISTANCE == 1 && PF_BY_AREA == 2 && PF_BY_PRIORITY == 4 && PF_BY_CENTER == 5, orders);
ASSERT(PF_INDEX_CENTERS == 1 && PF_INDEX_INSIDES == 2 && PF_INDEX_DISTANCES == 4 && PF_WITH_DISTANCES == 1, flags);
ASSERT(PF_OPEN_TRUSTED == 1 && PF_OPEN_COPY == 2, open_flags);
ASSERT(PF_WKB == 1 && PF_WKT == 2 && PF_GEOJSON == 3 && PF_SKIP_FAULTS == 1, formats);
ASSERT(PF_FAULT_END == 1 && PF_FAULT_TRAILING == 2 && PF_FAULT_TYPE == 3 && PF_FAULT_DEPTH == 4 && PF_FAULT_COORDINATE == 5, faults);
ASSERT(PF_FAULT_BYTE_ORDER == 6 && PF_FAULT_COUNT == 7 && PF_FAULT_NUMBER == 8 && PF_FAULT_SYNTAX == 9, more_faults);
ASSERT(PF_FAULT_JSON == 10 && PF_FAULT_LIST == 11 && PF_FAULT_MEMBER == 12, faults_of_json);
ASSERT(PF_NONE == -1 && PF_ABI == 0 && PF_MESSAGE_BYTES == 240, numbers);

/* Numbers, names and texts of the statuses. */
static void statuses(void) {
    static const struct {
        pf_status status;
        const char *name;
    } known[] = {
        {PF_OK, "PF_OK"},
        {PF_ERROR_NULL, "PF_ERROR_NULL"},
        {PF_ERROR_ARGUMENT, "PF_ERROR_ARGUMENT"},
        {PF_ERROR_LAYOUT, "PF_ERROR_LAYOUT"},
        {PF_ERROR_COORDINATE, "PF_ERROR_COORDINATE"},
        {PF_ERROR_CAPACITY, "PF_ERROR_CAPACITY"},
        {PF_ERROR_UNSUPPORTED, "PF_ERROR_UNSUPPORTED"},
        {PF_ERROR_LIMIT, "PF_ERROR_LIMIT"},
        {PF_ERROR_CANCELLED, "PF_ERROR_CANCELLED"},
        {PF_ERROR_MEMORY, "PF_ERROR_MEMORY"},
        {PF_ERROR_IO, "PF_ERROR_IO"},
        {PF_ERROR_FORMAT, "PF_ERROR_FORMAT"},
        {PF_ERROR_INTERNAL, "PF_ERROR_INTERNAL"},
    };
    static const pf_status numbers[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    const char *unknown = pf_status_text(-1);
    size_t i, j;
    for (i = 0; i < sizeof known / sizeof *known; i++) {
        const char *text = pf_status_text(known[i].status);
        CHECK(known[i].status == numbers[i]);
        CHECK(strcmp(pf_status_name(known[i].status), known[i].name) == 0);
        CHECK(strlen(text) > 5 && strcmp(text, unknown) != 0);
        for (j = 0; j < i; j++) CHECK(strcmp(text, pf_status_text(known[j].status)) != 0);
    }
    CHECK(strcmp(pf_status_name(-1), "PF_ERROR_UNKNOWN") == 0);
    CHECK(strcmp(pf_status_name(10000), "PF_ERROR_UNKNOWN") == 0);
}

int main(void) {
    char version[32];
    snprintf(version, sizeof version, "%d.%d.%d", PF_VERSION_MAJOR, PF_VERSION_MINOR, PF_VERSION_PATCH);
    CHECK(strcmp(pf_version(), version) == 0);
    CHECK(pf_abi() == PF_ABI);
    CHECK(strstr("avx512 avx2 neon scalar", pf_simd()) != NULL);
    statuses();
    DONE();
}
