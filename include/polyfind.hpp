// polyfind.hpp: polyfind.h for C++11 and later. Header-only; link with -lpolyfind.
//
//     pf::Index index(pf::Polygons(pf::columns(zone_x, zone_y), ring_offsets));
//     std::vector<int32_t> zone_of_stop = index.best(stops, pf::covers()).polygon;
//     std::vector<int32_t> zone_close_by = index.best(stops, pf::close(10.0).by_area()).polygon;
//
// Conventions, beside those of polyfind.h
//   - Whatever the C library refuses is thrown as pf::Error. Containers may throw std::bad_alloc or std::length_error.
//   - Inputs are lent: pf::columns, pf::Polygons, pf::Span, pf::Query and pf::Attributes keep pointers and copy nothing. What they point to
//     must live, unchanged, until the call that uses them returns. Nothing is kept after it: an Index owns its data, but for
//     Index::view() and Index::map(), which say what they keep.
//   - Thread safety: any number of threads may call const member functions of one object, and free functions, at once.
//   - Rows are int32_t and PF_NONE (-1) is "none". Distances are in the unit of the coordinates, areas in its square.

#ifndef POLYFIND_HPP
#define POLYFIND_HPP

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <functional>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "polyfind.h"

namespace pf {

/// What a refused or stopped call throws. Copying it does not throw.
class Error : public std::exception {
public:
    explicit Error(const pf_error& error) noexcept : error_(error) {}
    /// An error with a text of at most 239 bytes; longer ones are cut.
    Error(pf_status status, const char* text) noexcept : error_() {
        error_.status = status;
        error_.item = -1;
        std::strncpy(error_.message, text, PF_MESSAGE_BYTES - 1);
    }
    /// One of PF_ERROR_*.
    pf_status status() const noexcept { return error_.status; }
    /// The row that caused it, or -1.
    int64_t item() const noexcept { return error_.item; }
    /// What was wrong, naming the argument and the row; UTF-8. Lives as long as this object.
    const char* what() const noexcept override { return error_.message; }

private:
    pf_error error_;
};

/// Consecutive elements that somebody else owns: a pointer and a size. Made of a std::vector, a std::array, a C++20
/// std::span or anything else with data() and size(); of an array; or of pointer and size.
template <class T>
class Span {
    template <class C>
    using Element = typename std::remove_pointer<decltype(std::declval<C&>().data())>::type;

public:
    Span() noexcept : data_(nullptr), size_(0) {}
    Span(T* data, std::size_t size) noexcept : data_(data), size_(size) {}
    template <std::size_t N>
    Span(T (&array)[N]) noexcept : data_(array), size_(N) {}
    template <class C, class = typename std::enable_if<std::is_convertible<Element<const C> (*)[], T (*)[]>::value>::type,
              class = decltype(std::declval<const C&>().size())>
    Span(const C& container) noexcept : data_(container.data()), size_(container.size()) {}

