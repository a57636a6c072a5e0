/* Tables from encoded rows: what they hold, how they are refused, and what is skipped. */
#include "check.h"

enum { ROWS = 5, VERTICES = 15 };

/* Rows as Arrow lays them out, from strings. */
typedef struct text_rows {
    char data[1024];
    int64_t offsets[16];
    pf_binary lent;
} text_rows;

static void add(text_rows *t, const char *row) {
    size_t end = (size_t)t->offsets[t->lent.len], bytes = strlen(row);
    memcpy(t->data + end, row, bytes);
    t->lent.struct_size = sizeof t->lent;
    t->lent.offset_type = PF_I64;
    t->lent.data = (const uint8_t *)t->data;
    t->lent.offsets = t->offsets;
    t->lent.data_len = end + bytes;
    t->offsets[++t->lent.len] = (int64_t)(end + bytes);
}

static void add_lands(text_rows *t) {
    memset(t, 0, sizeof *t);
    add(t, "POLYGON ((0 0, 4 0, 4 4, 0 4))");
    add(t, "SRID=4326; multipolygon z (((10 0 5, 12 0 5, 10 2 5)), ((20 0 5, 23 0 5, 20 3 5)))");
    add(t, "POLYGON EMPTY");
    add(t, "missing");
    add(t, "GEOMETRYCOLLECTION (POLYGON ((0 0, 6 0, 0 6), (1 1, 2 1)))");
}

static void rows_become_polygons(void) {
    static const double wanted[ROWS] = {16, 6.5, 0, 0, 18};
    static const int32_t rings[] = {0, 4, 7, 10, 13, 15}, parts[] = {0, 1, 2, 3, 3, 5}, polygons[] = {0, 1, 3, 4, 4, 5};
    uint8_t bits[2] = {0, 0};
    double area[ROWS];
    pf_polygons view;
    pf_table *table = NULL;
    text_rows t;
    int i;
    add_lands(&t);
    for (i = 0; i < ROWS; i++)
        if (i != 3) bits[(i + 6) / 8] = (uint8_t)(bits[(i + 6) / 8] | 1 << (i + 6) % 8);
    t.lent.validity = bits;
    t.lent.validity_offset = 6;
    WORKS(pf_table_read(&t.lent, PF_WKT, 0, NULL, &table, err));
    CHECK(pf_table_len(table) == ROWS && pf_table_faults(table) == 0);
    memset(&view, 0, sizeof view);
    view.struct_size = sizeof view;
    WORKS(pf_table_view(table, &view, err));
    CHECK(view.struct_size == sizeof view && view.offset_type == PF_I32);
    CHECK(view.vertices.dtype == PF_F64 && view.vertices.stride == sizeof(double) && view.vertices.len == VERTICES);
    if (!CHECK(view.ring_count == 5 && view.part_count == 5 && view.polygon_count == ROWS)) return;
    CHECK(memcmp(view.ring_offsets, rings, sizeof rings) == 0);
    CHECK(memcmp(view.part_offsets, parts, sizeof parts) == 0);
    CHECK(memcmp(view.polygon_offsets, polygons, sizeof polygons) == 0);
    CHECK(((const double *)view.vertices.x)[7] == 20 && ((const double *)view.vertices.y)[9] == 3);
    WORKS(pf_polygons_check(&view, err));
    WORKS(pf_polygons_area(&view, NULL, area, ROWS, err));
    for (i = 0; i < ROWS; i++) CHECK(area[i] == wanted[i]);
    pf_table_free(table);
    CHECK(pf_table_len(table) == 0);
}

