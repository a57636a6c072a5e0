/* An index as bytes and as files: what is written opens as it was, and what these calls refuse. */
#define _POSIX_C_SOURCE 200809L
#include "refuse.h"

#include <errno.h>
#include <sys/stat.h>

static int32_t zone_of(const pf_index *index, size_t stop) {
    int32_t polygon[STOPS];
    pf_query q = zones_close(nextafter(5, 6), PF_BY_AREA);
    WORKS(pf_index_best(index, &stops, &q, NULL, polygon, NULL, STOPS, err));
    return polygon[stop];
}

static void answers(const pf_index *index) {
    CHECK(pf_index_len(index) == ZONES);
    CHECK(zone_of(index, 0) == 1 && zone_of(index, 1) == 1 && zone_of(index, 2) == PF_NONE);
}

/* Every way to open, with every flag. */
static void round_trip(void) {
    pf_index *index = NULL;
    uint32_t flags;
    WORKS(pf_index_load(good_file.path, NULL, &index, err));
    answers(index);
    WORKS(pf_index_save(index, good_file.path, NULL, err));
    pf_index_free(index);
    for (flags = 0; flags <= PF_OPEN_TRUSTED; flags++) {
        WORKS(pf_index_map(good_file.path, flags, NULL, &index, err));
        answers(index);
        pf_index_free(index);
    }
    for (flags = 0; flags <= (PF_OPEN_TRUSTED | PF_OPEN_COPY); flags++) {
        WORKS(pf_index_view(saved_bytes(&good_file), good_file.len, flags, NULL, &index, err));
        answers(index);
        pf_index_free(index);
    }
    {
        /* A copy needs no alignment, and nothing of its bytes afterwards. */
        char *room = (char *)malloc(good_file.len + 1);
        memcpy(room + 1, saved_bytes(&good_file), good_file.len);
        WORKS(pf_index_view(room + 1, good_file.len, PF_OPEN_COPY, NULL, &index, err));
        free(room);
        answers(index);
        pf_index_free(index);
    }
}

static void writing(void) {
    size_t size = pf_index_byte_size(good_index);
    char *room = (char *)malloc(size + 1), text[96];
    pf_index *index = NULL;
    CHECK(size == good_file.len && size % 64 == 0 && pf_index_byte_size(NULL) == 0);
    memset(room, 0x5A, size + 1);
    WORKS(pf_index_write(good_index, NULL, room, size + 1, err));
    CHECK(memcmp(room, saved_bytes(&good_file), size) == 0 && room[size] == 0x5A);
    memset(room, 0x5A, size);
    snprintf(text, sizeof text, "out has room for %d elements; %d are needed", (int)size - 1, (int)size);
    REFUSED(pf_index_write(good_index, NULL, room, size - 1, err), PF_ERROR_CAPACITY, -1, text);
    REFUSED(pf_index_write(good_index, NULL, NULL, size, err), PF_ERROR_NULL, -1, "out is NULL");
    REFUSED(pf_index_write(NULL, NULL, room, size, err), PF_ERROR_NULL, -1, "index is NULL");
    CHECK(room[0] == 0x5A && room[size - 1] == 0x5A);
    /* Over the bytes that it is viewed from it cannot be written. */
    WORKS(pf_index_view(saved_bytes(&good_file), good_file.len, 0, NULL, &index, err));
    REFUSED(pf_index_write(index, NULL, (void *)(uintptr_t)saved_bytes(&good_file), size, err), PF_ERROR_LAYOUT, -1,
            "out overlaps index");
    pf_index_free(index);
    free(room);
}