    T* data() const noexcept { return data_; }
    std::size_t size() const noexcept { return size_; }
    bool empty() const noexcept { return size_ == 0; }
    T* begin() const noexcept { return data_; }
    T* end() const noexcept { return data_ + size_; }
    /// Element i; i < size() is the caller's duty.
    T& operator[](std::size_t i) const noexcept { return data_[i]; }

private:
    T* data_;
    std::size_t size_;
};

/// Points, or vertices, that somebody else owns: made by columns(), interleaved() and strided(). It is the C structure.
using Points = pf_points;

namespace detail {

inline uint32_t dtype(const double*) noexcept { return PF_F64; }
inline uint32_t dtype(const float*) noexcept { return PF_F32; }
inline uint32_t offset_type(const int32_t*) noexcept { return PF_I32; }
inline uint32_t offset_type(const int64_t*) noexcept { return PF_I64; }

template <class T>
Points points(const T* x, const T* y, std::size_t n, std::size_t stride) noexcept {
    Points points = {x, y, n, stride, dtype(x), 0};
    return points;
}

template <class T>
Points columns(Span<const T> x, Span<const T> y) {
    if (x.size() != y.size()) throw Error(PF_ERROR_ARGUMENT, "pf::columns: x and y differ in length");
    return points(x.data(), y.data(), x.size(), sizeof(T));
}

template <class T>
Points interleaved(Span<const T> xy) {
    if (xy.size() % 2 != 0) throw Error(PF_ERROR_ARGUMENT, "pf::interleaved: the length of xy is odd");
    return points(xy.data(), xy.empty() ? xy.data() : xy.data() + 1, xy.size() / 2, 2 * sizeof(T));
}

}  // namespace detail

/// n points in two columns: (x[0], y[0]), (x[1], y[1]) and so on; T is double or float.
template <class T>
Points columns(const T* x, const T* y, std::size_t n) noexcept {
    return detail::points(x, y, n, sizeof(T));
}
/// The same of two vectors or other spans of one length; throws PF_ERROR_ARGUMENT if they differ in length.
inline Points columns(Span<const double> x, Span<const double> y) { return detail::columns(x, y); }
inline Points columns(Span<const float> x, Span<const float> y) { return detail::columns(x, y); }

/// n points in one array of 2 * n numbers: x0, y0, x1, y1 and so on; T is double or float. xy may be NULL if n is 0.
template <class T>
Points interleaved(const T* xy, std::size_t n) noexcept {
    return detail::points(xy, n == 0 ? xy : xy + 1, n, 2 * sizeof(T));
}
/// The same of one vector or other span; throws PF_ERROR_ARGUMENT if its length is odd.
inline Points interleaved(Span<const double> xy) { return detail::interleaved(xy); }
inline Points interleaved(Span<const float> xy) { return detail::interleaved(xy); }

/// n points inside other records: from one x to the next, and from one y to the next, are stride_bytes bytes, a multiple of
/// sizeof(T); T is double or float.
template <class T>
Points strided(const T* x, const T* y, std::size_t n, std::size_t stride_bytes) noexcept {
    return detail::points(x, y, n, stride_bytes);
}

/// A table of polygons that somebody else owns: vertices and, innermost first, offsets as int32_t or int64_t. Ring i has the
/// vertices ring_offsets[i] .. ring_offsets[i + 1], and so on for the parts (an outer ring and its holes) and the polygons
/// (one or more parts). Without part_offsets every ring is a part, without polygon_offsets every part is a polygon.
/// Making one checks nothing; the calls that use it do.
class Polygons {
public:
    Polygons(const Points& vertices, Span<const int32_t> ring_offsets, Span<const int32_t> part_offsets = {},
             Span<const int32_t> polygon_offsets = {}) noexcept
        : c_(table(vertices, ring_offsets, part_offsets, polygon_offsets)) {}
    Polygons(const Points& vertices, Span<const int64_t> ring_offsets, Span<const int64_t> part_offsets = {},
             Span<const int64_t> polygon_offsets = {}) noexcept
        : c_(table(vertices, ring_offsets, part_offsets, polygon_offsets)) {}
    /// What a structure of the C library describes.
    explicit Polygons(const pf_polygons& c) noexcept : c_(c) {}
    /// Number of polygons.
    std::size_t size() const noexcept { return c_.polygon_count; }
    /// For calls of the C library.
    const pf_polygons* c() const noexcept { return &c_; }

private:
    template <class T>
    static pf_polygons table(const Points& vertices, Span<const T> rings, Span<const T> parts, Span<const T> polygons) {
        pf_polygons c = {};
        c.struct_size = sizeof c;
        c.offset_type = detail::offset_type(rings.data());
        c.vertices = vertices;
        c.ring_offsets = given(rings);
        c.ring_count = count(rings, 0);
        c.part_offsets = given(parts);
        c.part_count = count(parts, c.ring_count);
        c.polygon_offsets = given(polygons);
        c.polygon_count = count(polygons, c.part_count);
        return c;
    }
    template <class T>
    static const void* given(Span<const T> offsets) { return offsets.empty() ? nullptr : offsets.data(); }
    template <class T>
    static std::size_t count(Span<const T> offsets, std::size_t implied) {
        return offsets.empty() ? implied : offsets.size() - 1;
    }

    pf_polygons c_;
};

/// How to run a call. The default: all cores, silently.
struct Run {
    /// Threads to use, the calling one included; 0 means one per core.
    uint32_t workers = 0;
    /// Use the portable code path even where the machine has better instructions. Results are the same.
    bool portable = false;
    /// Told (done, total) up to 50 times a second and once at the end, on the calling thread; true means go on, false stops the
    /// call with PF_ERROR_CANCELLED. What it throws stops the call and comes out of it. May be empty.
    std::function<bool(uint64_t done, uint64_t total)> progress;
    /// Set it to non-zero from any thread to stop the call with PF_ERROR_CANCELLED. May be NULL.
    const std::atomic<int32_t>* cancel = nullptr;
    /// PF_ERROR_LIMIT before the call takes more bytes of memory than this; 0 for no limit. Vectors of this wrapper do not count.
    uint64_t max_bytes = 0;
};

namespace detail {

/// One call of the C library: its pf_run, its pf_error, and what the progress function threw.
class Call {
public:
    explicit Call(const Run& run) : run_(run), c_(), error_() {
        static_assert(sizeof(std::atomic<int32_t>) == sizeof(int32_t), "a cancel flag is an int32_t");
        c_.struct_size = sizeof c_;
        c_.workers = run.workers;
        // Outputs are vectors of the wrapper, which nobody sees when a call is refused.
        c_.flags = PF_RUN_DIRECT | (run.portable ? PF_RUN_PORTABLE : 0);
        c_.cancel = reinterpret_cast<const int32_t*>(run.cancel);
        c_.max_bytes = run.max_bytes;
        if (run.progress) {
            c_.progress = tell;
            c_.progress_data = this;
        }
    }
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;

