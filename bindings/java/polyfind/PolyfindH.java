// Generated from include/polyfind.h by bindings/generate; do not edit (python3 dev.py header writes it anew).
package polyfind;

import com.sun.jna.*;
import com.sun.jna.ptr.PointerByReference;
import java.nio.Buffer;

/** The header, name for name. Sizes (size_t) are long; numbers without a sign are those with one. */
public final class PolyfindH {
    private PolyfindH() {}

    public static final int PF_VERSION_MAJOR = 0;
    public static final int PF_VERSION_MINOR = 1;
    public static final int PF_VERSION_PATCH = 0;
    public static final int PF_ABI = 0;
    public static final int PF_MESSAGE_BYTES = 240;
    public static final int PF_F64 = 1;
    public static final int PF_F32 = 2;
    public static final int PF_I32 = 3;
    public static final int PF_I64 = 4;
    public static final int PF_WKB = 1;
    public static final int PF_WKT = 2;
    public static final int PF_GEOJSON = 3;
    public static final int PF_SKIP_FAULTS = 1;
    public static final int PF_FAULT_END = 1;
    public static final int PF_FAULT_TRAILING = 2;
    public static final int PF_FAULT_TYPE = 3;
    public static final int PF_FAULT_DEPTH = 4;
    public static final int PF_FAULT_COORDINATE = 5;
    public static final int PF_FAULT_BYTE_ORDER = 6;
    public static final int PF_FAULT_COUNT = 7;
    public static final int PF_FAULT_NUMBER = 8;
    public static final int PF_FAULT_SYNTAX = 9;
    public static final int PF_FAULT_JSON = 10;
    public static final int PF_FAULT_LIST = 11;
    public static final int PF_FAULT_MEMBER = 12;
    public static final int PF_RUN_PORTABLE = 1;
    public static final int PF_RUN_DIRECT = 2;
    public static final int PF_RUN_POLL = 4;
    public static final int PF_CLOSE = 1;
    public static final int PF_COVERS = 2;
    public static final int PF_CONTAINS = 3;
    public static final int PF_OWNS = 4;
    public static final int PF_DWITHIN = 5;
    public static final int PF_BY_POLYGON = 0;
    public static final int PF_BY_DISTANCE = 1;
    public static final int PF_BY_AREA = 2;
    public static final int PF_BY_PRIORITY = 4;
    public static final int PF_BY_CENTER = 5;
    public static final int PF_WITH_DISTANCES = 1;
    public static final int PF_BEST_ONLY = 2;
    public static final int PF_INDEX_CENTERS = 1;
    public static final int PF_INDEX_INSIDES = 2;
    public static final int PF_INDEX_DISTANCES = 4;
    public static final int PF_OPEN_TRUSTED = 1;
    public static final int PF_OPEN_COPY = 2;
    public static final int PF_TALLY_POINTS = 1;
    public static final int PF_TALLY_VALUES = 2;
    public static final int PF_TALLY_SUM = 3;
    public static final int PF_TALLY_MEAN = 4;
    public static final int PF_TALLY_MIN = 5;
    public static final int PF_TALLY_MAX = 6;
    public static final int PF_NONE = -1;
    public static final int PF_OK = 0;
    public static final int PF_ERROR_NULL = 1;
    public static final int PF_ERROR_ARGUMENT = 2;
    public static final int PF_ERROR_LAYOUT = 3;
    public static final int PF_ERROR_COORDINATE = 4;
    public static final int PF_ERROR_CAPACITY = 5;
    public static final int PF_ERROR_UNSUPPORTED = 6;
    public static final int PF_ERROR_LIMIT = 7;
    public static final int PF_ERROR_CANCELLED = 8;
    public static final int PF_ERROR_MEMORY = 9;
    public static final int PF_ERROR_IO = 10;
    public static final int PF_ERROR_FORMAT = 11;
    public static final int PF_ERROR_INTERNAL = 12;

    public interface pf_progress extends Callback {
        int call(long done, long total, Pointer data);
    }

