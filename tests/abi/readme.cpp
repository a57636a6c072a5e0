// The C++ example of README.md, which run.py writes to readme_cpp.inc, with what it takes for given.
#include <polyfind.hpp>

#include "check.h"
#include "zones.h"

#include <vector>

int main() {
    const std::vector<double> x(zone_x, zone_x + 20), y(zone_y, zone_y + 20);
    const std::vector<double> px(stop_x, stop_x + STOPS), py(stop_y, stop_y + STOPS);
    const std::vector<int32_t> ring_offsets(zone_offsets, zone_offsets + ZONES + 1);
    std::vector<int32_t> used;
    const auto use = [&](int32_t row) { used.push_back(row); };
#include "readme_cpp.inc"
    CHECK(zone == (std::vector<int32_t>{4, 4, -1}));
    CHECK(near == (std::vector<int32_t>{1, 5, -1}));
    CHECK(used == (std::vector<int32_t>{0, 1, 2, 4, 5}) && all.row_distances(0)[3] == 0);
    DONE();
}