    const pf_run* run() const noexcept { return &c_; }
    pf_error* error() noexcept { return &error_; }
    /// Throws if the call failed.
    void end(pf_status status) const {
        if (thrown_) std::rethrow_exception(thrown_);
        if (status != PF_OK) throw Error(error_);
    }

private:
    static int32_t tell(uint64_t done, uint64_t total, void* data) noexcept {
        Call& call = *static_cast<Call*>(data);
        try {
            return call.run_.progress(done, total) ? 0 : 1;
        } catch (...) {
            call.thrown_ = std::current_exception();
            return 1;
        }
    }

    const Run& run_;
    pf_run c_;
    pf_error error_;
    std::exception_ptr thrown_;
};

template <class T, class Function>
std::vector<T> measure(Function function, const Polygons& polygons, const Run& run) {
    std::vector<T> out(polygons.size());
    Call call(run);
    call.end(function(polygons.c(), call.run(), out.data(), out.size(), call.error()));
    return out;
}

}  // namespace detail

/// One place per polygon, as two columns: columns(places.x, places.y) makes points of them.
struct Places {
    std::vector<double> x;
    std::vector<double> y;
};

namespace detail {

template <class Function>
Places places(Function function, const Polygons& polygons, const Run& run) {
    Places out = {std::vector<double>(polygons.size()), std::vector<double>(polygons.size())};
    Call call(run);
    call.end(function(polygons.c(), call.run(), out.x.data(), out.y.data(), polygons.size(), call.error()));
    return out;
}

}  // namespace detail

/// Throws what a call would throw for these points; else does nothing.
inline void check(const Points& points) {
    pf_error error;
    if (pf_points_check(&points, &error) != PF_OK) throw Error(error);
}
/// Throws what a call would throw for these polygons; else does nothing.
inline void check(const Polygons& polygons) {
    pf_error error;
    if (pf_polygons_check(polygons.c(), &error) != PF_OK) throw Error(error);
}

/// The same, but coordinates are not read.
inline void check_layout(const Polygons& polygons) {
    pf_error error;
    if (pf_polygons_check_layout(polygons.c(), &error) != PF_OK) throw Error(error);
}

/// Rows of bytes that somebody else owns, as Arrow's binary and string arrays are laid out: row i is bytes offsets[i] .. offsets[i + 1].
class Binary {
public:
    Binary(Span<const unsigned char> bytes, Span<const int32_t> offsets) noexcept : c_(rows(bytes, offsets)) {}
    Binary(Span<const unsigned char> bytes, Span<const int64_t> offsets) noexcept : c_(rows(bytes, offsets)) {}
    /// The same of text.
    Binary(Span<const char> text, Span<const int32_t> offsets) noexcept : c_(rows(text, offsets)) {}
    Binary(Span<const char> text, Span<const int64_t> offsets) noexcept : c_(rows(text, offsets)) {}
    /// With rows missing: those whose bit, first + i, from the lowest of each byte on, is 0. bits may be NULL: none is.
    Binary valid(const unsigned char* bits, std::size_t first = 0) const noexcept {
        Binary rows = *this;
        rows.c_.validity = bits;
        rows.c_.validity_offset = first;
        return rows;
    }
    /// Number of rows.
    std::size_t size() const noexcept { return c_.len; }
    /// For calls of the C library.
    const pf_binary* c() const noexcept { return &c_; }

private:
    template <class Byte, class Offset>
    static pf_binary rows(Span<const Byte> bytes, Span<const Offset> offsets) noexcept {
        pf_binary c = {};
        c.struct_size = sizeof c;
        c.offset_type = detail::offset_type(offsets.data());
        c.data = reinterpret_cast<const unsigned char*>(bytes.data());
        c.data_len = bytes.size();
        c.offsets = offsets.data();
        c.len = offsets.empty() ? 0 : offsets.size() - 1;
        return c;
    }

