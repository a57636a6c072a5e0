/* polyfind for .Call: vectors are read where they lie. Rows count from 1 for R, and none is NA. */
#define R_NO_REMAP
#include <polyfind.h>

#include <R.h>
#include <R_ext/Rdynload.h>
#include <Rinternals.h>

/* A condition of R, which the caller signals: an error that jumped from here would leave things behind. */
static SEXP failure(const pf_error *err) {
    const char *names[] = {"message", "call", "status", "item", ""}, *status = pf_status_name(err->status);
    char text[PF_MESSAGE_BYTES + 64];
    SEXP made = PROTECT(Rf_mkNamed(VECSXP, names)), classes = PROTECT(Rf_allocVector(STRSXP, 3));
    snprintf(text, sizeof text, "%s: %s", status, err->message);
    SET_VECTOR_ELT(made, 0, Rf_ScalarString(Rf_mkCharCE(text, CE_UTF8)));
    SET_VECTOR_ELT(made, 2, Rf_mkString(status));
    SET_VECTOR_ELT(made, 3, Rf_ScalarReal(err->item < 0 ? NA_REAL : (double)err->item + 1));
    SET_STRING_ELT(classes, 0, Rf_mkChar("polyfind_error"));
    SET_STRING_ELT(classes, 1, Rf_mkChar("error"));
    SET_STRING_ELT(classes, 2, Rf_mkChar("condition"));
    Rf_setAttrib(made, R_ClassSymbol, classes);
    UNPROTECT(2);
    return made;
}

static void look(void *unused) {
    (void)unused;
    R_CheckUserInterrupt();
}

/* Calls a function of R, if there is one. An error or an interrupt, which would jump, stops the call instead. */
static int32_t told(uint64_t done, uint64_t total, void *data) {
    SEXP progress = data, call, answer;
    int bad = !R_ToplevelExec(look, NULL);
    if (bad || progress == R_NilValue) return bad;
    call = PROTECT(Rf_lang3(progress, PROTECT(Rf_ScalarReal((double)done)), PROTECT(Rf_ScalarReal((double)total))));
    answer = R_tryEvalSilent(call, R_GlobalEnv, &bad);
    UNPROTECT(3);
    return bad || Rf_asLogical(answer) == TRUE;
}

static pf_run how(SEXP workers, SEXP progress) {
    pf_run run = {.struct_size = sizeof run, .workers = (uint32_t)Rf_asInteger(workers)};
    run.flags = progress == R_NilValue ? PF_RUN_POLL : 0;
    run.progress = told;
    run.progress_data = progress;
    return run;
}

static pf_points points_of(SEXP x, SEXP y) {
    pf_points made = {REAL(x), REAL(y), (size_t)XLENGTH(x), sizeof(double), PF_F64, 0};
    return made;
}

static void free_index(SEXP index) {
    pf_index_free(R_ExternalPtrAddr(index));
}

static SEXP new_index(pf_index *made) {
    SEXP index = PROTECT(R_MakeExternalPtr(made, R_NilValue, R_NilValue));
    R_RegisterCFinalizer(index, free_index);
    UNPROTECT(1);
    return index;
}

static SEXP build(SEXP x, SEXP y, SEXP rings, SEXP parts, SEXP polygons, SEXP workers, SEXP progress) {
    pf_polygons table = {.struct_size = sizeof table, .offset_type = PF_I32, .vertices = points_of(x, y)};
    pf_run run = how(workers, progress);
    pf_index *made;
    pf_error err;
    table.ring_offsets = INTEGER(rings), table.ring_count = (size_t)XLENGTH(rings) - 1;
    if (parts != R_NilValue) table.part_offsets = INTEGER(parts), table.part_count = (size_t)XLENGTH(parts) - 1;
    if (polygons != R_NilValue) {
        table.polygon_offsets = INTEGER(polygons), table.polygon_count = (size_t)XLENGTH(polygons) - 1;
    }
    return pf_index_build(&table, NULL, &run, &made, &err) ? failure(&err) : new_index(made);
}

static SEXP load(SEXP path, SEXP workers, SEXP progress) {
    pf_run run = how(workers, progress);
    pf_index *made;
    pf_error err;
    return pf_index_load(CHAR(STRING_ELT(path, 0)), &run, &made, &err) ? failure(&err) : new_index(made);
}

static SEXP save(SEXP index, SEXP path, SEXP workers, SEXP progress) {
    pf_run run = how(workers, progress);
    pf_error err;
    int status = pf_index_save(R_ExternalPtrAddr(index), CHAR(STRING_ELT(path, 0)), &run, &err);
    return status ? failure(&err) : R_NilValue;
}

static SEXP length(SEXP index) {
    return Rf_ScalarReal((double)pf_index_len(R_ExternalPtrAddr(index)));
}

