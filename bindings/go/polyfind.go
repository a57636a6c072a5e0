// Package polyfind matches points to polygons. Columns are slices, which the library reads where they lie. Rows count
// from 0; -1 is none.
package polyfind

/*
#cgo LDFLAGS: -lpolyfind
#include <polyfind.h>
#include <stdlib.h>

// Structures that point to columns are made here: memory of Go may not point to memory of Go while C has it.
static pf_points lent(const double *x, const double *y, size_t n) {
    pf_points made = {x, y, n, sizeof *x, PF_F64, 0};
    return made;
}

static pf_status build(const double *x, const double *y, size_t n, const int32_t *rings, size_t ring_count,
                       const int32_t *parts, size_t part_count, const int32_t *polygons, size_t polygon_count,
                       const pf_run *run, pf_index **out, pf_error *err) {
    pf_polygons table = {
        sizeof table, PF_I32, lent(x, y, n), rings, ring_count, parts, part_count, polygons, polygon_count};
    return pf_index_build(&table, NULL, run, out, err);
}

static pf_status locate(pf_index *index, const double *x, const double *y, size_t n, const pf_run *run, int32_t *out,
                        pf_error *err) {
    pf_points points = lent(x, y, n);
    pf_query query = {.struct_size = sizeof query, .relation = PF_COVERS};
    return pf_index_best(index, &points, &query, run, out, NULL, n, err);
}

static pf_status find(pf_index *index, const double *x, const double *y, size_t n, double distance, const pf_run *run,
                      pf_result **out, pf_error *err) {
    pf_points points = lent(x, y, n);
    pf_query query = {.struct_size = sizeof query, .relation = PF_DWITHIN, .distance = distance};
    return pf_index_find(index, &points, &query, run, out, err);
}

static pf_status nearest(pf_index *index, const double *x, const double *y, size_t n, size_t k, const pf_run *run,
                         int32_t *out, double *away, pf_error *err) {
    pf_points points = lent(x, y, n);
    return pf_index_nearest(index, &points, k, NULL, run, out, away, n * k, err);
}

// What a call shares with Go while it runs: a flag, and a number that stands for a progress function, or 0.
typedef struct { int32_t cancel; uintptr_t progress; } shared;

int32_t polyfind_told(uint64_t done, uint64_t total, void *data);

static pf_run how(uint32_t workers, shared *with) {
    pf_run run = {.struct_size = sizeof run, .workers = workers, .cancel = &with->cancel};
    if (with->progress) run.progress = polyfind_told, run.progress_data = with;
    return run;
}
*/
import "C"

import (
	"context"
	"fmt"
	"runtime"
	"runtime/cgo"
	"sync"
	"sync/atomic"
	"unsafe"
)

// Error is a refused or stopped call.
type Error struct {
	Status  string // its name, such as PF_ERROR_COORDINATE
	Item    int64  // the row that caused it, or -1
	Message string
	cause   error
}

func (e *Error) Error() string { return e.Status + ": " + e.Message }

// Unwrap is the context's error, if that is what stopped the call.
func (e *Error) Unwrap() error { return e.cause }

// Run says how to run a call; nil does for all of the defaults.
type Run struct {
	Workers  int                           // threads, 0 for one per core
	Progress func(done, total uint64) bool // told how much is done; true stops the call, and a panic goes on behind it
	Context  context.Context               // stops the call when it is done
}

type told struct {
	progress func(done, total uint64) bool
	panicked any
}

//export polyfind_told
func polyfind_told(done, total C.uint64_t, data unsafe.Pointer) (stop C.int32_t) {
	t := cgo.Handle((*C.shared)(data).progress).Value().(*told)
	defer func() {
		if t.panicked = recover(); t.panicked != nil { // which must not go through the library
			stop = 1
		}
	}()
	if t.progress(uint64(done), uint64(total)) {
		return 1
	}
	return 0
}

func call(run *Run, use func(run *C.pf_run, err *C.pf_error) C.pf_status) error {
	if run == nil {
		run = &Run{}
	}
	with := (*C.shared)(C.calloc(1, C.sizeof_shared))
	defer C.free(unsafe.Pointer(with))
	t := told{progress: run.Progress}
	if run.Progress != nil {
		handle := cgo.NewHandle(&t)
		defer handle.Delete()
		with.progress = C.uintptr_t(handle)
	}
	if run.Context != nil {
		defer watch(run.Context, (*int32)(&with.cancel))()
	}
	how := C.how(C.uint32_t(run.Workers), with)
	var err C.pf_error
	status := use(&how, &err)
	if t.panicked != nil {
		panic(t.panicked)
	}
	if status == C.PF_OK {
		return nil
	}
	e := &Error{Status: C.GoString(C.pf_status_name(status)), Item: int64(err.item), Message: C.GoString(&err.message[0])}
	if status == C.PF_ERROR_CANCELLED && run.Context != nil {
		e.cause = run.Context.Err()
	}
	return e
}

// watch sets a flag when a context is done, until what it returns is called.
func watch(ctx context.Context, flag *int32) (end func()) {
	if ctx.Err() != nil {
		*flag = 1
		return func() {}
	}
	over := make(chan struct{})
	var watching sync.WaitGroup
	watching.Add(1)
	go func() {
		defer watching.Done()
		select {
		case <-ctx.Done():
			atomic.StoreInt32(flag, 1)
		case <-over:
		}
	}()
	return func() {
		close(over)
		watching.Wait()
	}
}

