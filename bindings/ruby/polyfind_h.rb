# Generated from include/polyfind.h by bindings/generate; do not edit (python3 dev.py header writes it anew).
require "fiddle/import"

module Polyfind
  # The header, name for name.
  module H
    extend Fiddle::Importer

    PF_VERSION_MAJOR = 0
    PF_VERSION_MINOR = 1
    PF_VERSION_PATCH = 0
    PF_ABI = 0
    PF_MESSAGE_BYTES = 240
    PF_F64 = 1
    PF_F32 = 2
    PF_I32 = 3
    PF_I64 = 4
    PF_WKB = 1
    PF_WKT = 2
    PF_GEOJSON = 3
    PF_SKIP_FAULTS = 1
    PF_FAULT_END = 1
    PF_FAULT_TRAILING = 2
    PF_FAULT_TYPE = 3
    PF_FAULT_DEPTH = 4
    PF_FAULT_COORDINATE = 5
    PF_FAULT_BYTE_ORDER = 6
    PF_FAULT_COUNT = 7
    PF_FAULT_NUMBER = 8
    PF_FAULT_SYNTAX = 9
    PF_FAULT_JSON = 10
    PF_FAULT_LIST = 11
    PF_FAULT_MEMBER = 12
    PF_RUN_PORTABLE = 1
    PF_RUN_DIRECT = 2
    PF_RUN_POLL = 4
    PF_CLOSE = 1
    PF_COVERS = 2
    PF_CONTAINS = 3
    PF_OWNS = 4
    PF_DWITHIN = 5
    PF_BY_POLYGON = 0
    PF_BY_DISTANCE = 1
    PF_BY_AREA = 2
    PF_BY_PRIORITY = 4
    PF_BY_CENTER = 5
    PF_WITH_DISTANCES = 1
    PF_BEST_ONLY = 2
    PF_INDEX_CENTERS = 1
    PF_INDEX_INSIDES = 2
    PF_INDEX_DISTANCES = 4
    PF_OPEN_TRUSTED = 1
    PF_OPEN_COPY = 2
    PF_TALLY_POINTS = 1
    PF_TALLY_VALUES = 2
    PF_TALLY_SUM = 3
    PF_TALLY_MEAN = 4
    PF_TALLY_MIN = 5
    PF_TALLY_MAX = 6
    PF_NONE = -1
    PF_OK = 0
    PF_ERROR_NULL = 1
    PF_ERROR_ARGUMENT = 2
    PF_ERROR_LAYOUT = 3
    PF_ERROR_COORDINATE = 4
    PF_ERROR_CAPACITY = 5
    PF_ERROR_UNSUPPORTED = 6
    PF_ERROR_LIMIT = 7
    PF_ERROR_CANCELLED = 8
    PF_ERROR_MEMORY = 9
    PF_ERROR_IO = 10
    PF_ERROR_FORMAT = 11
    PF_ERROR_INTERNAL = 12

    PfPoints = struct ["void * x", "void * y", "size_t len", "size_t stride", "uint32_t dtype", "uint32_t reserved"]

    PfError = struct ["int32_t status", "int32_t reserved", "int64_t item", "char message[240]"]

    PfPolygons = struct ["uint32_t struct_size", "uint32_t offset_type", { vertices: PfPoints }, "void * ring_offsets", "size_t ring_count", "void * part_offsets", "size_t part_count", "void * polygon_offsets", "size_t polygon_count"]

    PfRun = struct ["uint32_t struct_size", "uint32_t workers", "void * progress", "void * progress_data", "void * cancel", "uint32_t flags", "uint32_t reserved", "uint64_t max_bytes"]

    PfBox = struct ["double min_x", "double min_y", "double max_x", "double max_y"]

    PfBinary = struct ["uint32_t struct_size", "uint32_t offset_type", "void * data", "size_t data_len", "void * offsets", "size_t len", "void * validity", "size_t validity_offset"]

    PfIndexOptions = struct ["uint32_t struct_size", "uint32_t flags"]

    PfIndexInfo = struct ["uint32_t struct_size", "uint32_t format_version", "uint32_t flags", "uint32_t reserved", "uint64_t polygon_count", "uint64_t ring_count", "uint64_t vertex_count", "uint64_t byte_size", { bounds: PfBox }]

    PfQuery = struct ["uint32_t struct_size", "uint32_t relation", "double distance", "uint32_t order", "uint32_t flags", "void * priority", "size_t priority_len", "uint64_t max_pairs"]

    PfAttributes = struct ["uint32_t struct_size", "uint32_t reserved", "void * values", "size_t values_len", "void * groups", "size_t groups_len"]

    PfProgress = [Fiddle::TYPE_INT32_T, [-Fiddle::TYPE_INT64_T, -Fiddle::TYPE_INT64_T, Fiddle::TYPE_VOIDP].freeze].freeze

    def self.load(path)
      dlload path
      extern "void * pf_version()"
      extern "uint32_t pf_abi()"
      extern "void * pf_simd()"
      extern "void * pf_status_name(int32_t)"
      extern "void * pf_status_text(int32_t)"
      extern "int32_t pf_points_check(void *, void *)"
      extern "int32_t pf_polygons_check(void *, void *)"
      extern "int32_t pf_polygons_check_layout(void *, void *)"
      extern "int32_t pf_polygons_area(void *, void *, void *, size_t, void *)"
      extern "int32_t pf_polygons_signed_area(void *, void *, void *, size_t, void *)"
      extern "int32_t pf_polygons_perimeter(void *, void *, void *, size_t, void *)"
      extern "int32_t pf_polygons_center(void *, void *, void *, void *, size_t, void *)"
      extern "int32_t pf_polygons_centroid(void *, void *, void *, void *, size_t, void *)"
      extern "int32_t pf_polygons_bounds(void *, void *, void *, size_t, void *)"
      extern "int32_t pf_polygons_fingerprint(void *, void *, void *, size_t, void *)"
      extern "int32_t pf_table_read(void *, uint32_t, uint32_t, void *, void *, void *)"
      extern "void pf_table_free(void *)"
      extern "size_t pf_table_len(void *)"
      extern "int32_t pf_table_view(void *, void *, void *)"
      extern "size_t pf_table_faults(void *)"
      extern "void * pf_table_fault_rows(void *)"
      extern "void * pf_table_fault_bytes(void *)"
      extern "void * pf_table_fault_reasons(void *)"
      extern "void * pf_fault_text(int32_t)"
      extern "int32_t pf_index_build(void *, void *, void *, void *, void *)"
      extern "void pf_index_free(void *)"
      extern "size_t pf_index_len(void *)"
      extern "int32_t pf_index_describe(void *, void *, void *)"
      extern "size_t pf_index_byte_size(void *)"
      extern "int32_t pf_index_write(void *, void *, void *, size_t, void *)"
      extern "int32_t pf_index_view(void *, size_t, uint32_t, void *, void *, void *)"
      extern "int32_t pf_index_save(void *, void *, void *, void *)"
      extern "int32_t pf_index_load(void *, void *, void *, void *)"
      extern "int32_t pf_index_map(void *, uint32_t, void *, void *, void *)"
      extern "int32_t pf_index_any(void *, void *, void *, void *, void *, size_t, void *)"
      extern "int32_t pf_index_count(void *, void *, void *, void *, void *, size_t, void *)"
      extern "int32_t pf_index_best(void *, void *, void *, void *, void *, void *, size_t, void *)"
      extern "int32_t pf_index_nearest(void *, void *, size_t, void *, void *, void *, void *, size_t, void *)"
      extern "int32_t pf_index_find_nearest(void *, void *, size_t, void *, void *, void *, void *)"
      extern "int32_t pf_index_find(void *, void *, void *, void *, void *, void *)"
      extern "void pf_result_free(void *)"
      extern "size_t pf_result_rows(void *)"
      extern "size_t pf_result_pairs(void *)"
      extern "void * pf_result_offsets(void *)"
      extern "void * pf_result_polygons(void *)"
      extern "void * pf_result_values(void *)"
      extern "int32_t pf_result_indices(void *, void *, void *, void *, size_t, void *)"
      extern "int32_t pf_tally_make(void *, size_t, void *, void *, void *)"
      extern "void pf_tally_free(void *)"
      extern "size_t pf_tally_len(void *)"
      extern "int32_t pf_tally_add(void *, void *, void *, void *, void *, void *)"
      extern "int32_t pf_tally_merge(void *, void *, void *, void *)"
      extern "int32_t pf_tally_counts(void *, uint32_t, void *, void *, size_t, void *)"
      extern "int32_t pf_tally_values(void *, uint32_t, void *, void *, size_t, void *)"
    end
  end
end