static void describing(void) {
    struct { pf_index_info info; uint32_t tail[2]; } d;
    pf_index_info *info = &d.info;
    memset(&d, 0x5A, sizeof d);
    info->struct_size = sizeof *info;
    WORKS(pf_index_describe(good_index, info, err));
    CHECK(info->struct_size == sizeof *info && info->format_version == 1 && info->reserved == 0);
    CHECK(info->flags == (PF_INDEX_CENTERS | PF_INDEX_INSIDES | PF_INDEX_DISTANCES));
    CHECK(info->polygon_count == ZONES && info->ring_count == ZONES - 1 && info->vertex_count == 20);
    CHECK(info->byte_size == pf_index_byte_size(good_index) && d.tail[0] == 0x5A5A5A5A);
    CHECK(info->bounds.min_x == -4 && info->bounds.min_y == -3 && info->bounds.max_x == 6.5 && info->bounds.max_y == 8.5);
    /* A longer one ends in zeros, a shorter one stays as it was behind its end. */
    memset(&d, 0x5A, sizeof d);
    info->struct_size = sizeof *info + 4;
    WORKS(pf_index_describe(good_index, info, err));
    CHECK(d.tail[0] == 0 && d.tail[1] == 0x5A5A5A5A);
    memset(&d, 0x5A, sizeof d);
    info->struct_size = 24;
    WORKS(pf_index_describe(good_index, info, err));
    CHECK(info->struct_size == 24 && info->polygon_count == ZONES && info->ring_count == 0x5A5A5A5A5A5A5A5Au);
    info->struct_size = 3;
    REFUSED(pf_index_describe(good_index, info, err), PF_ERROR_ARGUMENT, -1, "out.struct_size = 3: set it to");
    REFUSED(pf_index_describe(good_index, NULL, err), PF_ERROR_NULL, -1, "out is NULL");
    REFUSED(pf_index_describe(NULL, info, err), PF_ERROR_NULL, -1, "index is NULL");
    REFUSED(pf_index_describe(good_index, (pf_index_info *)((char *)info + 4), err), PF_ERROR_LAYOUT, -1,
            "out is not aligned to 8 bytes");
}

/* Of an index that answers some questions only; what is inside is needed for distances, too. */
static void describing_uses(void) {
    static const uint32_t told[] = {7, 1, 2, 3, 6, 7, 6, 7};
    uint32_t flags;
    for (flags = 0; flags < 8; flags++) {
        pf_index_options options = {sizeof options, flags};
        pf_index_info info = {sizeof info, 0, 0, 0, 0, 0, 0, 0, {0, 0, 0, 0}};
        pf_index *index = NULL;
        WORKS(pf_index_build(&good_town.polygons, &options, NULL, &index, err));
        WORKS(pf_index_describe(index, &info, err));
        CHECK(info.flags == told[flags] && info.polygon_count == TOWN_POLYGONS);
        CHECK(info.ring_count == (flags == PF_INDEX_CENTERS ? 0 : TOWN_RINGS));
        CHECK(isnan(info.bounds.min_x) == (flags == PF_INDEX_CENTERS));
        pf_index_free(index);
    }
}

/* Bytes that were vouched for and are damaged: edges that are not there. An error inside, as often as somebody asks, of which
   nothing stays: valgrind and AddressSanitizer look at that. */
static void trusted_in_vain(void) {
    static const char links[] = "tree.links";
    saved file = save_index(good_index, "trusted_in_vain");
    char *bytes = (char *)file.room + (64 - (uintptr_t)file.room % 64), *entry = bytes + 64;
    pf_index *index = NULL;
    int32_t polygon[STOPS];
    pf_error error;
    int i;
    while (strcmp(entry, links) != 0) entry += 64;
    {
        uint64_t start, len;
        const uint32_t nowhere = 0xFFFFFF00u;
        memcpy(&start, entry + 40, 8);
        memcpy(&len, entry + 48, 8);
        /* polygon, first edge, number of edges */
        for (; len > 0; len -= 12, start += 12) memcpy(bytes + start + 4, &nowhere, 4);
    }
    WORKS(pf_index_view(bytes, file.len, PF_OPEN_TRUSTED, NULL, &index, err));
    for (i = 0; i < 3; i++) {
        CHECK(pf_index_nearest(index, &stops, 1, NULL, NULL, polygon, NULL, STOPS, &error) == PF_ERROR_INTERNAL);
        CHECK(strncmp(error.message, "a bug in polyfind", 17) == 0);
    }
    pf_index_free(index);
    saved_forget(&file);
}