    pf_binary c_;
};

/// How rows are encoded.
enum class Format : uint32_t {
    /// Well-known binary, and the extended one of PostGIS.
    wkb = PF_WKB,
    /// Well-known text, and the extended one of PostGIS.
    wkt = PF_WKT,
    /// GeoJSON; one row alone may be a document with many features.
    geojson = PF_GEOJSON
};

/// What becomes of a row that is no polygon.
enum class OnFault : uint32_t {
    /// The first is thrown: PF_ERROR_FORMAT, whose text has the row, the byte and the reason.
    raise = 0,
    /// Each is an empty polygon and one of the table's faults.
    skip = PF_SKIP_FAULTS
};

/// A row that is no polygon.
struct Fault {
    int64_t row;
    /// Of the row, where the fault is.
    int64_t byte;
    /// PF_FAULT_*.
    int32_t reason;
    /// The reason, in one English clause.
    const char* text() const noexcept { return pf_fault_text(reason); }
};

/// A table of polygons that owns its columns. Move-only; one that was moved from is empty, and its polygons() throws PF_ERROR_NULL.
class Table {
public:
    /// Reads encoded rows; row i becomes polygon i. Missing rows and those that are EMPTY become empty polygons.
    Table(const Binary& rows, Format format, OnFault on_fault = OnFault::raise, const Run& run = Run()) {
        pf_table* table = nullptr;
        detail::Call call(run);
        call.end(pf_table_read(rows.c(), static_cast<uint32_t>(format), static_cast<uint32_t>(on_fault), call.run(), &table,
                               call.error()));
        handle_.reset(table);
    }
    /// Number of polygons, empty ones included.
    std::size_t size() const noexcept { return pf_table_len(handle_.get()); }
    /// What calls take, valid until the table is destroyed or assigned to.
    Polygons polygons() const & {
        pf_polygons c = {};
        c.struct_size = sizeof c;
        pf_error error;
        if (pf_table_view(handle_.get(), &c, &error) != PF_OK) throw Error(error);
        return Polygons(c);
    }
    // Of a temporary they would outlive what they point to: keep the table in a variable.
    Polygons polygons() && = delete;
    /// The rows that were no polygons and were skipped, in order.
    std::vector<Fault> faults() const {
        const int64_t* rows = pf_table_fault_rows(handle_.get());
        const int64_t* bytes = pf_table_fault_bytes(handle_.get());
        const int32_t* reasons = pf_table_fault_reasons(handle_.get());
        std::vector<Fault> faults(pf_table_faults(handle_.get()));
        for (std::size_t i = 0; i < faults.size(); i++) {
            faults[i].row = rows[i];
            faults[i].byte = bytes[i];
            faults[i].reason = reasons[i];
        }
        return faults;
    }

private:
    struct Free {
        void operator()(pf_table* table) const noexcept { pf_table_free(table); }
    };
    std::unique_ptr<pf_table, Free> handle_;
};

/// Area of each polygon: outer rings minus holes, whatever their winding. 0 for an empty one.
inline std::vector<double> area(const Polygons& polygons, const Run& run = Run()) {
    return detail::measure<double>(pf_polygons_area, polygons, run);
}
/// Area of each polygon with the sign of its outer rings, positive counter-clockwise. 0 for an empty one.
inline std::vector<double> signed_area(const Polygons& polygons, const Run& run = Run()) {
    return detail::measure<double>(pf_polygons_signed_area, polygons, run);
}
/// Length of each polygon's boundary, holes included. 0 for an empty one.
inline std::vector<double> perimeter(const Polygons& polygons, const Run& run = Run()) {
    return detail::measure<double>(pf_polygons_perimeter, polygons, run);
}
/// Mean of each polygon's vertices, no closing vertex counted twice. NaN for an empty one.
inline Places center(const Polygons& polygons, const Run& run = Run()) {
    return detail::places(pf_polygons_center, polygons, run);
}
/// Centroid of each polygon's area; of its boundary where the area is 0; its vertex where that has no length; NaN for an
/// empty one.
inline Places centroid(const Polygons& polygons, const Run& run = Run()) {
    return detail::places(pf_polygons_centroid, polygons, run);
}
/// Bounding box of each polygon. NaN for an empty one.
inline std::vector<pf_box> bounds(const Polygons& polygons, const Run& run = Run()) {
    return detail::measure<pf_box>(pf_polygons_bounds, polygons, run);
}
/// A hash of each polygon's vertices, to find equal ones by: see pf_polygons_fingerprint.
inline std::vector<uint64_t> fingerprint(const Polygons& polygons, const Run& run = Run()) {
    return detail::measure<uint64_t>(pf_polygons_fingerprint, polygons, run);
}

/// What to ask of an index: made by covers(), contains(), owns(), dwithin() and close(); by_*() says which match best()
/// prefers, ties go to the lowest row. The default is by_polygon().
class Query {
public:
    explicit Query(uint32_t relation, double distance = 0) noexcept : c_() {
        c_.struct_size = sizeof c_;
        c_.relation = relation;
        c_.distance = distance;
    }
    /// Prefer the lowest row.
    Query by_polygon() const noexcept { return by(PF_BY_POLYGON); }
    /// Prefer the nearest: the center's distance for close(), else the polygon's.
    Query by_distance() const noexcept { return by(PF_BY_DISTANCE); }
    /// Prefer the nearest center.
    Query by_center() const noexcept { return by(PF_BY_CENTER); }
    /// Prefer the smallest area.
    Query by_area() const noexcept { return by(PF_BY_AREA); }
    /// Prefer the smallest of these numbers, one for each polygon; they are lent until the call returns.
    Query by_priority(Span<const double> priority) const noexcept { return by(PF_BY_PRIORITY, priority); }
    /// Have the distances too: for find() and find_nearest() only.
    Query with_distances() const noexcept {
        Query query = *this;
        query.c_.flags |= PF_WITH_DISTANCES;
        return query;
    }
    /// Have PF_ERROR_LIMIT as soon as there are more pairs than this, 0 for no limit: for find() and find_nearest().
    Query max_pairs(uint64_t most) const noexcept {
        Query query = *this;
        query.c_.max_pairs = most;
        return query;
    }
    /// For calls of the C library.
    const pf_query* c() const noexcept { return &c_; }

private:
    Query by(uint32_t order, Span<const double> priority = {}) const noexcept {
        Query query = *this;
        query.c_.order = order;
        query.c_.priority = priority.data();
        query.c_.priority_len = priority.size();
        return query;
    }

