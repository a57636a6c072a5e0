// polyfind.hpp: exceptions, moves, progress that throws, cancel flags.
#include <polyfind.hpp>

#include "check.h"
#include "zones.h"

#include <cmath>
#include <string>
#include <type_traits>
#include <vector>

namespace {

static_assert(!std::is_copy_constructible<pf::Index>::value && !std::is_copy_assignable<pf::Index>::value, "move-only");
static_assert(!std::is_copy_constructible<pf::Result>::value && !std::is_copy_constructible<pf::Row>::value, "move-only");
static_assert(std::is_nothrow_move_constructible<pf::Index>::value, "");
static_assert(std::is_nothrow_move_assignable<pf::Result>::value, "");
static_assert(std::is_nothrow_copy_constructible<pf::Error>::value, "exceptions must not throw when copied");

pf::Polygons the_zones() {
    return pf::Polygons(pf::columns(zone_x, zone_y, sizeof zone_x / sizeof *zone_x), zone_offsets);
}

pf::Points the_stops() { return pf::columns(stop_x, stop_y, STOPS); }

// The call throws this pf::Error.
template <class Function>
bool throws(pf_status status, int64_t item, const char* text, Function function) {
    try {
        function();
    } catch (const pf::Error& error) {
        const pf::Error copy = error;
        const std::exception& base = copy;
        if (copy.status() == status && copy.item() == item && std::string(base.what()).find(text) != std::string::npos) return true;
        std::fprintf(stderr, "    it threw %s, row %ld: %s\n", pf::status_name(copy.status()), long(copy.item()), base.what());
    }
    return false;
}

void errors() {
    const pf::Index index(the_zones());
    const pf::Query query = pf::close(5);
    const std::vector<double> three(3), two(2), bad = {0, NAN, 0}, odd(5);
    const std::vector<int32_t> decreasing = {0, 3, 2};
    const auto nan_points = pf::columns(three, bad);
    const std::vector<int32_t> offsets = {0, 1, 3};
    const pf::Polygons second_is_nan(nan_points, offsets), misplaced(nan_points, decreasing);

    CHECK(throws(PF_ERROR_ARGUMENT, -1, "differ in length", [&] { pf::columns(three, two); }));
    CHECK(throws(PF_ERROR_ARGUMENT, -1, "odd", [&] { pf::interleaved(odd); }));
    CHECK(throws(PF_ERROR_COORDINATE, 1, "points.y[1] is not finite", [&] { pf::check(nan_points); }));
    CHECK(throws(PF_ERROR_COORDINATE, 1, "points.y[1] is not finite", [&] { index.any(nan_points, query); }));
    CHECK(throws(PF_ERROR_COORDINATE, 1, "points.y[1] is not finite", [&] { index.count(nan_points, query); }));
    CHECK(throws(PF_ERROR_COORDINATE, 1, "points.y[1] is not finite", [&] { index.best(nan_points, query); }));
    CHECK(throws(PF_ERROR_COORDINATE, 1, "points.y[1] is not finite", [&] { index.nearest(nan_points, 1); }));
    CHECK(throws(PF_ERROR_COORDINATE, 1, "points.y[1] is not finite", [&] { index.find_nearest(nan_points, 1); }));
    CHECK(throws(PF_ERROR_COORDINATE, 1, "points.y[1] is not finite", [&] { index.find(nan_points, query); }));
    CHECK(throws(PF_ERROR_COORDINATE, 1, "points.y[1] is not finite", [&] { index.find(nan_points, pf::owns()); }));
    const char* text = "polygons.vertices.y[1] is not finite: NaN (polygon 1)";
    CHECK(throws(PF_ERROR_COORDINATE, 1, text, [&] { pf::check(second_is_nan); }));
    pf::check_layout(second_is_nan); /* which reads no coordinates */
    CHECK(throws(PF_ERROR_COORDINATE, 1, text, [&] { pf::area(second_is_nan); }));
    CHECK(throws(PF_ERROR_COORDINATE, 1, text, [&] { pf::signed_area(second_is_nan); }));
    CHECK(throws(PF_ERROR_COORDINATE, 1, text, [&] { pf::perimeter(second_is_nan); }));
    CHECK(throws(PF_ERROR_COORDINATE, 1, text, [&] { pf::center(second_is_nan); }));
    CHECK(throws(PF_ERROR_COORDINATE, 1, text, [&] { pf::centroid(second_is_nan); }));
    CHECK(throws(PF_ERROR_COORDINATE, 1, text, [&] { pf::bounds(second_is_nan); }));
    CHECK(throws(PF_ERROR_COORDINATE, 1, text, [&] { pf::fingerprint(second_is_nan); }));
    CHECK(throws(PF_ERROR_COORDINATE, 1, text, [&] { pf::Index refused(second_is_nan); }));
    CHECK(throws(PF_ERROR_COORDINATE, 1, text, [&] { pf::Index refused(second_is_nan, pf::Uses::centers); }));
    CHECK(throws(PF_ERROR_LAYOUT, 2, "polygons.ring_offsets[2] = 2 is less than", [&] { pf::check(misplaced); }));
    CHECK(throws(PF_ERROR_LAYOUT, 2, "polygons.ring_offsets[2] = 2 is less than", [&] { pf::check_layout(misplaced); }));
    CHECK(throws(PF_ERROR_ARGUMENT, -1, "query.distance", [&] { index.any(the_stops(), pf::close(-1)); }));
    CHECK(throws(PF_ERROR_ARGUMENT, -1, "query.distance", [&] { index.find(the_stops(), pf::close(INFINITY)); }));
    CHECK(throws(PF_ERROR_ARGUMENT, -1, "query.priority has 3 values", [&] { index.best(the_stops(), query.by_priority(three)); }));
    CHECK(throws(PF_ERROR_ARGUMENT, -1, "query.distance", [&] { index.any(the_stops(), pf::dwithin(INFINITY)); }));
    CHECK(throws(PF_ERROR_ARGUMENT, -1, "query.distance", [&] { index.nearest(the_stops(), 1, pf::dwithin(NAN)); }));
    CHECK(throws(PF_ERROR_ARGUMENT, -1, "query.relation", [&] { index.any(the_stops(), pf::Query(6)); }));
    CHECK(throws(PF_ERROR_ARGUMENT, -1, "query.relation", [&] { index.nearest(the_stops(), 1, pf::covers()); }));
    CHECK(throws(PF_ERROR_ARGUMENT, -1, "query.relation", [&] { index.find_nearest(the_stops(), 1, pf::close(1)); }));
    CHECK(throws(PF_ERROR_UNSUPPORTED, -1, "query.flags = 1", [&] { index.any(the_stops(), query.with_distances()); }));
    CHECK(throws(PF_ERROR_UNSUPPORTED, -1, "options.flags = 8", [&] { pf::Index(the_zones(), pf::Uses(8)); }));
    CHECK(throws(PF_ERROR_ARGUMENT, -1, "k must be at least 1", [&] { index.nearest(the_stops(), 0); }));
    CHECK(throws(PF_ERROR_ARGUMENT, -1, "k must be at least 1", [&] { index.find_nearest(the_stops(), 0); }));
    CHECK(throws(PF_ERROR_ARGUMENT, -1, "more than memory", [&] { index.nearest(the_stops(), SIZE_MAX / 2); }));
    CHECK(throws(PF_ERROR_NULL, -1, "points.x is NULL", [&] { index.any(pf::interleaved<double>(nullptr, 1), query); }));
    const std::string endless(1000, 'a');
    CHECK(std::string(pf::Error(PF_ERROR_LIMIT, endless.c_str()).what()).size() == PF_MESSAGE_BYTES - 1);
}

void moves() {
    const pf::Query query = pf::close(std::nextafter(5, 6));
    pf::Index first(the_zones());
    pf::Index second(std::move(first));
    CHECK(first.size() == 0 && second.size() == ZONES);
    CHECK(throws(PF_ERROR_NULL, -1, "index is NULL", [&] { first.any(the_stops(), query); }));
    first = std::move(second);
    CHECK(first.size() == ZONES && second.size() == 0);
    second = pf::Index(the_zones());

    pf::Result found = second.find(the_stops(), query);
    const pf::Span<const int32_t> row = found.row(0);
    pf::Result kept = std::move(found);
    CHECK(row.data() == kept.polygons().data() && row[3] == 4);
    CHECK(found.rows() == 0 && found.pairs() == 0 && found.offsets().empty() && found.polygons().empty());
    CHECK(found.distances().empty());
    bool refused = false;
    try {
        kept.row(STOPS);
    } catch (const std::out_of_range&) {
        refused = true;
    }
    CHECK(refused);
    refused = false;
    try {
        pf::Row beyond = std::move(kept).row(STOPS);
        CHECK(beyond.empty());
    } catch (const std::out_of_range&) {
        refused = true;
    }
    CHECK(refused && kept.rows() == STOPS);
    pf::Row own = std::move(kept).row(0);
    pf::Row moved = std::move(own);
    CHECK(moved.size() == 4 && moved[0] == 0 && kept.rows() == 0);
    kept = second.find(the_stops(), query);
    std::vector<pf::Index> many;
    for (int i = 0; i < 5; i++) many.push_back(pf::Index(the_zones()));
    CHECK(many[0].size() == ZONES && kept.pairs() == 8);
}

struct Mine {
    int number;
};

// The call tells progress, stops when it says so, and lets through what it throws.
template <class Function>
void progress(Function function) {
    uint64_t last = 0, all = 0;
    pf::Run run;
    run.progress = [&](uint64_t done, uint64_t total) {
        last = done;
        all = total;
        return true;
    };
    function(run);
    CHECK(last > 0 && last == all);
    run.progress = [](uint64_t, uint64_t) { return false; };
    CHECK(throws(PF_ERROR_CANCELLED, -1, "stopped", [&] { function(run); }));
    run.progress = [](uint64_t, uint64_t) -> bool { throw Mine{17}; };
    int caught = 0;
    try {
        function(run);
    } catch (const Mine& mine) {
        caught = mine.number;
    }
    CHECK(caught == 17);
    run.progress = nullptr;
    std::atomic<int32_t> cancel(0);
    run.cancel = &cancel;
    function(run);
    cancel = 1;
    CHECK(throws(PF_ERROR_CANCELLED, -1, "stopped", [&] { function(run); }));
}

void running() {
    const pf::Index index(the_zones());
    const pf::Points points = the_stops();
    const pf::Query query = pf::close(5).by_area();
    progress([&](const pf::Run& run) { pf::area(the_zones(), run); });
    progress([&](const pf::Run& run) { pf::signed_area(the_zones(), run); });
    progress([&](const pf::Run& run) { pf::perimeter(the_zones(), run); });
    progress([&](const pf::Run& run) { pf::center(the_zones(), run); });
    progress([&](const pf::Run& run) { pf::centroid(the_zones(), run); });
    progress([&](const pf::Run& run) { pf::fingerprint(the_zones(), run); });
    progress([&](const pf::Run& run) { pf::bounds(the_zones(), run); });
    progress([&](const pf::Run& run) { pf::Index built(the_zones(), run); });
    progress([&](const pf::Run& run) { pf::Index built(the_zones(), pf::Uses::insides, run); });
    progress([&](const pf::Run& run) { index.any(points, query, run); });
    progress([&](const pf::Run& run) { index.count(points, query, run); });
    progress([&](const pf::Run& run) { index.best(points, query, run); });
    progress([&](const pf::Run& run) { index.nearest(points, 2, query, run); });
    progress([&](const pf::Run& run) { index.nearest(points, 2, pf::dwithin(9), run); });
    progress([&](const pf::Run& run) { index.find_nearest(points, 2, pf::dwithin(9), run); });
    progress([&](const pf::Run& run) { index.find(points, query, run); });
    progress([&](const pf::Run& run) { index.find(points, pf::covers().with_distances(), run); });
}

void limits() {
    const pf::Index index(the_zones());
    const pf::Query query = pf::dwithin(100);
    const std::size_t pairs = index.find(the_stops(), query).pairs();
    const std::string text = "query.max_pairs = " + std::to_string(pairs - 1) + ": there are more";
    CHECK(index.find(the_stops(), query.max_pairs(pairs)).pairs() == pairs);
    CHECK(throws(PF_ERROR_LIMIT, -1, text.c_str(), [&] { index.find(the_stops(), query.max_pairs(pairs - 1)); }));
    CHECK(throws(PF_ERROR_LIMIT, -1, "query.max_pairs = 1", [&] { index.find_nearest(the_stops(), 1, query.max_pairs(1)); }));
    pf::Run run;
    run.max_bytes = 100;
    CHECK(throws(PF_ERROR_LIMIT, -1, "run.max_bytes = 100", [&] { pf::Index built(the_zones(), run); }));
    CHECK(throws(PF_ERROR_LIMIT, -1, "run.max_bytes = 100", [&] { index.find(the_stops(), query, run); }));
    run.max_bytes = 1 << 20;
    CHECK(index.find(the_stops(), query, run).pairs() == pairs && pf::Index(the_zones(), run).size() == ZONES);
}

}  // namespace

int main() {
    limits();
    errors();
    moves();
    running();
    DONE();
}
