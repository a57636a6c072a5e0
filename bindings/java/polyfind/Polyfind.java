package polyfind;

import static polyfind.PolyfindH.*;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.IntBuffer;

/**
 * Matches points to polygons. Columns are direct buffers in native order (see {@link #doubles} and {@link #ints}), read
 * from position to limit, where they lie. Rows are int, -1 for none.
 */
public final class Polyfind {
    private Polyfind() {}

    static {
        if (pf_abi() != PF_ABI) {
            throw new UnsatisfiedLinkError("the library has ABI " + pf_abi() + ", this class " + PF_ABI);
        }
    }

    /** A refused or stopped call. */
    public static final class Refused extends RuntimeException {
        private static final long serialVersionUID = 1;

        /** The name of the status, such as PF_ERROR_COORDINATE. */
        public final String status;
        /** The row that caused it, or -1. */
        public final long item;

        Refused(pf_error error) {
            super(pf_status_name(error.status) + ": " + Native.toString(error.message, "UTF-8"));
            status = pf_status_name(error.status);
            item = error.item;
        }
    }

    /** Told how much is done, on the thread that made the call; true stops it, and what this throws comes out of it. */
    public interface Progress {
        boolean stop(long done, long total);
    }

    /** How to run a call: threads (0 for one per core), who is told, and a flag that stops it when it is not 0. */
    public static final class Run {
        private final pf_run c = new pf_run();
        private final Progress progress;
        private final IntBuffer cancel;
        private Throwable thrown;

        public Run(int workers, Progress progress, IntBuffer cancel) {
            this.progress = progress;
            this.cancel = cancel;
            c.struct_size = c.size();
            c.workers = workers;
            c.cancel = address(cancel);
            c.progress = progress == null ? null : this::told;
        }

        private int told(long done, long total, Pointer data) {
            try {
                return progress.stop(done, total) ? 1 : 0;
            } catch (Throwable any) { // which must not go through the library
                thrown = any;
                return 1;
            }
        }
    }

    private interface Call {
        int run(pf_run run, pf_error error);
    }

    private static void check(Run run, Call call, Object... alive) {
        pf_error error = new pf_error();
        int status = call.run(run == null ? null : run.c, error);
        for (Object each : alive) {
            Reference.reachabilityFence(each);
        }
        Reference.reachabilityFence(run);
        if (run != null && run.thrown != null) {
            Throwable thrown = run.thrown;
            run.thrown = null;
            throw Polyfind.<RuntimeException>unchecked(thrown);
        }
        if (status != PF_OK) {
            throw new Refused(error);
        }
    }

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> T unchecked(Throwable any) throws T {
        throw (T) any;
    }

    /** Room for numbers that the library can read and write. */
    public static DoubleBuffer doubles(int n) {
        return ByteBuffer.allocateDirect(Double.BYTES * n).order(ByteOrder.nativeOrder()).asDoubleBuffer();
    }

    public static DoubleBuffer doubles(double... values) {
        return doubles(values.length).put(values).flip();
    }

    public static IntBuffer ints(int n) {
        return ByteBuffer.allocateDirect(Integer.BYTES * n).order(ByteOrder.nativeOrder()).asIntBuffer();
    }

    public static IntBuffer ints(int[] values) {
        return ints(values.length).put(values).flip();
    }

    private static Pointer address(IntBuffer values) {
        return values == null ? null : address(values.slice(), values.order());
    }

    private static Pointer address(Buffer values, ByteOrder order) {
        if (!values.isDirect() || order != ByteOrder.nativeOrder()) {
            throw new IllegalArgumentException("columns are direct buffers in native order");
        }
        return Native.getDirectBufferPointer(values);
    }

    /** Two columns of equal length, which are not copied. */
    public static final class Points {
        final pf_points c = new pf_points();
        final int n;
        private final Object[] kept;

        public Points(DoubleBuffer x, DoubleBuffer y) {
            if (x.remaining() != y.remaining()) {
                throw new IllegalArgumentException("x and y differ in length");
            }
            kept = new Object[] {x, y};
            n = x.remaining();
            c.x = address(x.slice(), x.order());
            c.y = address(y.slice(), y.order());
            c.len = n;
            c.stride = Double.BYTES;
            c.dtype = PF_F64;
        }
    }

