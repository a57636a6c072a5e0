using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Runtime.InteropServices;
using Polyfind;

/// mono Test.exe FIXTURE: see tests/runtimes.
static class Test {
    static Dictionary<string, string> text;

    static string[] Words(string name) => text[name].Split(' ');
    static int[] Ints(string name) => Words(name).Select(int.Parse).ToArray();
    static long[] Longs(string name) => Words(name).Select(long.Parse).ToArray();
    static double Double(string word) => double.Parse(word, CultureInfo.InvariantCulture);
    static double[] Doubles(string name) => Words(name).Select(Double).ToArray();

    static void Check(string name, bool ok) {
        if (!ok) {
            Console.Error.WriteLine("FAILED " + name);
            Environment.Exit(1);
        }
        Console.WriteLine(name);
    }

    static RefusedException Failure(Action call) {
        try {
            call();
        } catch (RefusedException error) {
            return error;
        }
        return null;
    }

    /// Each word before a number, with it.
    static IEnumerable<KeyValuePair<string, int>> Pairs(string name) {
        string[] words = Words(name);
        for (int i = 0; i < words.Length; i += 2)
            yield return new KeyValuePair<string, int>(words[i], int.Parse(words[i + 1]));
    }

    static void Main(string[] arguments) {
        var lines = File.ReadAllLines(arguments[0]).Select(line => line.Split(new[] {' '}, 2));
        text = lines.ToDictionary(line => line[0], line => line[1]);

        // Each is looked up in the library when it is prepared to be called.
        foreach (string name in Words("functions")) Marshal.Prelink(typeof(PolyfindH).GetMethod(name));
        int declared = typeof(PolyfindH).GetMethods(BindingFlags.Static | BindingFlags.Public).Length;
        Check("functions", declared == Words("functions").Length);
        Func<string, Type> Structure = name => typeof(PolyfindH).GetNestedType(name);
        bool fits = Pairs("structures").All(pair => Marshal.SizeOf(Structure(pair.Key)) == pair.Value);
        foreach (var pair in Pairs("fields")) {
            string[] names = pair.Key.Split('.');
            fits &= (int)Marshal.OffsetOf(Structure(names[0]), names[1]) == pair.Value;
        }
        Check("structures", fits);

        long[] rings = Longs("ring_offsets"), parts = Longs("part_offsets"), rows = Longs("polygon_offsets");
        var polygons = new Polygons(new Points(Doubles("x"), Doubles("y")), rings, parts, rows);
        double[] x = Doubles("point_x"), y = Doubles("point_y");
        var points = new Points(x, y);
        int calls = 0;
        ulong last = 0, all = 1;
        var counting = new Run { Progress = (done, total) => {
            calls++;
            last = done;
            all = total;
            return false;
        } };
        PolygonIndex index = PolygonIndex.Build(polygons, counting);
        Check("build", index.Length == rows.Length - 1);
        Check("progress", calls > 0 && last == all && all > 0);
        Check("locate", index.Locate(points).SequenceEqual(Ints("locate")));
        Found found = index.Find(points, Double(text["distance"]));
        bool pairs = found.Polygons.SequenceEqual(Ints("find_polygons"));
        Check("find", pairs && found.Offsets.SequenceEqual(Longs("find_offsets")));
        var none = new Points(new double[0], new double[0]);
        found = index.Find(none, 1);
        bool nothing = found.Polygons.Length == 0 && found.Offsets.SequenceEqual(new long[1]);
        Check("nothing", nothing && index.Locate(none).Length == 0);
        double[] distances;
        bool near = index.Nearest(points, int.Parse(text["k"]), out distances).SequenceEqual(Ints("nearest_polygons"));
        double within = Math.Pow(2, -51);
        double[] wanted = Doubles("nearest_distances");
        var close = distances.Select((got, i) => Math.Abs(got - wanted[i]) <= wanted[i] * within);
        Check("nearest", near && close.All(ok => ok));
        index.Save(text["file"]);
        using (PolygonIndex opened = PolygonIndex.Open(text["file"]))
            Check("file", opened.Locate(points).SequenceEqual(Ints("locate")));

        int row = int.Parse(text["wrong_point"]);
        double was = x[row];
        x[row] = double.NaN;
        RefusedException error = Failure(() => index.Locate(points));
        x[row] = was;
        Check("point error", error.Message == text["wrong_point_status"] + ": " + text["wrong_point_text"]);
        Check("row of the error", error.Item == row);
        rings[int.Parse(text["wrong_ring"])] = -1;
        error = Failure(() => PolygonIndex.Build(polygons));
        Check("layout error", error.Message == text["wrong_ring_status"] + ": " + text["wrong_ring_text"]);

        double[] unused;
        Func<Run, RefusedException> Asked = run => Failure(() => index.Nearest(points, 1, out unused, run));
        Check("cancel", Asked(new Run { Progress = (done, total) => true }).Status == text["cancelled_status"]);
        Check("cancel flag", Asked(new Run { Cancel = new[] {1} }).Status == text["cancelled_status"]);
        string mine = "";
        try {
            Asked(new Run { Progress = (done, total) => { throw new InvalidOperationException("mine"); } });
        } catch (InvalidOperationException thrown) {
            mine = thrown.Message;
        }
        Check("own error", mine == "mine");
        calls = 0;
        for (int i = 0; i < 200; i++) index.Locate(points, counting);
        Check("many callbacks", calls >= 200);

        index.Dispose();
        index.Dispose();
        Check("freed", Failure(() => index.Locate(points)).Status == text["freed_status"]);
    }
}
