# Generated from include/polyfind.h by bindings/generate; do not edit (python3 dev.py header writes it anew).
package PolyfindH;
use strict;
use warnings;
use FFI::Platypus 2.00;

# The header, name for name; structures are PolyfindH::pf_points and so on.
use constant {
    PF_VERSION_MAJOR => 0,
    PF_VERSION_MINOR => 1,
    PF_VERSION_PATCH => 0,
    PF_ABI => 0,
    PF_MESSAGE_BYTES => 240,
    PF_F64 => 1,
    PF_F32 => 2,
    PF_I32 => 3,
    PF_I64 => 4,
    PF_WKB => 1,
    PF_WKT => 2,
    PF_GEOJSON => 3,
    PF_SKIP_FAULTS => 1,
    PF_FAULT_END => 1,
    PF_FAULT_TRAILING => 2,
    PF_FAULT_TYPE => 3,
    PF_FAULT_DEPTH => 4,
    PF_FAULT_COORDINATE => 5,
    PF_FAULT_BYTE_ORDER => 6,
    PF_FAULT_COUNT => 7,
    PF_FAULT_NUMBER => 8,
    PF_FAULT_SYNTAX => 9,
    PF_FAULT_JSON => 10,
    PF_FAULT_LIST => 11,
    PF_FAULT_MEMBER => 12,
    PF_RUN_PORTABLE => 1,
    PF_RUN_DIRECT => 2,
    PF_RUN_POLL => 4,
    PF_CLOSE => 1,
    PF_COVERS => 2,
    PF_CONTAINS => 3,
    PF_OWNS => 4,
    PF_DWITHIN => 5,
    PF_BY_POLYGON => 0,
    PF_BY_DISTANCE => 1,
    PF_BY_AREA => 2,
    PF_BY_PRIORITY => 4,
    PF_BY_CENTER => 5,
    PF_WITH_DISTANCES => 1,
    PF_BEST_ONLY => 2,
    PF_INDEX_CENTERS => 1,
    PF_INDEX_INSIDES => 2,
    PF_INDEX_DISTANCES => 4,
    PF_OPEN_TRUSTED => 1,
    PF_OPEN_COPY => 2,
    PF_TALLY_POINTS => 1,
    PF_TALLY_VALUES => 2,
    PF_TALLY_SUM => 3,
    PF_TALLY_MEAN => 4,
    PF_TALLY_MIN => 5,
    PF_TALLY_MAX => 6,
    PF_NONE => -1,
    PF_OK => 0,
    PF_ERROR_NULL => 1,
    PF_ERROR_ARGUMENT => 2,
    PF_ERROR_LAYOUT => 3,
    PF_ERROR_COORDINATE => 4,
    PF_ERROR_CAPACITY => 5,
    PF_ERROR_UNSUPPORTED => 6,
    PF_ERROR_LIMIT => 7,
    PF_ERROR_CANCELLED => 8,
    PF_ERROR_MEMORY => 9,
    PF_ERROR_IO => 10,
    PF_ERROR_FORMAT => 11,
    PF_ERROR_INTERNAL => 12,
};

package PolyfindH::pf_points {
    use FFI::Platypus::Record;
    record_layout_1(
        'opaque' => 'x',
        'opaque' => 'y',
        'size_t' => 'len',
        'size_t' => 'stride',
        'uint32' => 'dtype',
        'uint32' => 'reserved',
    );
}

package PolyfindH::pf_error {
    use FFI::Platypus::Record;
    record_layout_1(
        'sint32' => 'status',
        'sint32' => 'reserved',
        'sint64' => 'item',
        'string(240)' => 'message',
    );
}

package PolyfindH::pf_polygons {
    use FFI::Platypus::Record;
    record_layout_1(
        'uint32' => 'struct_size',
        'uint32' => 'offset_type',
        'opaque' => 'vertices_x',
        'opaque' => 'vertices_y',
        'size_t' => 'vertices_len',
        'size_t' => 'vertices_stride',
        'uint32' => 'vertices_dtype',
        'uint32' => 'vertices_reserved',
        'opaque' => 'ring_offsets',
        'size_t' => 'ring_count',
        'opaque' => 'part_offsets',
        'size_t' => 'part_count',
        'opaque' => 'polygon_offsets',
        'size_t' => 'polygon_count',
    );
}

package PolyfindH::pf_run {
    use FFI::Platypus::Record;
    record_layout_1(
        'uint32' => 'struct_size',
        'uint32' => 'workers',
        'opaque' => 'progress',
        'opaque' => 'progress_data',
        'opaque' => 'cancel',
        'uint32' => 'flags',
        'uint32' => 'reserved',
        'uint64' => 'max_bytes',
    );
}