    @Structure.FieldOrder({"x", "y", "len", "stride", "dtype", "reserved"})
    public static class pf_points extends Structure {
        public Pointer x;
        public Pointer y;
        public long len;
        public long stride;
        public int dtype;
        public int reserved;
    }

    @Structure.FieldOrder({"status", "reserved", "item", "message"})
    public static class pf_error extends Structure {
        public int status;
        public int reserved;
        public long item;
        public byte[] message = new byte[240];
    }

    @Structure.FieldOrder({"struct_size", "offset_type", "vertices", "ring_offsets", "ring_count", "part_offsets", "part_count", "polygon_offsets", "polygon_count"})
    public static class pf_polygons extends Structure {
        public int struct_size;
        public int offset_type;
        public pf_points vertices;
        public Pointer ring_offsets;
        public long ring_count;
        public Pointer part_offsets;
        public long part_count;
        public Pointer polygon_offsets;
        public long polygon_count;
    }

    @Structure.FieldOrder({"struct_size", "workers", "progress", "progress_data", "cancel", "flags", "reserved", "max_bytes"})
    public static class pf_run extends Structure {
        public int struct_size;
        public int workers;
        public pf_progress progress;
        public Pointer progress_data;
        public Pointer cancel;
        public int flags;
        public int reserved;
        public long max_bytes;
    }

    @Structure.FieldOrder({"min_x", "min_y", "max_x", "max_y"})
    public static class pf_box extends Structure {
        public double min_x;
        public double min_y;
        public double max_x;
        public double max_y;
    }

    @Structure.FieldOrder({"struct_size", "offset_type", "data", "data_len", "offsets", "len", "validity", "validity_offset"})
    public static class pf_binary extends Structure {
        public int struct_size;
        public int offset_type;
        public Pointer data;
        public long data_len;
        public Pointer offsets;
        public long len;
        public Pointer validity;
        public long validity_offset;
    }

    @Structure.FieldOrder({"struct_size", "flags"})
    public static class pf_index_options extends Structure {
        public int struct_size;
        public int flags;
    }

    @Structure.FieldOrder({"struct_size", "format_version", "flags", "reserved", "polygon_count", "ring_count", "vertex_count", "byte_size", "bounds"})
    public static class pf_index_info extends Structure {
        public int struct_size;
        public int format_version;
        public int flags;
        public int reserved;
        public long polygon_count;
        public long ring_count;
        public long vertex_count;
        public long byte_size;
        public pf_box bounds;
    }

    @Structure.FieldOrder({"struct_size", "relation", "distance", "order", "flags", "priority", "priority_len", "max_pairs"})
    public static class pf_query extends Structure {
        public int struct_size;
        public int relation;
        public double distance;
        public int order;
        public int flags;
        public Pointer priority;
        public long priority_len;
        public long max_pairs;
    }

    @Structure.FieldOrder({"struct_size", "reserved", "values", "values_len", "groups", "groups_len"})
    public static class pf_attributes extends Structure {
        public int struct_size;
        public int reserved;
        public Pointer values;
        public long values_len;
        public Pointer groups;
        public long groups_len;
    }