static void refusals(void) {
    arguments args = good_arguments();
    char folder[] = "/tmp/polyfind-files-XXXXXX", path[64];
    pf_index *index = (pf_index *)&args;
    struct stat before, after;
    uint32_t flags;
    args.path = NULL;
    REFUSED_BY_ALL(TAKES_PATH, &args, PF_ERROR_NULL, -1, "path is NULL");
    args = good_arguments();
    args.index = NULL;
    REFUSED_BY_ALL(TAKES_INDEX, &args, PF_ERROR_NULL, -1, "index is NULL");
    args = good_arguments();
    args.flags = 4;
    REFUSED_BY_ALL(TAKES_FLAGS, &args, PF_ERROR_UNSUPPORTED, -1, "flags = 4");
    args.flags = PF_OPEN_COPY;
    REFUSED_CALL(MAP, &args, PF_ERROR_UNSUPPORTED, -1, "flags = 2");
    args = good_arguments();
    args.bytes = NULL;
    REFUSED_CALL(VIEW, &args, PF_ERROR_NULL, -1, "bytes is NULL");
    args.bytes_len = 0;
    REFUSED_CALL(VIEW, &args, PF_ERROR_FORMAT, -1, "index: 0 bytes are too few for one");
    for (flags = 0; flags < 4; flags++) {
        args = good_arguments();
        args.flags = flags;
        args.bytes_len -= 64;
        REFUSED_CALL(VIEW, &args, PF_ERROR_FORMAT, -1, "bytes instead of");
        args.bytes = (const char *)args.bytes + 8;
        if (!(flags & PF_OPEN_COPY)) REFUSED_CALL(VIEW, &args, PF_ERROR_LAYOUT, -1, "bytes is not aligned to 64 bytes");
        if (flags & PF_OPEN_COPY) REFUSED_CALL(VIEW, &args, PF_ERROR_FORMAT, -1, "it does not begin with");
        args.bytes_len = SIZE_MAX;
        REFUSED_CALL(VIEW, &args, PF_ERROR_LAYOUT, -1, "are more than memory can hold");
    }

    args = good_arguments();
    if (!CHECK(mkdtemp(folder) != NULL)) return;
    snprintf(path, sizeof path, "%s/missing/index", folder);
    args.path = path;
    REFUSED_BY_ALL(TAKES_PATH, &args, PF_ERROR_IO, ENOENT, "No such file or directory");
    args.path = "";
    REFUSED_CALL(LOAD, &args, PF_ERROR_IO, ENOENT, "No such file or directory");
    REFUSED_CALL(MAP, &args, PF_ERROR_IO, ENOENT, "No such file or directory");
    REFUSED_CALL(SAVE, &args, PF_ERROR_IO, -1, "the path names no file");
    args.path = folder;
    REFUSED_BY_ALL(TAKES_PATH, &args, PF_ERROR_IO, -1, "not a regular file");
    args.path = "/dev/full";
    REFUSED_BY_ALL(TAKES_PATH, &args, PF_ERROR_IO, -1, "not a regular file");
    snprintf(path, sizeof path, "%s/pipe", folder);
    args.path = path;
    if (CHECK(mkfifo(path, 0600) == 0)) /* nobody waits for its other end */
        REFUSED_BY_ALL(TAKES_PATH, &args, PF_ERROR_IO, -1, "not a regular file");
    remove(path);
    CHECK(rmdir(folder) == 0); /* nothing was left in it */

    /* A refused call leaves the handle alone; a save is a new file. */
    CHECK(pf_index_load("/dev/null", NULL, &index, NULL) == PF_ERROR_IO && index == (pf_index *)&args);
    CHECK(stat(good_file.path, &before) == 0);
    WORKS(pf_index_save(good_index, good_file.path, NULL, err));
    CHECK(stat(good_file.path, &after) == 0 && before.st_size == after.st_size && before.st_mode == after.st_mode);
}

int main(void) {
    refuse_setup();
    round_trip();
    writing();
    describing();
    describing_uses();
    trusted_in_vain();
    refusals();
    refuse_teardown();
    DONE();
}
