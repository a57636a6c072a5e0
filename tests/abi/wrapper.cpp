// polyfind.hpp: every function of it, with the answers that zones.h, town.h and land.h worked out by hand.
#include <polyfind.hpp>

#include "check.h"
#include "land.h"
#include "town.h"
#include "zones.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#if __cplusplus >= 202002L
#include <span>
#endif

namespace {

using Rows = std::vector<int32_t>;

template <class Container>
Rows rows(const Container& container) { return Rows(container.begin(), container.end()); }

bool same(const std::vector<double>& got, const double* wanted) {
    for (std::size_t i = 0; i < got.size(); i++)
        if (!(std::fabs(got[i] - wanted[i]) <= 1e-14 * std::fabs(wanted[i]) || (std::isnan(got[i]) && std::isnan(wanted[i]))))
            return false;
    return true;
}

pf::Polygons the_zones() {
    return pf::Polygons(pf::columns(zone_x, zone_y, sizeof zone_x / sizeof *zone_x), zone_offsets);
}

pf::Polygons the_lands() {
    return pf::Polygons(pf::columns(land_x, land_y), land_rings, land_parts, land_polygons);
}

// Rows of text and of bytes as tables.
void tables() {
    const std::string text = "POLYGON ((0 0, 4 0, 4 4, 0 4))POINT (1 2)POLYGON EMPTY";
    const std::vector<int64_t> wide = {0, 30, 41, 54};
    const int32_t narrow[] = {0, 30, 41, 54};
    const unsigned char bits[] = {0x28};
    const pf::Binary rows(text, wide);
    CHECK(rows.size() == 3);
    pf::Table skipped(rows, pf::Format::wkt, pf::OnFault::skip);
    CHECK(skipped.size() == 3 && skipped.faults().size() == 1 && pf::area(skipped.polygons())[0] == 16);
    const pf::Fault fault = skipped.faults()[0];
    CHECK(fault.row == 1 && fault.byte == 0 && fault.reason == PF_FAULT_TYPE && fault.text() == std::string(pf_fault_text(PF_FAULT_TYPE)));
    const pf::Table missing(pf::Binary(text, narrow).valid(bits, 3), pf::Format::wkt);
    CHECK(missing.size() == 3 && missing.faults().empty() && missing.polygons().size() == 3);
    const std::vector<unsigned char> bytes = {1, 3, 0, 0, 0, 0, 0, 0, 0};
    const std::vector<int32_t> ends = {0, 9};
    CHECK(pf::Table(pf::Binary(bytes, ends), pf::Format::wkb).size() == 1);
    const std::string shape = "{\"type\":\"Polygon\",\"coordinates\":[[[0,0],[3,0],[0,2]]]}";
    const std::string twice = shape + shape;
    const std::vector<int64_t> whole = {0, static_cast<int64_t>(twice.size())};
    const pf::Table both(pf::Binary(twice, whole), pf::Format::geojson);
    CHECK(pf::area(both.polygons()) == std::vector<double>({3, 3}));
    try {
        pf::Table table(rows, pf::Format::wkt);
        CHECK(false);
    } catch (const pf::Error& error) {
        CHECK(error.status() == PF_ERROR_FORMAT && error.item() == 1 && std::strstr(error.what(), "rows[1], byte 0: ") != nullptr);
    }
    pf::Table moved(std::move(skipped));
    CHECK(moved.size() == 3 && skipped.size() == 0 && skipped.faults().empty());
    try {
        skipped.polygons();
        CHECK(false);
    } catch (const pf::Error& error) {
        CHECK(error.status() == PF_ERROR_NULL);
    }
}

const double just_over_5 = std::nextafter(5.0, 6.0);

void library() {
    CHECK(std::string(pf::version()) == pf_version());
    CHECK(pf::abi() == PF_ABI);
    CHECK(std::string(pf::simd()) == pf_simd());
    CHECK(std::string(pf::status_name(PF_ERROR_LAYOUT)) == "PF_ERROR_LAYOUT");
    CHECK(std::string(pf::status_text(PF_ERROR_NULL)) == "a required pointer is NULL");
}

// The town from vectors, with 32-bit and with 64-bit offsets.
template <class Offset>
void measures() {
    std::vector<double> x, y;
    std::vector<Offset> rings(1, 0), parts(town_parts, town_parts + TOWN_PARTS + 1);
    std::array<Offset, TOWN_POLYGONS + 1> table = {};
    for (std::size_t i = 0; i <= TOWN_POLYGONS; i++) table[i] = static_cast<Offset>(town_polygons[i]);
    for (std::size_t ring = 0; ring < TOWN_RINGS; ring++) {
        for (std::size_t i = 0; i < town_sizes[ring]; i++) {
            x.push_back(town_rings[ring][2 * i]);
            y.push_back(town_rings[ring][2 * i + 1]);
        }
        rings.push_back(static_cast<Offset>(x.size()));
    }
    const pf::Polygons town(pf::columns(x, y), rings, parts, table);
    pf::Run run;
    run.workers = 2;
    run.portable = true;
    CHECK(town.size() == TOWN_POLYGONS && town.c()->polygon_count == TOWN_POLYGONS);
    pf::check(town);
    pf::check_layout(town);
    CHECK(same(pf::area(town), town_area) && pf::area(town).size() == TOWN_POLYGONS);
    CHECK(same(pf::signed_area(town, run), town_signed_area));
    CHECK(same(pf::perimeter(town), town_perimeter));
    CHECK(same(pf::center(town).x, town_center_x) && same(pf::center(town, run).y, town_center_y));
    CHECK(same(pf::centroid(town).x, town_centroid_x) && same(pf::centroid(town).y, town_centroid_y));
    const std::vector<pf_box> bounds = pf::bounds(town);
    CHECK(bounds.size() == TOWN_POLYGONS && bounds[1].min_x == 20 && bounds[1].max_y == 2 && std::isnan(bounds[3].max_x));
    const std::vector<uint64_t> fingerprint = pf::fingerprint(town);
    CHECK(fingerprint == std::vector<uint64_t>(town_fingerprint, town_fingerprint + TOWN_POLYGONS));
    // Every ring a polygon, every part a polygon, none at all.
    CHECK(pf::Polygons(pf::columns(x, y), rings).size() == TOWN_RINGS);
    CHECK(pf::area(pf::Polygons(pf::columns(x, y), rings)).at(1) == 4);
    CHECK(pf::area(pf::Polygons(pf::columns(x, y), rings, parts)).at(0) == 96);
    CHECK(pf::area(pf::Polygons(pf::columns(x, y), std::vector<Offset>())).empty());
    // Centers are columns, to be asked about in their turn.
    const pf::Places centers = pf::center(pf::Polygons(pf::columns(x, y), rings));
    CHECK(pf::Index(pf::Polygons(pf::columns(x, y), rings)).any(pf::columns(centers.x, centers.y), pf::close(0.1)) ==
          std::vector<uint8_t>(TOWN_RINGS, 1));
}

void verbs() {
    const pf::Index index(the_zones());
    const pf::Points points = pf::columns(stop_x, stop_y, STOPS);
    const pf::Query query = pf::close(just_over_5);
    pf::check(points);
    CHECK(index.size() == ZONES && pf_index_len(index.c()) == ZONES);
    CHECK(index.any(points, query) == (std::vector<uint8_t>{1, 1, 0}));
    CHECK(index.count(points, query) == (std::vector<uint32_t>{4, 4, 0}));
    CHECK(index.count(points, pf::close(5)) == (std::vector<uint32_t>{1, 4, 0}));
    CHECK(index.best(points, query).polygon == (Rows{0, 0, -1}));
    CHECK(index.best(points, query.by_polygon()).polygon == (Rows{0, 0, -1}));
    CHECK(index.best(points, query.by_distance()).polygon == (Rows{4, 2, -1}));
    CHECK(index.best(points, query.by_center()).polygon == (Rows{4, 2, -1}));
    CHECK(index.best(points, query.by_area()).polygon == (Rows{1, 1, -1}));
    CHECK(index.best(points, query.by_priority(zone_priority)).polygon == (Rows{1, 1, -1}));
    CHECK(index.best(points, query.by_priority(std::vector<double>{3, 3, 3, 3, 2, 1})).polygon == (Rows{4, 4, -1}));
    CHECK(query.by_priority(zone_priority).by_area().c()->priority == nullptr);
    const pf::Ranked best = index.best(points, query.by_distance());
    CHECK(best.width == 1 && best.value[1] == 2.5 && std::isnan(best.value[2]));
    const pf::Ranked near = index.nearest(points, 2, pf::close(INFINITY));
    CHECK(near.width == 2 && near.polygon == (Rows{4, 0, 2, 4, 5, 0}) && near.value[1] == 5);
    CHECK(index.nearest(points, 2, pf::close(5)).polygon == (Rows{4, -1, 2, 4, -1, -1}));

    const pf::Result found = index.find(points, query);
    CHECK(found.rows() == STOPS && found.pairs() == 8);
    CHECK(rows(found.row(0)) == (Rows{0, 1, 2, 4}) && rows(found.row(1)) == (Rows{0, 1, 2, 4}) && found.row(2).empty());
    CHECK(rows(found.polygons()) == (Rows{0, 1, 2, 4, 0, 1, 2, 4}));
    CHECK(found.offsets().size() == STOPS + 1 && found.offsets()[3] == 8);
    CHECK(found.distances().empty() && found.row_distances(0).empty());
    const pf::Indices indices = found.indices();
    CHECK(indices.point == (std::vector<int64_t>{0, 0, 0, 0, 1, 1, 1, 1}));
    CHECK(indices.polygon == (std::vector<int64_t>{0, 1, 2, 4, 0, 1, 2, 4}));
    Rows seen;
    for (int32_t zone : index.find(pf::columns(stop_x, stop_y, STOPS), pf::close(10.0)).row(0)) seen.push_back(zone);
    CHECK(seen == (Rows{0, 1, 2, 4}));
    const pf::Row row = index.find(points, query).row(1);
    CHECK(row.size() == 4 && !row.empty() && row[3] == 4 && std::isnan(row.distance(3)));
}

// Question by question what land.h says; point 16 is (4, 4), in a hole of row 0 and inside of row 1.
void relations() {
    const pf::Index index(the_lands());
    const pf::Query questions[] = {pf::covers(), pf::contains(), pf::owns(), pf::dwithin(0), pf::dwithin(4), pf::close(4.5)};
    for (const pf::Query& query : questions) {
        const std::vector<uint32_t> count = index.count(spots, query);
        const std::vector<uint8_t> any = index.any(spots, query);
        const Rows first = index.best(spots, query).polygon;
        const pf::Result found = index.find(spots, query.with_distances());
        CHECK(found.distances().size() == found.pairs() && found.rows() == SPOTS);
        for (std::size_t i = 0; i < SPOTS; i++) {
            const pf::Span<const int32_t> row = found.row(i);
            const pf::Span<const double> away = found.row_distances(i);
            uint32_t got = 0;
            for (int32_t polygon : row) got |= 1u << polygon;
            CHECK(got == land_matches(query.c(), i) && row.size() == count[i] && any[i] == (count[i] > 0));
            CHECK(first[i] == (row.empty() ? PF_NONE : row[0]) && away.size() == row.size());
            for (std::size_t j = 0; j < away.size(); j++) CHECK(land_near(away[j], land_measure(query.c(), i, row[j])));
        }
    }
    CHECK(index.best(spots, pf::dwithin(3).by_distance()).polygon[16] == 1);
    CHECK(index.best(spots, pf::dwithin(3).by_center()).polygon[16] == 0);
    CHECK(index.best(spots, pf::dwithin(3).by_area()).value[16] == 4);
    CHECK(pf::dwithin(1).with_distances().by_center().c()->flags == PF_WITH_DISTANCES);

    const pf::Ranked near = index.nearest(spots, 3);
    CHECK(near.width == 3 && rows(pf::Span<const int32_t>(&near.polygon[48], 3)) == (Rows{1, 0, 4}) && near.value[50] == 3);
    CHECK(rows(pf::Span<const int32_t>(&index.nearest(spots, 3, pf::dwithin(2)).polygon[48], 3)) == (Rows{1, 0, -1}));
    const pf::Result nearest = index.find_nearest(spots, 1, pf::dwithin(5).with_distances());
    CHECK(rows(nearest.row(19)) == (Rows{0, 1}) && nearest.row_distances(19)[1] == 0.5 && nearest.row(33).empty());
    CHECK(index.find_nearest(spots, 1).row(33).size() == 1 && index.find_nearest(spots, 1).row(33)[0] == 0);
    const pf::Row row = index.find_nearest(spots, 2, pf::dwithin(9).with_distances()).row(16);
    CHECK(row.size() == 2 && row[1] == 0 && row.distance(1) == 2);
}

// What an index is built for it answers, and refuses the rest.
void uses() {
    const pf::Query questions[] = {pf::close(1), pf::covers(), pf::dwithin(1)};
    const struct {
        pf::Uses uses;
        bool answers[3];
    } cases[] = {{pf::Uses::centers, {true, false, false}},
                 {pf::Uses::insides, {false, true, false}},
                 {pf::Uses::distances, {false, true, true}},
                 {pf::Uses::centers | pf::Uses::insides, {true, true, false}},
                 {pf::Uses::centers | pf::Uses::distances, {true, true, true}}};
    for (const auto& one : cases) {
        const pf::Index index(the_lands(), one.uses);
        CHECK(index.size() == LANDS);
        for (int i = 0; i < 3; i++) {
            bool answered = true;
            try {
                index.any(spots, questions[i]);
            } catch (const pf::Error& error) {
                answered = false;
                CHECK(error.status() == PF_ERROR_ARGUMENT);
                CHECK(std::string(error.what()).find("index was built without ") == 0);
            }
            CHECK(answered == one.answers[i]);
        }
    }
}

// Opened it answers as it did.
void files() {
    const pf::Index built(the_lands());
    const pf::Bytes bytes = built.bytes();
    const std::string path = "/tmp/polyfind-wrapper-" + std::to_string(getpid());
    built.save(path);
    pf::Bytes room(bytes.size() + 64);
    unsigned char* aligned = room.data() + (64 - reinterpret_cast<std::uintptr_t>(room.data()) % 64);
    std::memcpy(aligned, bytes.data(), bytes.size());
    const pf::Span<const unsigned char> lent(aligned, bytes.size());
    const auto same = [&](const pf::Index& index) {
        return index.size() == LANDS && index.bytes() == bytes && index.byte_size() == bytes.size() &&
               index.count(spots, pf::dwithin(1)) == built.count(spots, pf::dwithin(1));
    };
    CHECK(same(pf::Index::load(path)));
    CHECK(same(pf::Index::map(path)) && same(pf::Index::map(path, pf::Trust::full)));
    CHECK(same(pf::Index::view(lent)) && same(pf::Index::view(lent, pf::Trust::full)));
    CHECK(same(pf::Index::copy(bytes)) && same(pf::Index::copy(bytes, pf::Trust::full)));
    CHECK(built.info().polygon_count == LANDS && built.info().byte_size == bytes.size());
    std::remove(path.c_str());
    try {
        pf::Index::load(path);
        CHECK(!"a file that is gone");
    } catch (const pf::Error& error) {
        CHECK(error.status() == PF_ERROR_IO && error.item() == ENOENT);
    }
    pf::Bytes bad = bytes;
    bad[bad.size() / 2] ^= 1;
    try {
        pf::Index::copy(bad);
        CHECK(!"a damaged index");
    } catch (const pf::Error& error) {
        CHECK(error.status() == PF_ERROR_FORMAT);
    }
}

// Every way to lend points.
void layouts() {
    const pf::Index index(the_zones());
    const pf::Query query = pf::close(just_over_5).by_area();
    const Rows wanted = {1, 1, -1};
    const std::vector<double> x(stop_x, stop_x + STOPS), y(stop_y, stop_y + STOPS), xy = {0, 0, 0, 2.5, 100, 100};
    const std::vector<float> fx(x.begin(), x.end()), fy(y.begin(), y.end()), fxy(xy.begin(), xy.end());
    struct Record {
        float x, y;
        int32_t id;
    };
    const Record records[] = {{0, 0, 1}, {0, 2.5f, 2}, {100, 100, 3}};
    CHECK(index.best(pf::columns(x, y), query).polygon == wanted);
    CHECK(index.best(pf::columns(x.data(), y.data(), 3), query).polygon == wanted);
    CHECK(index.best(pf::columns(fx, fy), query).polygon == wanted);
    CHECK(index.best(pf::columns(fx.data(), fy.data(), 3), query).polygon == wanted);
    CHECK(index.best(pf::interleaved(xy), query).polygon == wanted);
    CHECK(index.best(pf::interleaved(xy.data(), 3), query).polygon == wanted);
    CHECK(index.best(pf::interleaved(fxy), query).polygon == wanted);
    CHECK(index.best(pf::strided(&records[0].x, &records[0].y, 3, sizeof(Record)), query).polygon == wanted);
    CHECK(index.best(pf::columns(stop_x, stop_y), query).polygon == wanted);
    CHECK(index.any(pf::interleaved(std::vector<double>()), query).empty());
    CHECK(index.any(pf::interleaved(static_cast<const float*>(nullptr), 0), query).empty());
    CHECK(index.nearest(pf::columns(std::vector<float>(), std::vector<float>()), 5).polygon.empty());
#if __cplusplus >= 202002L
    CHECK(index.best(pf::columns(std::span<const double>(x), std::span<const double>(y)), query).polygon == wanted);
    CHECK(pf::area(pf::Polygons(pf::columns(zone_x, zone_y), std::span<const int32_t>(zone_offsets))).at(0) == 16);
#endif
}

void spans() {
    std::vector<int> values = {1, 2, 3};
    int sum = 0;
    const pf::Span<const int> lent = values;
    const pf::Span<int> own(values.data(), values.size());
    for (int value : lent) sum += value;
    own[0] = 7;
    CHECK(sum == 6 && lent[0] == 7 && lent.size() == 3 && !lent.empty() && lent.data() == values.data());
    CHECK(pf::Span<int>().empty() && pf::Span<const int>(values).end() == values.data() + 3);
    static_assert(!std::is_convertible<std::vector<double>, pf::Span<const int>>::value, "no change of type");
    static_assert(!std::is_convertible<const std::vector<int>&, pf::Span<int>>::value, "no cast of const");
    static_assert(!std::is_convertible<pf::Row, pf::Span<const int32_t>>::value, "a row cannot dangle");
}

}  // namespace