    static native String pf_version();
    static native int pf_abi();
    static native String pf_simd();
    static native String pf_status_name(int status);
    static native String pf_status_text(int status);
    static native int pf_points_check(pf_points points, pf_error err);
    static native int pf_polygons_check(pf_polygons polygons, pf_error err);
    static native int pf_polygons_check_layout(pf_polygons polygons, pf_error err);
    static native int pf_polygons_area(pf_polygons polygons, pf_run run, Buffer out, long out_len, pf_error err);
    static native int pf_polygons_signed_area(pf_polygons polygons, pf_run run, Buffer out, long out_len, pf_error err);
    static native int pf_polygons_perimeter(pf_polygons polygons, pf_run run, Buffer out, long out_len, pf_error err);
    static native int pf_polygons_center(pf_polygons polygons, pf_run run, Buffer out_x, Buffer out_y, long out_len, pf_error err);
    static native int pf_polygons_centroid(pf_polygons polygons, pf_run run, Buffer out_x, Buffer out_y, long out_len, pf_error err);
    static native int pf_polygons_bounds(pf_polygons polygons, pf_run run, Buffer out, long out_len, pf_error err);
    static native int pf_polygons_fingerprint(pf_polygons polygons, pf_run run, Buffer out, long out_len, pf_error err);
    static native int pf_table_read(pf_binary rows, int format, int flags, pf_run run, PointerByReference out, pf_error err);
    static native void pf_table_free(Pointer table);
    static native long pf_table_len(Pointer table);
    static native int pf_table_view(Pointer table, pf_polygons out, pf_error err);
    static native long pf_table_faults(Pointer table);
    static native Pointer pf_table_fault_rows(Pointer table);
    static native Pointer pf_table_fault_bytes(Pointer table);
    static native Pointer pf_table_fault_reasons(Pointer table);
    static native String pf_fault_text(int reason);
    static native int pf_index_build(pf_polygons polygons, pf_index_options options, pf_run run, PointerByReference out, pf_error err);
    static native void pf_index_free(Pointer index);
    static native long pf_index_len(Pointer index);
    static native int pf_index_describe(Pointer index, pf_index_info out, pf_error err);
    static native long pf_index_byte_size(Pointer index);
    static native int pf_index_write(Pointer index, pf_run run, Buffer out, long out_bytes, pf_error err);
    static native int pf_index_view(Buffer bytes, long len, int flags, pf_run run, PointerByReference out, pf_error err);
    static native int pf_index_save(Pointer index, String path, pf_run run, pf_error err);
    static native int pf_index_load(String path, pf_run run, PointerByReference out, pf_error err);
    static native int pf_index_map(String path, int flags, pf_run run, PointerByReference out, pf_error err);
    static native int pf_index_any(Pointer index, pf_points points, pf_query query, pf_run run, Buffer out, long out_len, pf_error err);
    static native int pf_index_count(Pointer index, pf_points points, pf_query query, pf_run run, Buffer out, long out_len, pf_error err);
    static native int pf_index_best(Pointer index, pf_points points, pf_query query, pf_run run, Buffer out_polygon, Buffer out_value, long out_len, pf_error err);
    static native int pf_index_nearest(Pointer index, pf_points points, long k, pf_query query, pf_run run, Buffer out_polygon, Buffer out_distance, long out_len, pf_error err);
    static native int pf_index_find_nearest(Pointer index, pf_points points, long k, pf_query query, pf_run run, PointerByReference out, pf_error err);
    static native int pf_index_find(Pointer index, pf_points points, pf_query query, pf_run run, PointerByReference out, pf_error err);
    static native void pf_result_free(Pointer result);
    static native long pf_result_rows(Pointer result);
    static native long pf_result_pairs(Pointer result);
    static native Pointer pf_result_offsets(Pointer result);
    static native Pointer pf_result_polygons(Pointer result);
    static native Pointer pf_result_values(Pointer result);
    static native int pf_result_indices(Pointer result, pf_run run, Buffer out_point, Buffer out_polygon, long out_len, pf_error err);
    static native int pf_tally_make(Pointer index, long groups, pf_run run, PointerByReference out, pf_error err);
    static native void pf_tally_free(Pointer tally);
    static native long pf_tally_len(Pointer tally);
    static native int pf_tally_add(Pointer tally, pf_points points, pf_attributes attributes, pf_query query, pf_run run, pf_error err);
    static native int pf_tally_merge(Pointer tally, Pointer other, pf_run run, pf_error err);
    static native int pf_tally_counts(Pointer tally, int column, pf_run run, Buffer out, long out_len, pf_error err);
    static native int pf_tally_values(Pointer tally, int column, pf_run run, Buffer out, long out_len, pf_error err);

    static {
        if (Native.SIZE_T_SIZE != Long.BYTES) {
            throw new UnsatisfiedLinkError("polyfind is for machines of 64 bits");
        }
        Native.register(PolyfindH.class, System.getProperty("polyfind.library", "polyfind"));
    }
}