    pf_query c_;
};

/// Polygons that have the point inside or on their boundary; inside is decided by the even-odd rule over all rings.
inline Query covers() noexcept { return Query(PF_COVERS); }
/// Polygons that have the point inside, not on their boundary.
inline Query contains() noexcept { return Query(PF_CONTAINS); }
/// Polygons that own the point: of those of a tiling exactly one does, also of a point on a boundary.
inline Query owns() noexcept { return Query(PF_OWNS); }
/// Polygons that are at most distance away, 0 inside and on the boundary; finite and not negative (but for nearest()).
inline Query dwithin(double distance) noexcept { return Query(PF_DWITHIN, distance); }
/// Polygons whose center is nearer than distance, strictly; finite and not negative (but for nearest()).
inline Query close(double distance) noexcept { return Query(PF_CLOSE, distance); }

class Row;

/// Pairs as two columns of equal length.
struct Indices {
    std::vector<int64_t> point, polygon;
};

/// Pairs of a point and a polygon, by point. Move-only; one that was moved from has no rows.
/// Spans from it are valid until it is destroyed or assigned to; moving it keeps them valid.
class Result {
public:
    /// Takes over a result of the C library.
    explicit Result(pf_result* result) noexcept : handle_(result) {}

    /// Number of points that were asked about.
    std::size_t rows() const noexcept { return pf_result_rows(handle_.get()); }
    /// Number of pairs.
    std::size_t pairs() const noexcept { return pf_result_pairs(handle_.get()); }
    /// The polygons of point i, lowest row first (of find_nearest(), nearest first); throws std::out_of_range unless
    /// i < rows().
    Span<const int32_t> row(std::size_t i) const & { return of(polygons(), i); }
    /// The same of a temporary, which moves into the row: `for (int32_t zone : index.find(...).row(0))` is safe.
    Row row(std::size_t i) &&;
    /// The distances of row(i); empty unless they were asked for.
    Span<const double> row_distances(std::size_t i) const & { return of(distances(), i); }
    /// rows() + 1 positions in polygons(): those of point i are offsets()[i] .. offsets()[i + 1].
    Span<const int64_t> offsets() const & noexcept {
        return Span<const int64_t>(pf_result_offsets(handle_.get()), handle_ ? rows() + 1 : 0);
    }
    /// The polygon of each pair.
    Span<const int32_t> polygons() const & noexcept {
        return Span<const int32_t>(pf_result_polygons(handle_.get()), pairs());
    }
    /// The distance of each pair, within 2 ulp; empty unless they were asked for by with_distances().
    Span<const double> distances() const & noexcept {
        const double* values = pf_result_values(handle_.get());
        return Span<const double>(values, values ? pairs() : 0);
    }
    /// The point and the polygon of each pair.
    Indices indices(const Run& run = Run()) const {
        Indices out = {std::vector<int64_t>(pairs()), std::vector<int64_t>(pairs())};
        detail::Call call(run);
        call.end(pf_result_indices(handle_.get(), call.run(), out.point.data(), out.polygon.data(), pairs(), call.error()));
        return out;
    }
    // Of a temporary they would outlive what they point to: keep the result in a variable.
    Span<const double> row_distances(std::size_t i) && = delete;
    Span<const int64_t> offsets() && = delete;
    Span<const int32_t> polygons() && = delete;
    Span<const double> distances() && = delete;

private:
    /// What point i has of a column, which may be missing.
    template <class T>
    Span<const T> of(Span<const T> column, std::size_t i) const {
        if (i >= rows()) throw std::out_of_range("pf::Result::row");
        const int64_t* ends = pf_result_offsets(handle_.get()) + i;
        if (column.data() == nullptr) return column;
        return Span<const T>(column.data() + ends[0], static_cast<std::size_t>(ends[1] - ends[0]));
    }