static void from_one(int *rows, R_xlen_t n) {
    for (R_xlen_t i = 0; i < n; i++) rows[i] = rows[i] == PF_NONE ? NA_INTEGER : rows[i] + 1;
}

static SEXP locate(SEXP index, SEXP x, SEXP y, SEXP workers, SEXP progress) {
    pf_points points = points_of(x, y);
    pf_query query = {.struct_size = sizeof query, .relation = PF_COVERS};
    pf_run run = how(workers, progress);
    pf_error err;
    SEXP rows = PROTECT(Rf_allocVector(INTSXP, XLENGTH(x)));
    int status = pf_index_best(R_ExternalPtrAddr(index), &points, &query, &run, INTEGER(rows), NULL, points.len, &err);
    if (!status) from_one(INTEGER(rows), XLENGTH(rows));
    UNPROTECT(1);
    return status ? failure(&err) : rows;
}

static SEXP nearest(SEXP index, SEXP x, SEXP y, SEXP k, SEXP workers, SEXP progress) {
    pf_points points = points_of(x, y);
    pf_run run = how(workers, progress);
    pf_error err;
    R_xlen_t n = XLENGTH(x) * Rf_asInteger(k);
    const char *names[] = {"polygon", "distance", ""};
    SEXP both = PROTECT(Rf_mkNamed(VECSXP, names));
    int *rows = INTEGER(SET_VECTOR_ELT(both, 0, Rf_allocVector(INTSXP, n)));
    double *away = REAL(SET_VECTOR_ELT(both, 1, Rf_allocVector(REALSXP, n)));
    int status = pf_index_nearest(
        R_ExternalPtrAddr(index), &points, (size_t)Rf_asInteger(k), NULL, &run, rows, away, (size_t)n, &err);
    if (!status) from_one(rows, n);
    UNPROTECT(1);
    return status ? failure(&err) : both;
}

/* R may run out of memory, and jump, while there is a result: it is freed with what is made for it here. */
static void free_result(SEXP result) {
    pf_result_free(R_ExternalPtrAddr(result));
}

static SEXP find(SEXP index, SEXP x, SEXP y, SEXP distance, SEXP workers, SEXP progress) {
    pf_points points = points_of(x, y);
    pf_query query = {.struct_size = sizeof query, .relation = PF_DWITHIN, .distance = Rf_asReal(distance)};
    pf_run run = how(workers, progress);
    const char *names[] = {"point", "polygon", ""};
    pf_result *made = NULL;
    pf_error err;
    SEXP owner = PROTECT(R_MakeExternalPtr(NULL, R_NilValue, R_NilValue)), both = R_NilValue;
    R_RegisterCFinalizer(owner, free_result);
    int status = pf_index_find(R_ExternalPtrAddr(index), &points, &query, &run, &made, &err);
    R_SetExternalPtrAddr(owner, made);
    if (!status) {
        const int64_t *ends = pf_result_offsets(made);
        const int32_t *found = pf_result_polygons(made);
        R_xlen_t n = (R_xlen_t)pf_result_pairs(made);
        both = PROTECT(Rf_mkNamed(VECSXP, names));
        int *point = INTEGER(SET_VECTOR_ELT(both, 0, Rf_allocVector(INTSXP, n)));
        int *polygon = INTEGER(SET_VECTOR_ELT(both, 1, Rf_allocVector(INTSXP, n)));
        for (size_t i = 0; i < points.len; i++)
            for (int64_t pair = ends[i]; pair < ends[i + 1]; pair++) point[pair] = (int)i + 1;
        for (R_xlen_t pair = 0; pair < n; pair++) polygon[pair] = found[pair] + 1;
        UNPROTECT(1);
    }
    pf_result_free(made);
    R_ClearExternalPtr(owner);
    UNPROTECT(1);
    return status ? failure(&err) : both;
}

static SEXP release(SEXP index) {
    free_index(index);
    return R_NilValue;
}

static SEXP version(void) {
    return Rf_mkString(pf_version());
}

#define CALLED(name, arguments) {"pf_" #name, (DL_FUNC)&name, arguments}

void R_init_polyfind(DllInfo *info) {
    static const R_CallMethodDef called[] = {
        CALLED(build, 7), CALLED(load, 3), CALLED(save, 4), CALLED(length, 1), CALLED(locate, 5),
        CALLED(nearest, 6), CALLED(find, 6), CALLED(release, 1), CALLED(version, 0), {NULL, NULL, 0},
    };
    if (pf_abi() != PF_ABI) Rf_error("libpolyfind has ABI %u, this file %d", pf_abi(), PF_ABI);
    R_registerRoutines(info, NULL, called, NULL, NULL);
    R_useDynamicSymbols(info, FALSE);
}
