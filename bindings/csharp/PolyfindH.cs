// Generated from include/polyfind.h by bindings/generate; do not edit (python3 dev.py header writes it anew).
using System;
using System.Runtime.InteropServices;

/// The header, name for name. Handles are IntPtr.
public static unsafe class PolyfindH {
    public const int PF_VERSION_MAJOR = 0;
    public const int PF_VERSION_MINOR = 1;
    public const int PF_VERSION_PATCH = 0;
    public const int PF_ABI = 0;
    public const int PF_MESSAGE_BYTES = 240;
    public const int PF_F64 = 1;
    public const int PF_F32 = 2;
    public const int PF_I32 = 3;
    public const int PF_I64 = 4;
    public const int PF_WKB = 1;
    public const int PF_WKT = 2;
    public const int PF_GEOJSON = 3;
    public const int PF_SKIP_FAULTS = 1;
    public const int PF_FAULT_END = 1;
    public const int PF_FAULT_TRAILING = 2;
    public const int PF_FAULT_TYPE = 3;
    public const int PF_FAULT_DEPTH = 4;
    public const int PF_FAULT_COORDINATE = 5;
    public const int PF_FAULT_BYTE_ORDER = 6;
    public const int PF_FAULT_COUNT = 7;
    public const int PF_FAULT_NUMBER = 8;
    public const int PF_FAULT_SYNTAX = 9;
    public const int PF_FAULT_JSON = 10;
    public const int PF_FAULT_LIST = 11;
    public const int PF_FAULT_MEMBER = 12;
    public const int PF_RUN_PORTABLE = 1;
    public const int PF_RUN_DIRECT = 2;
    public const int PF_RUN_POLL = 4;
    public const int PF_CLOSE = 1;
    public const int PF_COVERS = 2;
    public const int PF_CONTAINS = 3;
    public const int PF_OWNS = 4;
    public const int PF_DWITHIN = 5;
    public const int PF_BY_POLYGON = 0;
    public const int PF_BY_DISTANCE = 1;
    public const int PF_BY_AREA = 2;
    public const int PF_BY_PRIORITY = 4;
    public const int PF_BY_CENTER = 5;
    public const int PF_WITH_DISTANCES = 1;
    public const int PF_BEST_ONLY = 2;
    public const int PF_INDEX_CENTERS = 1;
    public const int PF_INDEX_INSIDES = 2;
    public const int PF_INDEX_DISTANCES = 4;
    public const int PF_OPEN_TRUSTED = 1;
    public const int PF_OPEN_COPY = 2;
    public const int PF_TALLY_POINTS = 1;
    public const int PF_TALLY_VALUES = 2;
    public const int PF_TALLY_SUM = 3;
    public const int PF_TALLY_MEAN = 4;
    public const int PF_TALLY_MIN = 5;
    public const int PF_TALLY_MAX = 6;
    public const int PF_NONE = -1;
    public const int PF_OK = 0;
    public const int PF_ERROR_NULL = 1;
    public const int PF_ERROR_ARGUMENT = 2;
    public const int PF_ERROR_LAYOUT = 3;
    public const int PF_ERROR_COORDINATE = 4;
    public const int PF_ERROR_CAPACITY = 5;
    public const int PF_ERROR_UNSUPPORTED = 6;
    public const int PF_ERROR_LIMIT = 7;
    public const int PF_ERROR_CANCELLED = 8;
    public const int PF_ERROR_MEMORY = 9;
    public const int PF_ERROR_IO = 10;
    public const int PF_ERROR_FORMAT = 11;
    public const int PF_ERROR_INTERNAL = 12;

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    public delegate int pf_progress(ulong @done, ulong @total, void* @data);