    /** A table of polygons; offsets as polyfind.h has them, of which the last two may be null. */
    public static final class Polygons {
        final pf_polygons c = new pf_polygons();
        private final Object[] kept;

        public Polygons(Points vertices, IntBuffer rings, IntBuffer parts, IntBuffer polygons) {
            kept = new Object[] {vertices, rings, parts, polygons};
            c.struct_size = c.size();
            c.offset_type = PF_I32;
            c.vertices = vertices.c;
            c.ring_offsets = address(rings);
            c.ring_count = count(rings);
            c.part_offsets = address(parts);
            c.part_count = count(parts);
            c.polygon_offsets = address(polygons);
            c.polygon_count = count(polygons);
        }

        private static int count(IntBuffer offsets) {
            return offsets == null ? 0 : offsets.remaining() - 1;
        }
    }

    /** All pairs: the polygons of point i are those from offsets[i] to before offsets[i + 1]. */
    public static final class Found {
        public final long[] offsets;
        public final int[] polygons;

        Found(Pointer result) {
            offsets = pf_result_offsets(result).getLongArray(0, (int) pf_result_rows(result) + 1);
            polygons = pf_result_polygons(result).getIntArray(0, (int) pf_result_pairs(result));
        }
    }

    /** Polygons, ready to be asked by any number of threads. Freed by close, or when nobody has it any more. */
    public static final class Index implements AutoCloseable {
        private static final Cleaner CLEANER = Cleaner.create();
        private final Pointer handle;
        private final Cleaner.Cleanable freed;

        private interface Maker {
            int make(pf_run run, PointerByReference out, pf_error error);
        }

        private Index(Run run, Maker maker, Object... alive) {
            PointerByReference out = new PointerByReference();
            check(run, (c, error) -> maker.make(c, out, error), alive);
            Pointer made = out.getValue();
            handle = made;
            freed = CLEANER.register(this, () -> pf_index_free(made));
        }

        public static Index build(Polygons polygons, Run run) {
            return new Index(run, (c, out, error) -> pf_index_build(polygons.c, null, c, out, error), polygons);
        }

        /** From a file that {@link #save} wrote. */
        public static Index open(String path, Run run) {
            return new Index(run, (c, out, error) -> pf_index_load(path, c, out, error));
        }

        public void save(String path, Run run) {
            check(run, (c, error) -> pf_index_save(handle, path, c, error), this);
        }

        public long size() {
            long n = pf_index_len(handle);
            Reference.reachabilityFence(this);
            return n;
        }

        /** The lowest row that each point is in or on. */
        public IntBuffer locate(Points points, Run run) {
            IntBuffer out = ints(points.n);
            pf_query query = query(PF_COVERS, 0);
            check(run, (c, error) -> pf_index_best(handle, points.c, query, c, out, null, points.n, error),
                this, points);
            return out;
        }

        /** All rows at most a distance away from each point. */
        public Found find(Points points, double distance, Run run) {
            PointerByReference out = new PointerByReference();
            pf_query query = query(PF_DWITHIN, distance);
            check(run, (c, error) -> pf_index_find(handle, points.c, query, c, out, error), this, points);
            try {
                return new Found(out.getValue());
            } finally {
                pf_result_free(out.getValue());
            }
        }

        /** The k nearest rows of each point, nearest first; distances, which may be null, has room for k of each. */
        public IntBuffer nearest(Points points, int k, DoubleBuffer distances, Run run) {
            IntBuffer out = ints(points.n * k);
            if (distances != null && distances.remaining() < out.capacity()) {
                throw new IllegalArgumentException("distances has room for " + distances.remaining());
            }
            Buffer room = distances == null ? null : distances.slice();
            check(run, (c, error) -> pf_index_nearest(handle, points.c, k, null, c, out, room, out.capacity(), error),
                this, points);
            return out;
        }

        private static pf_query query(int relation, double distance) {
            pf_query made = new pf_query();
            made.struct_size = made.size();
            made.relation = relation;
            made.distance = distance;
            return made;
        }

        @Override
        public void close() {
            freed.clean();
        }
    }

    public static String version() {
        return pf_version();
    }
}