package PolyfindH::pf_box {
    use FFI::Platypus::Record;
    record_layout_1(
        'double' => 'min_x',
        'double' => 'min_y',
        'double' => 'max_x',
        'double' => 'max_y',
    );
}

package PolyfindH::pf_binary {
    use FFI::Platypus::Record;
    record_layout_1(
        'uint32' => 'struct_size',
        'uint32' => 'offset_type',
        'opaque' => 'data',
        'size_t' => 'data_len',
        'opaque' => 'offsets',
        'size_t' => 'len',
        'opaque' => 'validity',
        'size_t' => 'validity_offset',
    );
}

package PolyfindH::pf_index_options {
    use FFI::Platypus::Record;
    record_layout_1(
        'uint32' => 'struct_size',
        'uint32' => 'flags',
    );
}

package PolyfindH::pf_index_info {
    use FFI::Platypus::Record;
    record_layout_1(
        'uint32' => 'struct_size',
        'uint32' => 'format_version',
        'uint32' => 'flags',
        'uint32' => 'reserved',
        'uint64' => 'polygon_count',
        'uint64' => 'ring_count',
        'uint64' => 'vertex_count',
        'uint64' => 'byte_size',
        'double' => 'bounds_min_x',
        'double' => 'bounds_min_y',
        'double' => 'bounds_max_x',
        'double' => 'bounds_max_y',
    );
}

package PolyfindH::pf_query {
    use FFI::Platypus::Record;
    record_layout_1(
        'uint32' => 'struct_size',
        'uint32' => 'relation',
        'double' => 'distance',
        'uint32' => 'order',
        'uint32' => 'flags',
        'opaque' => 'priority',
        'size_t' => 'priority_len',
        'uint64' => 'max_pairs',
    );
}

package PolyfindH::pf_attributes {
    use FFI::Platypus::Record;
    record_layout_1(
        'uint32' => 'struct_size',
        'uint32' => 'reserved',
        'opaque' => 'values',
        'size_t' => 'values_len',
        'opaque' => 'groups',
        'size_t' => 'groups_len',
    );
}