    [StructLayout(LayoutKind.Sequential)]
    public struct pf_points {
        public void* x;
        public void* y;
        public UIntPtr len;
        public UIntPtr stride;
        public uint dtype;
        public uint reserved;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct pf_error {
        public int status;
        public int reserved;
        public long item;
        public fixed byte message[240];
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct pf_polygons {
        public uint struct_size;
        public uint offset_type;
        public pf_points vertices;
        public void* ring_offsets;
        public UIntPtr ring_count;
        public void* part_offsets;
        public UIntPtr part_count;
        public void* polygon_offsets;
        public UIntPtr polygon_count;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct pf_run {
        public uint struct_size;
        public uint workers;
        public IntPtr progress;
        public void* progress_data;
        public int* cancel;
        public uint flags;
        public uint reserved;
        public ulong max_bytes;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct pf_box {
        public double min_x;
        public double min_y;
        public double max_x;
        public double max_y;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct pf_binary {
        public uint struct_size;
        public uint offset_type;
        public byte* data;
        public UIntPtr data_len;
        public void* offsets;
        public UIntPtr len;
        public byte* validity;
        public UIntPtr validity_offset;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct pf_index_options {
        public uint struct_size;
        public uint flags;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct pf_index_info {
        public uint struct_size;
        public uint format_version;
        public uint flags;
        public uint reserved;
        public ulong polygon_count;
        public ulong ring_count;
        public ulong vertex_count;
        public ulong byte_size;
        public pf_box bounds;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct pf_query {
        public uint struct_size;
        public uint relation;
        public double distance;
        public uint order;
        public uint flags;
        public double* priority;
        public UIntPtr priority_len;
        public ulong max_pairs;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct pf_attributes {
        public uint struct_size;
        public uint reserved;
        public double* values;
        public UIntPtr values_len;
        public int* groups;
        public UIntPtr groups_len;
    }

    [DllImport("polyfind", CallingConvention = CallingConvention.Cdecl)]
    public static extern byte* pf_version();

    [DllImport("polyfind", CallingConvention = CallingConvention.Cdecl)]
    public static extern uint pf_abi();

    [DllImport("polyfind", CallingConvention = CallingConvention.Cdecl)]
    public static extern byte* pf_simd();

    [DllImport("polyfind", CallingConvention = CallingConvention.Cdecl)]
    public static extern byte* pf_status_name(int @status);

    [DllImport("polyfind", CallingConvention = CallingConvention.Cdecl)]
    public static extern byte* pf_status_text(int @status);

    [DllImport("polyfind", CallingConvention = CallingConvention.Cdecl)]
    public static extern int pf_points_check(pf_points* @points, pf_error* @err);

    [DllImport("polyfind", CallingConvention = CallingConvention.Cdecl)]
    public static extern int pf_polygons_check(pf_polygons* @polygons, pf_error* @err);

    [DllImport("polyfind", CallingConvention = CallingConvention.Cdecl)]
    public static extern int pf_polygons_check_layout(pf_polygons* @polygons, pf_error* @err);

    [DllImport("polyfind", CallingConvention = CallingConvention.Cdecl)]
    public static extern int pf_polygons_area(pf_polygons* @polygons, pf_run* @run, double* @out, UIntPtr @out_len, pf_error* @err);

    [DllImport("polyfind", CallingConvention = CallingConvention.Cdecl)]
    public static extern int pf_polygons_signed_area(pf_polygons* @polygons, pf_run* @run, double* @out, UIntPtr @out_len, pf_error* @err);

    [DllImport("polyfind", CallingConvention = CallingConvention.Cdecl)]
    public static extern int pf_polygons_perimeter(pf_polygons* @polygons, pf_run* @run, double* @out, UIntPtr @out_len, pf_error* @err);

    [DllImport("polyfind", CallingConvention = CallingConvention.Cdecl)]
    public static extern int pf_polygons_center(pf_polygons* @polygons, pf_run* @run, double* @out_x, double* @out_y, UIntPtr @out_len, pf_error* @err);

    [DllImport("polyfind", CallingConvention = CallingConvention.Cdecl)]
    public static extern int pf_polygons_centroid(pf_polygons* @polygons, pf_run* @run, double* @out_x, double* @out_y, UIntPtr @out_len, pf_error* @err);

    [DllImport("polyfind", CallingConvention = CallingConvention.Cdecl)]
    public static extern int pf_polygons_bounds(pf_polygons* @polygons, pf_run* @run, pf_box* @out, UIntPtr @out_len, pf_error* @err);

    [DllImport("polyfind", CallingConvention = CallingConvention.Cdecl)]
    public static extern int pf_polygons_fingerprint(pf_polygons* @polygons, pf_run* @run, ulong* @out, UIntPtr @out_len, pf_error* @err);

    [DllImport("polyfind", CallingConvention = CallingConvention.Cdecl)]
    public static extern int pf_table_read(pf_binary* @rows, uint @format, uint @flags, pf_run* @run, out IntPtr @out, pf_error* @err);

    [DllImport("polyfind", CallingConvention = CallingConvention.Cdecl)]
    public static extern void pf_table_free(IntPtr @table);

    [DllImport("polyfind", CallingConvention = CallingConvention.Cdecl)]
    public static extern UIntPtr pf_table_len(IntPtr @table);

    [DllImport("polyfind", CallingConvention = CallingConvention.Cdecl)]
    public static extern int pf_table_view(IntPtr @table, pf_polygons* @out, pf_error* @err);

    [DllImport("polyfind", CallingConvention = CallingConvention.Cdecl)]
    public static extern UIntPtr pf_table_faults(IntPtr @table);

    [DllImport("polyfind", CallingConvention = CallingConvention.Cdecl)]
    public static extern long* pf_table_fault_rows(IntPtr @table);

    [DllImport("polyfind", CallingConvention = CallingConvention.Cdecl)]
    public static extern long* pf_table_fault_bytes(IntPtr @table);

    [DllImport("polyfind", CallingConvention = CallingConvention.Cdecl)]
    public static extern int* pf_table_fault_reasons(IntPtr @table);

    [DllImport("polyfind", CallingConvention = CallingConvention.Cdecl)]
    public static extern byte* pf_fault_text(int @reason);

    [DllImport("polyfind", CallingConvention = CallingConvention.Cdecl)]
    public static extern int pf_index_build(pf_polygons* @polygons, pf_index_options* @options, pf_run* @run, out IntPtr @out, pf_error* @err);

    [DllImport("polyfind", CallingConvention = CallingConvention.Cdecl)]
    public static extern void pf_index_free(IntPtr @index);

    [DllImport("polyfind", CallingConvention = CallingConvention.Cdecl)]
    public static extern UIntPtr pf_index_len(IntPtr @index);

    [DllImport("polyfind", CallingConvention = CallingConvention.Cdecl)]
    public static extern int pf_index_describe(IntPtr @index, pf_index_info* @out, pf_error* @err);

    [DllImport("polyfind", CallingConvention = CallingConvention.Cdecl)]
    public static extern UIntPtr pf_index_byte_size(IntPtr @index);

    [DllImport("polyfind", CallingConvention = CallingConvention.Cdecl)]
    public static extern int pf_index_write(IntPtr @index, pf_run* @run, void* @out, UIntPtr @out_bytes, pf_error* @err);

    [DllImport("polyfind", CallingConvention = CallingConvention.Cdecl)]
    public static extern int pf_index_view(void* @bytes, UIntPtr @len, uint @flags, pf_run* @run, out IntPtr @out, pf_error* @err);

    [DllImport("polyfind", CallingConvention = CallingConvention.Cdecl)]
    public static extern int pf_index_save(IntPtr @index, byte* @path, pf_run* @run, pf_error* @err);

    [DllImport("polyfind", CallingConvention = CallingConvention.Cdecl)]
    public static extern int pf_index_load(byte* @path, pf_run* @run, out IntPtr @out, pf_error* @err);

    [DllImport("polyfind", CallingConvention = CallingConvention.Cdecl)]
    public static extern int pf_index_map(byte* @path, uint @flags, pf_run* @run, out IntPtr @out, pf_error* @err);

    [DllImport("polyfind", CallingConvention = CallingConvention.Cdecl)]
    public static extern int pf_index_any(IntPtr @index, pf_points* @points, pf_query* @query, pf_run* @run, byte* @out, UIntPtr @out_len, pf_error* @err);

    [DllImport("polyfind", CallingConvention = CallingConvention.Cdecl)]
    public static extern int pf_index_count(IntPtr @index, pf_points* @points, pf_query* @query, pf_run* @run, uint* @out, UIntPtr @out_len, pf_error* @err);

    [DllImport("polyfind", CallingConvention = CallingConvention.Cdecl)]
    public static extern int pf_index_best(IntPtr @index, pf_points* @points, pf_query* @query, pf_run* @run, int* @out_polygon, double* @out_value, UIntPtr @out_len, pf_error* @err);

    [DllImport("polyfind", CallingConvention = CallingConvention.Cdecl)]
    public static extern int pf_index_nearest(IntPtr @index, pf_points* @points, UIntPtr @k, pf_query* @query, pf_run* @run, int* @out_polygon, double* @out_distance, UIntPtr @out_len, pf_error* @err);

    [DllImport("polyfind", CallingConvention = CallingConvention.Cdecl)]
    public static extern int pf_index_find_nearest(IntPtr @index, pf_points* @points, UIntPtr @k, pf_query* @query, pf_run* @run, out IntPtr @out, pf_error* @err);

    [DllImport("polyfind", CallingConvention = CallingConvention.Cdecl)]
    public static extern int pf_index_find(IntPtr @index, pf_points* @points, pf_query* @query, pf_run* @run, out IntPtr @out, pf_error* @err);

    [DllImport("polyfind", CallingConvention = CallingConvention.Cdecl)]
    public static extern void pf_result_free(IntPtr @result);

    [DllImport("polyfind", CallingConvention = CallingConvention.Cdecl)]
    public static extern UIntPtr pf_result_rows(IntPtr @result);

    [DllImport("polyfind", CallingConvention = CallingConvention.Cdecl)]
    public static extern UIntPtr pf_result_pairs(IntPtr @result);

    [DllImport("polyfind", CallingConvention = CallingConvention.Cdecl)]
    public static extern long* pf_result_offsets(IntPtr @result);

    [DllImport("polyfind", CallingConvention = CallingConvention.Cdecl)]
    public static extern int* pf_result_polygons(IntPtr @result);

    [DllImport("polyfind", CallingConvention = CallingConvention.Cdecl)]
    public static extern double* pf_result_values(IntPtr @result);

    [DllImport("polyfind", CallingConvention = CallingConvention.Cdecl)]
    public static extern int pf_result_indices(IntPtr @result, pf_run* @run, long* @out_point, long* @out_polygon, UIntPtr @out_len, pf_error* @err);

    [DllImport("polyfind", CallingConvention = CallingConvention.Cdecl)]
    public static extern int pf_tally_make(IntPtr @index, UIntPtr @groups, pf_run* @run, out IntPtr @out, pf_error* @err);

    [DllImport("polyfind", CallingConvention = CallingConvention.Cdecl)]
    public static extern void pf_tally_free(IntPtr @tally);

    [DllImport("polyfind", CallingConvention = CallingConvention.Cdecl)]
    public static extern UIntPtr pf_tally_len(IntPtr @tally);

    [DllImport("polyfind", CallingConvention = CallingConvention.Cdecl)]
    public static extern int pf_tally_add(IntPtr @tally, pf_points* @points, pf_attributes* @attributes, pf_query* @query, pf_run* @run, pf_error* @err);

    [DllImport("polyfind", CallingConvention = CallingConvention.Cdecl)]
    public static extern int pf_tally_merge(IntPtr @tally, IntPtr @other, pf_run* @run, pf_error* @err);

    [DllImport("polyfind", CallingConvention = CallingConvention.Cdecl)]
    public static extern int pf_tally_counts(IntPtr @tally, uint @column, pf_run* @run, ulong* @out, UIntPtr @out_len, pf_error* @err);

    [DllImport("polyfind", CallingConvention = CallingConvention.Cdecl)]
    public static extern int pf_tally_values(IntPtr @tally, uint @column, pf_run* @run, double* @out, UIntPtr @out_len, pf_error* @err);
}