    struct Free {
        void operator()(pf_result* result) const noexcept { pf_result_free(result); }
    };
    std::unique_ptr<pf_result, Free> handle_;
};

/// A row that owns the result it belongs to. Move-only. It has no data(), so that no Span of it can outlive it unseen.
class Row {
public:
    Row(Result&& result, std::size_t i)
        : row_(static_cast<const Result&>(result).row(i)),
          distances_(static_cast<const Result&>(result).row_distances(i)),
          result_(std::move(result)) {}
    std::size_t size() const noexcept { return row_.size(); }
    bool empty() const noexcept { return row_.empty(); }
    const int32_t* begin() const noexcept { return row_.begin(); }
    const int32_t* end() const noexcept { return row_.end(); }
    int32_t operator[](std::size_t i) const noexcept { return row_[i]; }
    /// The distance of polygon [i]; NaN unless distances were asked for.
    double distance(std::size_t i) const noexcept {
        return distances_.empty() ? std::numeric_limits<double>::quiet_NaN() : distances_[i];
    }

private:
    Span<const int32_t> row_;
    Span<const double> distances_;
    Result result_;
};

inline Row Result::row(std::size_t i) && { return Row(std::move(*this), i); }

/// Up to width polygons for each point, best first: those of point i are elements i * width .. (i + 1) * width.
struct Ranked {
    std::size_t width;
    /// PF_NONE where there are no more.
    std::vector<int32_t> polygon;
    /// What decided: row, distance, area or priority; NaN beside PF_NONE.
    std::vector<double> value;
};

/// What an index is to answer, which saves the time and memory of the rest; more than one joined by |.
enum class Uses : uint32_t {
    /// close() and nearest centers.
    centers = PF_INDEX_CENTERS,
    /// covers(), contains() and owns().
    insides = PF_INDEX_INSIDES,
    /// dwithin() and nearest polygons, and what insides gives.
    distances = PF_INDEX_DISTANCES
};
inline Uses operator|(Uses a, Uses b) noexcept {
    return static_cast<Uses>(static_cast<uint32_t>(a) | static_cast<uint32_t>(b));
}

/// An index as bytes: what Index::bytes() gives and Index::view() takes.
using Bytes = std::vector<unsigned char>;

/// Whether bytes are checked when an index is opened from them.
enum class Trust : uint32_t {
    /// All of them are: they may come from anywhere.
    none = 0,
    /// They are known to be as this library wrote them, and hardly any of them is read.
    full = PF_OPEN_TRUSTED
};

/// An index over polygons; it keeps nothing of the buffers it was built from. Move-only; calls on one that was moved from
/// throw PF_ERROR_NULL. Any number of threads may ask it at once.
class Index {
public:
    /// One that answers everything.
    explicit Index(const Polygons& polygons, const Run& run = Run()) : Index(polygons, Uses(), run) {}
    /// One that answers what it is built for; it refuses other questions with PF_ERROR_ARGUMENT.
    Index(const Polygons& polygons, Uses uses, const Run& run = Run()) {
        const pf_index_options options = {sizeof options, static_cast<uint32_t>(uses)};
        pf_index* index = nullptr;
        detail::Call call(run);
        call.end(pf_index_build(polygons.c(), &options, call.run(), &index, call.error()));
        handle_.reset(index);
    }