/* Levels that say nothing are not there. */
static void only_the_levels_it_takes(void) {
    static const char *const more[] = {"POLYGON EMPTY", "POLYGON ((0 0, 9 0, 0 9), (1 1, 2 1, 1 2))", "MULTIPOLYGON (((0 0, 1 0, 0 1)), EMPTY)"};
    pf_polygons view;
    pf_table *table;
    text_rows t;
    int levels;
    memset(&t, 0, sizeof t);
    for (levels = 1; levels <= 3; levels++) {
        add(&t, more[levels - 1]);
        memset(&view, 0xA5, sizeof view);
        view.struct_size = sizeof view;
        WORKS(pf_table_read(&t.lent, PF_WKT, 0, NULL, &table, err));
        WORKS(pf_table_view(table, &view, err));
        CHECK((view.part_offsets != NULL) == (levels > 1) && (view.polygon_offsets != NULL) == (levels > 2));
        CHECK(view.polygon_count == (size_t)levels);
        WORKS(pf_polygons_check(&view, err));
        pf_table_free(table);
    }
}

static void faults_are_refused_or_skipped(void) {
    pf_table *table = (pf_table *)&table;
    pf_polygons view;
    text_rows t;
    add_lands(&t);
    REFUSED(pf_table_read(&t.lent, PF_WKT, 0, NULL, &table, err), PF_ERROR_FORMAT, 3, "rows[3], byte 0: neither a Polygon, nor");
    CHECK(table == (pf_table *)&table);
    add(&t, "POLYGON ((0 0, 1 nil, 0 1))");
    WORKS(pf_table_read(&t.lent, PF_WKT, PF_SKIP_FAULTS, NULL, &table, err));
    if (!CHECK(pf_table_len(table) == ROWS + 1 && pf_table_faults(table) == 2)) return;
    CHECK(pf_table_fault_rows(table)[0] == 3 && pf_table_fault_rows(table)[1] == 5);
    CHECK(pf_table_fault_bytes(table)[0] == 0 && pf_table_fault_bytes(table)[1] == 17);
    CHECK(pf_table_fault_reasons(table)[0] == PF_FAULT_TYPE && pf_table_fault_reasons(table)[1] == PF_FAULT_NUMBER);
    CHECK(strcmp(pf_fault_text(PF_FAULT_NUMBER), "a number is expected") == 0);
    view.struct_size = sizeof view - 8;
    REFUSED(pf_table_view(table, &view, err), PF_ERROR_ARGUMENT, -1, "out.struct_size = 88: set it to");
    REFUSED(pf_table_view(table, NULL, err), PF_ERROR_NULL, -1, "out is NULL");
    REFUSED(pf_table_view(NULL, &view, err), PF_ERROR_NULL, -1, "table is NULL");
    pf_table_free(table);
}

/* One text has many rows, and bytes of faults are counted from its beginning. */
static void a_document_is_many_rows(void) {
    static const char *const features[] = {
        "{\"type\":\"FeatureCollection\",\"features\":[{\"type\":\"Feature\",\"geometry\":null},",
        "{\"type\":\"Polygon\",\"coordinates\":[[[0,0],[2,0],[2,2],[0,2]]]},{\"type\":\"Point\"}]}",
    };
    double area[3];
    pf_polygons view;
    pf_table *table = NULL;
    text_rows t;
    char text[256];
    memset(&t, 0, sizeof t);
    strcpy(text, features[0]);
    strcat(text, features[1]);
    add(&t, text);
    REFUSED(pf_table_read(&t.lent, PF_GEOJSON, 0, NULL, &table, err), PF_ERROR_FORMAT, 2, "rows[2], byte ");
    WORKS(pf_table_read(&t.lent, PF_GEOJSON, PF_SKIP_FAULTS, NULL, &table, err));
    if (!CHECK(pf_table_len(table) == 3 && pf_table_faults(table) == 1)) return;
    CHECK(pf_table_fault_rows(table)[0] == 2 && pf_table_fault_reasons(table)[0] == PF_FAULT_TYPE);
    CHECK(pf_table_fault_bytes(table)[0] == strstr(text, "\"Point\"") - text);
    memset(&view, 0, sizeof view);
    view.struct_size = sizeof view;
    WORKS(pf_table_view(table, &view, err));
    WORKS(pf_polygons_area(&view, NULL, area, 3, err));
    CHECK(area[0] == 0 && area[1] == 4 && area[2] == 0);
    pf_table_free(table);
}