// What the stops of each zone come to; two of them have a value, and each a group.
void tallies() {
    std::unique_ptr<pf::Index> index(new pf::Index(the_zones()));
    pf::Tally tally(*index, 2), other(*index, 2);
    index.reset(); // the tallies keep it
    CHECK(tally.size() == 2 * ZONES);
    const pf::Points points = pf::columns(stop_x, stop_y, STOPS);
    const double values[] = {0.5, NAN, 7};
    const std::vector<int32_t> groups = {0, 1, 1};
    pf::Attributes attributes;
    attributes.values = values;
    attributes.groups = groups;
    tally.add(points, pf::covers(), attributes);
    CHECK(tally.points()[8] == 1 && tally.points()[9] == 1 && tally.values()[8] == 1 && tally.values()[9] == 0);
    CHECK(tally.sum()[8] == 0.5 && tally.mean()[8] == 0.5 && tally.min()[8] == 0.5 && tally.max()[8] == 0.5);
    CHECK(tally.sum()[9] == 0 && std::isnan(tally.mean()[9]) && std::isnan(tally.min()[9]) && std::isnan(tally.max()[9]));
    other.add(points, pf::dwithin(1000).by_distance(), attributes, pf::Matched::best);
    other.merge(tally);
    uint64_t all = 0;
    for (uint64_t count : other.points()) all += count;
    CHECK(all == STOPS + 2 && other.sum()[8] == 1 && other.sum()[11] == 7);
}

int main() {
    library();
    tallies();
    tables();
    measures<int32_t>();
    measures<int64_t>();
    verbs();
    relations();
    uses();
    files();
    layouts();
    spans();
    DONE();
}