func first[T any](column []T) *T {
	if len(column) == 0 {
		return nil
	}
	return &column[0]
}

func doubles(column []float64) *C.double { return (*C.double)(first(column)) }
func rows(column []int32) *C.int32_t     { return (*C.int32_t)(first(column)) }
func count(offsets []int32) C.size_t     { return C.size_t(max(len(offsets)-1, 0)) }

func max(a, b int) int {
	if a > b {
		return a
	}
	return b
}

// Points are two columns of equal length.
type Points struct{ X, Y []float64 }

func (p Points) check() C.size_t {
	if len(p.X) != len(p.Y) {
		panic(fmt.Sprintf("polyfind: %d x and %d y", len(p.X), len(p.Y)))
	}
	return C.size_t(len(p.X))
}

// Polygons are a table; offsets as polyfind.h has them, of which the last two may be nil.
type Polygons struct {
	Vertices               Points
	Rings, Parts, Polygons []int32
}

// Index is polygons, ready to be asked by any number of goroutines.
type Index struct{ handle *C.pf_index }

func made(handle *C.pf_index, err error) (*Index, error) {
	if err != nil {
		return nil, err
	}
	index := &Index{handle}
	runtime.SetFinalizer(index, (*Index).Free)
	return index, nil
}

// Build makes an index, which keeps nothing of the columns.
func Build(p Polygons, run *Run) (*Index, error) {
	n := p.Vertices.check()
	var out *C.pf_index
	err := call(run, func(run *C.pf_run, err *C.pf_error) C.pf_status {
		return C.build(doubles(p.Vertices.X), doubles(p.Vertices.Y), n, rows(p.Rings), count(p.Rings), rows(p.Parts),
			count(p.Parts), rows(p.Polygons), count(p.Polygons), run, &out, err)
	})
	return made(out, err)
}

// Open has the index in a file that Save wrote.
func Open(path string, run *Run) (*Index, error) {
	name := C.CString(path)
	defer C.free(unsafe.Pointer(name))
	var out *C.pf_index
	err := call(run, func(run *C.pf_run, err *C.pf_error) C.pf_status { return C.pf_index_load(name, run, &out, err) })
	return made(out, err)
}

// Save writes it to a file.
func (index *Index) Save(path string, run *Run) error {
	defer runtime.KeepAlive(index)
	name := C.CString(path)
	defer C.free(unsafe.Pointer(name))
	return call(run, func(run *C.pf_run, err *C.pf_error) C.pf_status {
		return C.pf_index_save(index.handle, name, run, err)
	})
}

// Len is the number of polygons.
func (index *Index) Len() int {
	defer runtime.KeepAlive(index)
	return int(C.pf_index_len(index.handle))
}

// Locate has the lowest row that each point is in or on.
func (index *Index) Locate(p Points, run *Run) ([]int32, error) {
	defer runtime.KeepAlive(index)
	n := p.check()
	out := make([]int32, n)
	err := call(run, func(run *C.pf_run, err *C.pf_error) C.pf_status {
		return C.locate(index.handle, doubles(p.X), doubles(p.Y), n, run, rows(out), err)
	})
	return out, err
}

// Found is all pairs: the polygons of point i are Polygons[Offsets[i]:Offsets[i+1]].
type Found struct {
	Offsets  []int64
	Polygons []int32
}

// Find has all rows at most a distance away from each point.
func (index *Index) Find(p Points, distance float64, run *Run) (found Found, err error) {
	defer runtime.KeepAlive(index)
	n := p.check()
	var result *C.pf_result
	err = call(run, func(run *C.pf_run, err *C.pf_error) C.pf_status {
		return C.find(index.handle, doubles(p.X), doubles(p.Y), n, C.double(distance), run, &result, err)
	})
	if err != nil {
		return
	}
	defer C.pf_result_free(result)
	offsets := unsafe.Slice((*int64)(C.pf_result_offsets(result)), n+1)
	polygons := unsafe.Slice((*int32)(C.pf_result_polygons(result)), C.pf_result_pairs(result))
	return Found{append([]int64{}, offsets...), append([]int32{}, polygons...)}, nil
}

// Nearest has the k nearest rows of each point, nearest first, and their distances.
func (index *Index) Nearest(p Points, k int, run *Run) (polygons []int32, distances []float64, err error) {
	defer runtime.KeepAlive(index)
	n := p.check()
	polygons, distances = make([]int32, int(n)*k), make([]float64, int(n)*k)
	err = call(run, func(run *C.pf_run, err *C.pf_error) C.pf_status {
		x, y, away := doubles(p.X), doubles(p.Y), doubles(distances)
		return C.nearest(index.handle, x, y, n, C.size_t(k), run, rows(polygons), away, err)
	})
	return
}

// Free frees it, which otherwise happens when nobody has it any more; what it is asked then is refused.
func (index *Index) Free() { C.pf_index_free(index.handle) }

// Version is that of the library.
func Version() string { return C.GoString(C.pf_version()) }

func init() {
	if abi := C.pf_abi(); abi != C.PF_ABI {
		panic(fmt.Sprintf("polyfind: the library has ABI %d, the header %d", abi, C.PF_ABI))
	}
}