# Makes all functions, of the library at a path, functions of this package; gives what they are made with.
sub load {
    my $ffi = FFI::Platypus->new(api => 2, lib => $_[0]);
    $ffi->type('record(PolyfindH::pf_points)*' => 'pf_points');
    $ffi->type('record(PolyfindH::pf_error)*' => 'pf_error');
    $ffi->type('record(PolyfindH::pf_polygons)*' => 'pf_polygons');
    $ffi->type('record(PolyfindH::pf_run)*' => 'pf_run');
    $ffi->type('record(PolyfindH::pf_box)*' => 'pf_box');
    $ffi->type('record(PolyfindH::pf_binary)*' => 'pf_binary');
    $ffi->type('record(PolyfindH::pf_index_options)*' => 'pf_index_options');
    $ffi->type('record(PolyfindH::pf_index_info)*' => 'pf_index_info');
    $ffi->type('record(PolyfindH::pf_query)*' => 'pf_query');
    $ffi->type('record(PolyfindH::pf_attributes)*' => 'pf_attributes');
    $ffi->type('(uint64,uint64,opaque)->sint32' => 'pf_progress');
    $ffi->attach(pf_version => [qw()] => 'string');
    $ffi->attach(pf_abi => [qw()] => 'uint32');
    $ffi->attach(pf_simd => [qw()] => 'string');
    $ffi->attach(pf_status_name => [qw(sint32)] => 'string');
    $ffi->attach(pf_status_text => [qw(sint32)] => 'string');
    $ffi->attach(pf_points_check => [qw(pf_points pf_error)] => 'sint32');
    $ffi->attach(pf_polygons_check => [qw(pf_polygons pf_error)] => 'sint32');
    $ffi->attach(pf_polygons_check_layout => [qw(pf_polygons pf_error)] => 'sint32');
    $ffi->attach(pf_polygons_area => [qw(pf_polygons pf_run opaque size_t pf_error)] => 'sint32');
    $ffi->attach(pf_polygons_signed_area => [qw(pf_polygons pf_run opaque size_t pf_error)] => 'sint32');
    $ffi->attach(pf_polygons_perimeter => [qw(pf_polygons pf_run opaque size_t pf_error)] => 'sint32');
    $ffi->attach(pf_polygons_center => [qw(pf_polygons pf_run opaque opaque size_t pf_error)] => 'sint32');
    $ffi->attach(pf_polygons_centroid => [qw(pf_polygons pf_run opaque opaque size_t pf_error)] => 'sint32');
    $ffi->attach(pf_polygons_bounds => [qw(pf_polygons pf_run opaque size_t pf_error)] => 'sint32');
    $ffi->attach(pf_polygons_fingerprint => [qw(pf_polygons pf_run opaque size_t pf_error)] => 'sint32');
    $ffi->attach(pf_table_read => [qw(pf_binary uint32 uint32 pf_run opaque* pf_error)] => 'sint32');
    $ffi->attach(pf_table_free => [qw(opaque)] => 'void');
    $ffi->attach(pf_table_len => [qw(opaque)] => 'size_t');
    $ffi->attach(pf_table_view => [qw(opaque pf_polygons pf_error)] => 'sint32');
    $ffi->attach(pf_table_faults => [qw(opaque)] => 'size_t');
    $ffi->attach(pf_table_fault_rows => [qw(opaque)] => 'opaque');
    $ffi->attach(pf_table_fault_bytes => [qw(opaque)] => 'opaque');
    $ffi->attach(pf_table_fault_reasons => [qw(opaque)] => 'opaque');
    $ffi->attach(pf_fault_text => [qw(sint32)] => 'string');
    $ffi->attach(pf_index_build => [qw(pf_polygons pf_index_options pf_run opaque* pf_error)] => 'sint32');
    $ffi->attach(pf_index_free => [qw(opaque)] => 'void');
    $ffi->attach(pf_index_len => [qw(opaque)] => 'size_t');
    $ffi->attach(pf_index_describe => [qw(opaque pf_index_info pf_error)] => 'sint32');
    $ffi->attach(pf_index_byte_size => [qw(opaque)] => 'size_t');
    $ffi->attach(pf_index_write => [qw(opaque pf_run opaque size_t pf_error)] => 'sint32');
    $ffi->attach(pf_index_view => [qw(opaque size_t uint32 pf_run opaque* pf_error)] => 'sint32');
    $ffi->attach(pf_index_save => [qw(opaque string pf_run pf_error)] => 'sint32');
    $ffi->attach(pf_index_load => [qw(string pf_run opaque* pf_error)] => 'sint32');
    $ffi->attach(pf_index_map => [qw(string uint32 pf_run opaque* pf_error)] => 'sint32');
    $ffi->attach(pf_index_any => [qw(opaque pf_points pf_query pf_run opaque size_t pf_error)] => 'sint32');
    $ffi->attach(pf_index_count => [qw(opaque pf_points pf_query pf_run opaque size_t pf_error)] => 'sint32');
    $ffi->attach(pf_index_best => [qw(opaque pf_points pf_query pf_run opaque opaque size_t pf_error)] => 'sint32');
    $ffi->attach(pf_index_nearest => [qw(opaque pf_points size_t pf_query pf_run opaque opaque size_t pf_error)] => 'sint32');
    $ffi->attach(pf_index_find_nearest => [qw(opaque pf_points size_t pf_query pf_run opaque* pf_error)] => 'sint32');
    $ffi->attach(pf_index_find => [qw(opaque pf_points pf_query pf_run opaque* pf_error)] => 'sint32');
    $ffi->attach(pf_result_free => [qw(opaque)] => 'void');
    $ffi->attach(pf_result_rows => [qw(opaque)] => 'size_t');
    $ffi->attach(pf_result_pairs => [qw(opaque)] => 'size_t');
    $ffi->attach(pf_result_offsets => [qw(opaque)] => 'opaque');
    $ffi->attach(pf_result_polygons => [qw(opaque)] => 'opaque');
    $ffi->attach(pf_result_values => [qw(opaque)] => 'opaque');
    $ffi->attach(pf_result_indices => [qw(opaque pf_run opaque opaque size_t pf_error)] => 'sint32');
    $ffi->attach(pf_tally_make => [qw(opaque size_t pf_run opaque* pf_error)] => 'sint32');
    $ffi->attach(pf_tally_free => [qw(opaque)] => 'void');
    $ffi->attach(pf_tally_len => [qw(opaque)] => 'size_t');
    $ffi->attach(pf_tally_add => [qw(opaque pf_points pf_attributes pf_query pf_run pf_error)] => 'sint32');
    $ffi->attach(pf_tally_merge => [qw(opaque opaque pf_run pf_error)] => 'sint32');
    $ffi->attach(pf_tally_counts => [qw(opaque uint32 pf_run opaque size_t pf_error)] => 'sint32');
    $ffi->attach(pf_tally_values => [qw(opaque uint32 pf_run opaque size_t pf_error)] => 'sint32');
    return $ffi;
}

1;