    /// Reads a file that save() wrote into memory, and checks it.
    static Index load(const std::string& path, const Run& run = Run()) {
        return opened(run, [&](const pf_run* how, pf_index** out, pf_error* error) {
            return pf_index_load(path.c_str(), how, out, error);
        });
    }
    /// Takes a file that save() wrote for memory. Nobody may write to it or shorten it as long as the index or a tally of it lives (save() makes
    /// a new file): touching what was cut off ends the process.
    static Index map(const std::string& path, Trust trust = Trust::none, const Run& run = Run()) {
        return opened(run, [&](const pf_run* how, pf_index** out, pf_error* error) {
            return pf_index_map(path.c_str(), static_cast<uint32_t>(trust), how, out, error);
        });
    }
    /// Takes what bytes() gave, aligned to 64 bytes, where it is: it must stay there, unchanged, as long as the index or a
    /// tally of it lives.
    static Index view(Span<const unsigned char> bytes, Trust trust = Trust::none, const Run& run = Run()) {
        return viewed(bytes, static_cast<uint32_t>(trust), run);
    }
    /// Copies what bytes() gave, which needs no alignment.
    static Index copy(Span<const unsigned char> bytes, Trust trust = Trust::none, const Run& run = Run()) {
        return viewed(bytes, static_cast<uint32_t>(trust) | PF_OPEN_COPY, run);
    }
    /// Saves it to a file, which is replaced as a whole or stays as it was.
    void save(const std::string& path, const Run& run = Run()) const {
        detail::Call call(run);
        call.end(pf_index_save(c(), path.c_str(), call.run(), call.error()));
    }
    /// What save() would save.
    Bytes bytes(const Run& run = Run()) const {
        Bytes out(byte_size());
        detail::Call call(run);
        call.end(pf_index_write(c(), call.run(), out.data(), out.size(), call.error()));
        return out;
    }
    /// How many bytes that are.
    std::size_t byte_size() const noexcept { return pf_index_byte_size(c()); }
    /// What the index is.
    pf_index_info info() const {
        pf_index_info out = {};
        out.struct_size = sizeof out;
        pf_error error;
        if (pf_index_describe(c(), &out, &error) != PF_OK) throw Error(error);
        return out;
    }

    /// Number of polygons, empty ones included.
    std::size_t size() const noexcept { return pf_index_len(handle_.get()); }
    /// For calls of the C library.
    const pf_index* c() const noexcept { return handle_.get(); }

    /// Whether each point matches any polygon: 1 or 0.
    std::vector<uint8_t> any(const Points& points, const Query& query, const Run& run = Run()) const {
        std::vector<uint8_t> out(points.len);
        detail::Call call(run);
        call.end(pf_index_any(c(), &points, query.c(), call.run(), out.data(), out.size(), call.error()));
        return out;
    }
    /// How many polygons each point matches.
    std::vector<uint32_t> count(const Points& points, const Query& query, const Run& run = Run()) const {
        std::vector<uint32_t> out(points.len);
        detail::Call call(run);
        call.end(pf_index_count(c(), &points, query.c(), call.run(), out.data(), out.size(), call.error()));
        return out;
    }
    /// The best match of each point in the query's order, PF_NONE where there is none; width is 1.
    Ranked best(const Points& points, const Query& query, const Run& run = Run()) const {
        Ranked out = ranked(points.len, 1);
        detail::Call call(run);
        call.end(pf_index_best(c(), &points, query.c(), call.run(), out.polygon.data(), out.value.data(),
                               out.polygon.size(), call.error()));
        return out;
    }
    /// The k (at least 1) polygons nearest to each point; width is k. The query is dwithin() for polygons or close() for
    /// their centers; its distance, which may be infinite here, is the limit.
    Ranked nearest(const Points& points, std::size_t k, const Query& query = anywhere(), const Run& run = Run()) const {
        Ranked out = ranked(points.len, k);
        detail::Call call(run);
        call.end(pf_index_nearest(c(), &points, k, query.c(), call.run(), out.polygon.data(), out.value.data(),
                                  out.polygon.size(), call.error()));
        return out;
    }
    /// The k (at least 1) polygons nearest to each point and all that are as near as the k-th, nearest first. The query is
    /// dwithin(), whose distance, which may be infinite here, is the limit.
    Result find_nearest(const Points& points, std::size_t k, const Query& query = anywhere(), const Run& run = Run()) const {
        pf_result* result = nullptr;
        detail::Call call(run);
        call.end(pf_index_find_nearest(c(), &points, k, query.c(), call.run(), &result, call.error()));
        return Result(result);
    }
    /// All pairs of a point and a polygon it matches.
    Result find(const Points& points, const Query& query, const Run& run = Run()) const {
        pf_result* result = nullptr;
        detail::Call call(run);
        call.end(pf_index_find(c(), &points, query.c(), call.run(), &result, call.error()));
        return Result(result);
    }

private:
    explicit Index(pf_index* index) noexcept : handle_(index) {}
    template <class Open>
    static Index opened(const Run& run, Open open) {
        pf_index* index = nullptr;
        detail::Call call(run);
        call.end(open(call.run(), &index, call.error()));
        return Index(index);
    }
    static Index viewed(Span<const unsigned char> bytes, uint32_t flags, const Run& run) {
        return opened(run, [&](const pf_run* how, pf_index** out, pf_error* error) {
            return pf_index_view(bytes.data(), bytes.size(), flags, how, out, error);
        });
    }
    static Query anywhere() noexcept { return dwithin(std::numeric_limits<double>::infinity()); }
    static Ranked ranked(std::size_t rows, std::size_t width) {
        // Where the product overflows nothing is made: the C call refuses that.
        bool fits = width == 0 || rows <= std::numeric_limits<std::size_t>::max() / width;
        std::size_t size = fits ? rows * width : 0;
        Ranked out = {width, std::vector<int32_t>(size), std::vector<double>(size)};
        return out;
    }

