// For every stop: the zone it is in, the smallest zone whose center is within a distance and all of those; every zone's area.
//
//   c++ -std=c++11 -I../../include smallest_close.cpp -L../../target/release -lpolyfind -o smallest_close
//   ln -sf libpolyfind.so ../../target/release/libpolyfind.so.0
//   LD_LIBRARY_PATH=../../target/release ./smallest_close
#include <polyfind.hpp>

#include <cstdio>
#include <vector>

int main() try {
    // Three zones, x and y interleaved: a square, a triangle and a bigger square around both.
    const std::vector<double> xy = {0, 0, 4, 0, 4, 4, 0, 4,   6, 0, 9, 0, 6, 3,   -2, -2, 12, -2, 12, 12, -2, 12};
    const std::vector<int32_t> ring_offsets = {0, 4, 7, 11};
    const std::vector<double> x = {2, 6, 90}, y = {3, 1, 90};

    const pf::Polygons zones(pf::interleaved(xy), ring_offsets);
    const pf::Points stops = pf::columns(x, y);
    const pf::Query close = pf::close(5.0).by_area();

    const std::vector<double> area = pf::area(zones);
    for (std::size_t i = 0; i < area.size(); i++) std::printf("zone %zu: area %g\n", i, area[i]);

    const pf::Index index(zones);
    const pf::Ranked in = index.best(stops, pf::covers());
    const pf::Ranked smallest = index.best(stops, close);
    const pf::Result found = index.find(stops, close);
    for (std::size_t i = 0; i < found.rows(); i++) {
        std::printf("stop %zu: in %d, close: smallest %d, all", i, in.polygon[i], smallest.polygon[i]);
        for (int32_t zone : found.row(i)) std::printf(" %d", zone);
        std::printf("\n");
    }
} catch (const pf::Error& error) {
    std::fprintf(stderr, "%s: %s\n", pf::status_name(error.status()), error.what());
    return 1;
}
