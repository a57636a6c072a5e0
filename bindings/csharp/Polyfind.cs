using System;
using System.Runtime.InteropServices;
using System.Text;

// Matches points to polygons. Columns are arrays, which are held in place and read where they lie. Rows count from 0; -1
// is none.
namespace Polyfind {
    using static PolyfindH;

    /// <summary>A refused or stopped call.</summary>
    public sealed unsafe class RefusedException : Exception {
        /// <summary>The name of the status, such as PF_ERROR_COORDINATE.</summary>
        public readonly string Status;
        /// <summary>The row that caused it, or -1.</summary>
        public readonly long Item;

        internal RefusedException(pf_error* error)
            : base(Native.Text(pf_status_name(error->status)) + ": " + Native.Text(error->message)) {
            Status = Native.Text(pf_status_name(error->status));
            Item = error->item;
        }
    }

    /// <summary>Told how much is done, on the thread of the call; true stops it; what this throws comes out.</summary>
    public delegate bool Progress(ulong done, ulong total);

    /// <summary>Threads for a call (0 for one per core), who is told, and an int[1] that stops it when not 0.</summary>
    public sealed class Run {
        public int Workers;
        public Progress Progress;
        public int[] Cancel;
    }

    /// <summary>What all calls have in common.</summary>
    static unsafe class Native {
        internal delegate int Call(pf_run* run, pf_error* error);

        static Native() {
            if (pf_abi() != PF_ABI) throw new DllNotFoundException($"its ABI is {pf_abi()}, that of this {PF_ABI}");
        }

        internal static string Text(byte* text) {
            int n = 0;
            while (text[n] != 0) n++;
            return Encoding.UTF8.GetString(text, n);
        }

        internal static void Check(Run how, Call call) {
            Exception thrown = null;
            pf_progress told = (done, total, data) => {
                try {
                    return how.Progress(done, total) ? 1 : 0;
                } catch (Exception any) { // which must not go through the library
                    thrown = any;
                    return 1;
                }
            };
            pf_run run = new pf_run { struct_size = (uint)sizeof(pf_run), workers = (uint)(how?.Workers ?? 0) };
            if (how?.Progress != null) run.progress = Marshal.GetFunctionPointerForDelegate(told);
            pf_error error;
            int status;
            fixed (int* cancel = how?.Cancel) {
                run.cancel = cancel;
                status = call(&run, &error);
            }
            GC.KeepAlive(told);
            GC.KeepAlive(call); // and with it whose handle it uses
            if (thrown != null) throw thrown;
            if (status != PF_OK) throw new RefusedException(&error);
        }
    }

    /// <summary>Two columns of equal length.</summary>
    public sealed unsafe class Points {
        readonly double[] x, y;
        public int Length => x.Length;

        public Points(double[] x, double[] y) {
            if (x.Length != y.Length) throw new ArgumentException("x and y differ in length");
            this.x = x;
            this.y = y;
        }

        internal delegate int Use(pf_points* points);

        /// <summary>Makes a call while the columns stay where they are.</summary>
        internal int Lend(Use use) {
            fixed (double* at_x = x, at_y = y) {
                pf_points points = new pf_points {
                    x = at_x, y = at_y, len = (UIntPtr)Length, stride = (UIntPtr)sizeof(double), dtype = PF_F64
                };
                return use(&points);
            }
        }
    }

    /// <summary>A table of polygons; offsets as polyfind.h has them, of which the last two may be null.</summary>
    public sealed unsafe class Polygons {
        readonly Points vertices;
        readonly long[] rings, parts, polygons;

        public Polygons(Points vertices, long[] rings, long[] parts = null, long[] polygons = null) {
            this.vertices = vertices;
            this.rings = rings;
            this.parts = parts;
            this.polygons = polygons;
        }

        internal delegate int Use(pf_polygons* polygons);

        internal int Lend(Use use) => vertices.Lend(points => {
            fixed (long* at_rings = rings, at_parts = parts, at_polygons = polygons) {
                pf_polygons table = new pf_polygons {
                    struct_size = (uint)sizeof(pf_polygons), offset_type = PF_I64, vertices = *points,
                    ring_offsets = at_rings, ring_count = Count(rings),
                    part_offsets = at_parts, part_count = Count(parts),
                    polygon_offsets = at_polygons, polygon_count = Count(polygons)
                };
                return use(&table);
            }
        });