    struct Free {
        void operator()(pf_index* index) const noexcept { pf_index_free(index); }
    };
    std::unique_ptr<pf_index, Free> handle_;
};

/// What points bring along to a tally; both are lent until the call returns. The default is nothing.
struct Attributes {
    /// A number for each point, finite, or NaN where it has none; or empty.
    Span<const double> values;
    /// The group of each point, less than the tally's groups, or PF_NONE for a point that is left out; empty where there is one group.
    Span<const int32_t> groups;
};

/// Of the polygons that a point matches, those that it is added to.
enum class Matched : uint32_t {
    /// All.
    all = 0,
    /// The best, in the query's order.
    best = PF_BEST_ONLY
};

/// What the points that polygons were matched with come to; no pairs are kept. Columns have a row for every group of every polygon:
/// group g of polygon p has row p * groups + g. Move-only; calls on one that was moved from throw PF_ERROR_NULL. It keeps the index,
/// which may be destroyed before it. Not for several threads at once: give each a tally, and merge them.
class Tally {
public:
    /// Of no points, for an index that answers what will be asked.
    explicit Tally(const Index& index, std::size_t groups = 1, const Run& run = Run()) {
        pf_tally* tally = nullptr;
        detail::Call call(run);
        call.end(pf_tally_make(index.c(), groups, call.run(), &tally, call.error()));
        handle_.reset(tally);
    }
    /// Adds every point to the polygons that it matches. One that throws adds nothing.
    void add(const Points& points, const Query& query, const Attributes& attributes = Attributes(),
             Matched matched = Matched::all, const Run& run = Run()) {
        const pf_attributes brought = {sizeof brought, 0, attributes.values.data(), attributes.values.size(),
                                       attributes.groups.data(), attributes.groups.size()};
        pf_query asked = *query.c();
        asked.flags |= static_cast<uint32_t>(matched);
        detail::Call call(run);
        call.end(pf_tally_add(handle_.get(), &points, &brought, &asked, call.run(), call.error()));
    }
    /// Adds what another tally has, which was made for as many polygons and groups.
    void merge(const Tally& other, const Run& run = Run()) {
        detail::Call call(run);
        call.end(pf_tally_merge(handle_.get(), other.handle_.get(), call.run(), call.error()));
    }
    /// Number of rows: polygons times groups.
    std::size_t size() const noexcept { return pf_tally_len(handle_.get()); }
    /// How many points were added.
    std::vector<uint64_t> points(const Run& run = Run()) const {
        return column<uint64_t>(pf_tally_counts, PF_TALLY_POINTS, run);
    }
    /// How many of them brought a value.
    std::vector<uint64_t> values(const Run& run = Run()) const {
        return column<uint64_t>(pf_tally_counts, PF_TALLY_VALUES, run);
    }
    /// The sum of the values, exact but for one rounding; 0 where there are none.
    std::vector<double> sum(const Run& run = Run()) const { return column<double>(pf_tally_values, PF_TALLY_SUM, run); }
    /// The sum divided by the number of values; NaN where there are none, as for min() and max().
    std::vector<double> mean(const Run& run = Run()) const { return column<double>(pf_tally_values, PF_TALLY_MEAN, run); }
    std::vector<double> min(const Run& run = Run()) const { return column<double>(pf_tally_values, PF_TALLY_MIN, run); }
    std::vector<double> max(const Run& run = Run()) const { return column<double>(pf_tally_values, PF_TALLY_MAX, run); }

private:
    template <class T, class Function>
    std::vector<T> column(Function function, uint32_t which, const Run& run) const {
        std::vector<T> out(size());
        detail::Call call(run);
        call.end(function(handle_.get(), which, call.run(), out.data(), out.size(), call.error()));
        return out;
    }

    struct Free {
        void operator()(pf_tally* tally) const noexcept { pf_tally_free(tally); }
    };
    std::unique_ptr<pf_tally, Free> handle_;
};

/// The version of the library as "major.minor.patch".
inline const char* version() noexcept { return pf_version(); }
/// The ABI number of the library; it should be PF_ABI.
inline uint32_t abi() noexcept { return pf_abi(); }
/// The best instructions this machine has: "avx512", "avx2", "neon" or "scalar".
inline const char* simd() noexcept { return pf_simd(); }
/// The name of a status, such as "PF_ERROR_NULL".
inline const char* status_name(pf_status status) noexcept { return pf_status_name(status); }
/// What a status means, in one English clause.
inline const char* status_text(pf_status status) noexcept { return pf_status_text(status); }

}  // namespace pf

#endif  // POLYFIND_HPP