static void texts_of_faults(void) {
    const char *unknown = pf_fault_text(0);
    int32_t i, k;
    for (i = PF_FAULT_END; i <= PF_FAULT_MEMBER; i++)
        for (k = 0; k < i; k++) CHECK(strcmp(pf_fault_text(i), pf_fault_text(k)) != 0);
    CHECK(pf_fault_text(PF_FAULT_MEMBER + 1) == unknown && pf_fault_text(-1) == unknown && pf_fault_text(INT32_MIN) == unknown);
}

static void bad_rows(void) {
    pf_run stop = {sizeof stop, 0, NULL, NULL, NULL, 0, 0, 100};
    pf_table *table = NULL;
    text_rows t;
    pf_binary good, rows;
    add_lands(&t);
    t.lent.len = 3;
    good = t.lent;
    rows = good;
    rows.struct_size = 3;
    REFUSED(pf_table_read(&rows, PF_WKT, 0, NULL, &table, err), PF_ERROR_ARGUMENT, -1, "rows.struct_size = 3");
    rows = good;
    rows.offset_type = PF_F64;
    REFUSED(pf_table_read(&rows, PF_WKT, 0, NULL, &table, err), PF_ERROR_ARGUMENT, -1, "rows.offset_type = 1 is neither");
    rows = good;
    rows.data_len = 20;
    REFUSED(pf_table_read(&rows, PF_WKT, 0, NULL, &table, err), PF_ERROR_LAYOUT, 1, "rows.offsets[1] = 30 runs past rows.data_len = 20");
    rows = good;
    rows.data = NULL;
    REFUSED(pf_table_read(&rows, PF_WKT, 0, NULL, &table, err), PF_ERROR_NULL, -1, "rows.data is NULL");
    rows = good;
    rows.offsets = NULL;
    REFUSED(pf_table_read(&rows, PF_WKT, 0, NULL, &table, err), PF_ERROR_NULL, -1, "rows.offsets is NULL");
    rows = good;
    rows.len = (size_t)-1;
    REFUSED(pf_table_read(&rows, PF_WKT, 0, NULL, &table, err), PF_ERROR_LAYOUT, -1, "rows.offsets: ");
    rows = good;
    rows.validity = (const uint8_t *)"\377";
    rows.validity_offset = (size_t)-1;
    REFUSED(pf_table_read(&rows, PF_WKT, 0, NULL, &table, err), PF_ERROR_LAYOUT, -1, "rows.validity_offset = 18446744073709551615 is more");
    REFUSED(pf_table_read(&good, 0, 0, NULL, &table, err), PF_ERROR_ARGUMENT, -1, "format = 0 is none of PF_WKB (1), PF_WKT (2), PF_GEOJSON (3)");
    REFUSED(pf_table_read(&good, PF_WKT, 2, NULL, &table, err), PF_ERROR_UNSUPPORTED, -1, "flags = 2");
    REFUSED(pf_table_read(&good, PF_WKT, 0, &stop, &table, err), PF_ERROR_LIMIT, -1, "run.max_bytes = 100");
    CHECK(table == NULL);
    memset(&rows, 0, sizeof rows);
    rows.struct_size = sizeof rows;
    WORKS(pf_table_read(&rows, PF_WKB, 0, NULL, &table, err));
    CHECK(table != NULL && pf_table_len(table) == 0);
    pf_table_free(table);
}

int main(void) {
    rows_become_polygons();
    only_the_levels_it_takes();
    faults_are_refused_or_skipped();
    a_document_is_many_rows();
    texts_of_faults();
    bad_rows();
    DONE();
}