        static UIntPtr Count(long[] offsets) => (UIntPtr)(offsets == null ? 0 : offsets.Length - 1);
    }

    /// <summary>All pairs: the polygons of point i are those from Offsets[i] to before Offsets[i + 1].</summary>
    public sealed class Found {
        public readonly long[] Offsets;
        public readonly int[] Polygons;

        internal unsafe Found(IntPtr result, int points) {
            Offsets = new long[points + 1];
            Polygons = new int[(long)pf_result_pairs(result)];
            Marshal.Copy((IntPtr)pf_result_offsets(result), Offsets, 0, Offsets.Length);
            if (Polygons.Length > 0) Marshal.Copy((IntPtr)pf_result_polygons(result), Polygons, 0, Polygons.Length);
        }
    }

    /// <summary>Polygons, ready to be asked by many threads. Freed by Dispose, or with its last use.</summary>
    public sealed unsafe class PolygonIndex : SafeHandle {
        public override bool IsInvalid => handle == IntPtr.Zero;

        delegate int Maker(pf_run* run, out IntPtr made, pf_error* error);

        PolygonIndex(Run run, Maker make) : base(IntPtr.Zero, true) {
            IntPtr made = IntPtr.Zero;
            Native.Check(run, (how, error) => make(how, out made, error));
            SetHandle(made);
        }

        protected override bool ReleaseHandle() {
            pf_index_free(handle);
            return true;
        }

        public static PolygonIndex Build(Polygons polygons, Run run = null) =>
            new PolygonIndex(run, delegate (pf_run* how, out IntPtr made, pf_error* error) {
                IntPtr built = IntPtr.Zero;
                int status = polygons.Lend(table => pf_index_build(table, null, how, out built, error));
                made = built;
                return status;
            });

        static byte[] Name(string path) => Encoding.UTF8.GetBytes(path + "\0");

        /// <summary>From a file that Save wrote.</summary>
        public static PolygonIndex Open(string path, Run run = null) =>
            new PolygonIndex(run, delegate (pf_run* how, out IntPtr made, pf_error* error) {
                fixed (byte* name = Name(path)) return pf_index_load(name, how, out made, error);
            });

        public void Save(string path, Run run = null) =>
            Native.Check(run, (how, error) => {
                fixed (byte* name = Name(path)) return pf_index_save(handle, name, how, error);
            });

        public long Length => (long)pf_index_len(handle);

        static pf_query Query(uint relation, double distance = 0) =>
            new pf_query { struct_size = (uint)sizeof(pf_query), relation = relation, distance = distance };

        /// <summary>The lowest row that each point is in or on.</summary>
        public int[] Locate(Points points, Run run = null) {
            int[] rows = new int[points.Length];
            pf_query query = Query(PF_COVERS);
            Ask(points, run, (lent, how, error) => {
                pf_query asked = query;
                fixed (int* room = rows)
                    return pf_index_best(handle, lent, &asked, how, room, null, (UIntPtr)rows.Length, error);
            });
            return rows;
        }

        /// <summary>All rows at most a distance away from each point.</summary>
        public Found Find(Points points, double distance, Run run = null) {
            IntPtr result = IntPtr.Zero;
            pf_query query = Query(PF_DWITHIN, distance);
            Ask(points, run, (lent, how, error) => {
                pf_query asked = query;
                return pf_index_find(handle, lent, &asked, how, out result, error);
            });
            try {
                return new Found(result, points.Length);
            } finally {
                pf_result_free(result);
            }
        }

        /// <summary>The k nearest rows of each point, nearest first, and their distances.</summary>
        public int[] Nearest(Points points, int k, out double[] distances, Run run = null) {
            int[] rows = new int[points.Length * k];
            double[] away = new double[rows.Length];
            UIntPtr n = (UIntPtr)rows.Length;
            Ask(points, run, (lent, how, error) => {
                fixed (int* room = rows)
                fixed (double* more = away)
                    return pf_index_nearest(handle, lent, (UIntPtr)k, null, how, room, more, n, error);
            });
            distances = away;
            return rows;
        }

        delegate int Question(pf_points* points, pf_run* run, pf_error* error);

        static void Ask(Points points, Run run, Question question) =>
            Native.Check(run, (how, error) => points.Lend(lent => question(lent, how, error)));
    }
}
