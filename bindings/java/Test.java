import com.sun.jna.Structure;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.DoubleBuffer;
import java.nio.IntBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import polyfind.Polyfind;
import polyfind.Polyfind.Index;
import polyfind.Polyfind.Points;
import polyfind.Polyfind.Polygons;
import polyfind.Polyfind.Refused;
import polyfind.Polyfind.Run;
import polyfind.PolyfindH;

/** java -Dpolyfind.library=LIBRARY Test FIXTURE: see tests/runtimes. */
public final class Test {
    private static final Map<String, String> FIXTURE = new HashMap<>();

    private static String[] words(String name) {
        return FIXTURE.get(name).split(" ");
    }

    private static double[] doubles(String name) {
        return Arrays.stream(words(name)).mapToDouble(Double::parseDouble).toArray();
    }

    private static int[] ints(String name) {
        return Arrays.stream(words(name)).mapToInt(Integer::parseInt).toArray();
    }

    private static void check(String name, boolean ok) {
        if (!ok) {
            throw new AssertionError(name);
        }
        System.out.println(name);
    }

    private static boolean same(IntBuffer got, String wanted) {
        return got.equals(IntBuffer.wrap(ints(wanted)));
    }

    private static Refused refused(Runnable call) {
        try {
            call.run();
        } catch (Refused error) {
            return error;
        }
        throw new AssertionError("the call was not refused");
    }

    private static String wanted(String error) {
        return FIXTURE.get(error + "_status") + ": " + FIXTURE.get(error + "_text");
    }

    private static boolean layout() throws ReflectiveOperationException {
        String[] structures = words("structures"), fields = words("fields");
        boolean fits = true;
        for (int i = 0; i < structures.length; i += 2) {
            Class<?> kind = Class.forName("polyfind.PolyfindH$" + structures[i]);
            Structure made = (Structure) kind.getConstructor().newInstance();
            fits &= made.size() == Integer.parseInt(structures[i + 1]);
            for (int j = 0; j < fields.length; j += 2) {
                String[] names = fields[j].split("\\.");
                if (names[0].equals(structures[i])) {
                    Method offset = Structure.class.getDeclaredMethod("fieldOffset", String.class);
                    offset.setAccessible(true);
                    fits &= (int) offset.invoke(made, names[1]) == Integer.parseInt(fields[j + 1]);
                }
            }
        }
        return fits;
    }

    public static void main(String[] arguments) throws Exception {
        for (String line : Files.readAllLines(Path.of(arguments[0]))) {
            int blank = line.indexOf(' ');
            FIXTURE.put(line.substring(0, blank), line.substring(blank + 1));
        }

        // JNA has looked up all of them when the class is there.
        Set<String> declared = new HashSet<>();
        for (Method method : PolyfindH.class.getDeclaredMethods()) {
            if (Modifier.isNative(method.getModifiers())) {
                declared.add(method.getName());
            }
        }
        check("functions", declared.equals(Set.of(words("functions"))) && !Polyfind.version().isEmpty());
        check("structures", layout());

        DoubleBuffer x = Polyfind.doubles(doubles("x")), y = Polyfind.doubles(doubles("y"));
        IntBuffer rings = Polyfind.ints(ints("ring_offsets")), parts = Polyfind.ints(ints("part_offsets"));
        IntBuffer rows = Polyfind.ints(ints("polygon_offsets"));
        Polygons polygons = new Polygons(new Points(x, y), rings, parts, rows);
        DoubleBuffer px = Polyfind.doubles(doubles("point_x")), py = Polyfind.doubles(doubles("point_y"));
        Points points = new Points(px, py);
        long[] seen = new long[3];
        Run counting = new Run(0, (done, total) -> {
            seen[0]++;
            seen[1] = done;
            seen[2] = total;
            return false;
        }, null);
        Index index = Index.build(polygons, counting);
        check("build", index.size() == rows.limit() - 1);
        check("progress", seen[0] > 0 && seen[1] == seen[2] && seen[2] > 0);
        check("locate", same(index.locate(points, null), "locate"));

        Polyfind.Found found = index.find(points, doubles("distance")[0], null);
        long[] offsets = Arrays.stream(ints("find_offsets")).asLongStream().toArray();
        check("find", Arrays.equals(found.offsets, offsets) && Arrays.equals(found.polygons, ints("find_polygons")));

        Points none = new Points(Polyfind.doubles(0), Polyfind.doubles(0));
        found = index.find(none, 1, null);
        boolean nothing = found.polygons.length == 0 && Arrays.equals(found.offsets, new long[1]);
        check("nothing", nothing && index.locate(none, null).limit() == 0);

        int k = ints("k")[0];
        double[] distances = doubles("nearest_distances");
        DoubleBuffer room = Polyfind.doubles(distances.length);
        boolean near = same(index.nearest(points, k, room, null), "nearest_polygons");
        for (int i = 0; i < distances.length; i++) {
            near &= Math.abs(room.get(i) - distances[i]) <= distances[i] * 0x1p-51;
        }
        check("nearest", near);

        index.save(FIXTURE.get("file"), null);
        try (Index opened = Index.open(FIXTURE.get("file"), null)) {
            check("file", same(opened.locate(points, null), "locate"));
        }

        int row = ints("wrong_point")[0];
        double was = px.get(row);
        px.put(row, Double.NaN);
        Refused error = refused(() -> index.locate(points, null));
        px.put(row, was);
        check("point error", error.getMessage().equals(wanted("wrong_point")));
        check("row of the error", error.item == row);

        rings.put(ints("wrong_ring")[0], -1);
        error = refused(() -> Index.build(polygons, null));
        check("layout error", error.getMessage().equals(wanted("wrong_ring")));

        error = refused(() -> index.nearest(points, 1, null, new Run(0, (done, total) -> true, null)));
        check("cancel", error.status.equals(FIXTURE.get("cancelled_status")));
        IntBuffer flag = Polyfind.ints(new int[] {1});
        error = refused(() -> index.nearest(points, 1, null, new Run(0, null, flag)));
        check("cancel flag", error.status.equals(FIXTURE.get("cancelled_status")));
        String mine = "";
        try {
            index.nearest(points, 1, null, new Run(0, (done, total) -> {
                throw new IllegalStateException("mine");
            }, null));
        } catch (IllegalStateException thrown) {
            mine = thrown.getMessage();
        }
        check("own error", mine.equals("mine"));

        seen[0] = 0;
        for (int i = 0; i < 200; i++) {
            index.locate(points, counting);
        }
        check("many callbacks", seen[0] >= 200);

        index.close();
        index.close();
        check("freed", refused(() -> index.locate(points, null)).status.equals(FIXTURE.get("freed_status")));
    }
}
