;;; Generated from include/polyfind.h by bindings/generate; do not edit (python3 dev.py header writes it anew).
;;; The header, name for name, with - for _; constants are +pf-ok+ and so on.
(defpackage :polyfind-h (:use :cl :sb-alien :sb-sys))
(in-package :polyfind-h)

(defconstant +pf-version-major+ 0)
(defconstant +pf-version-minor+ 1)
(defconstant +pf-version-patch+ 0)
(defconstant +pf-abi+ 0)
(defconstant +pf-message-bytes+ 240)
(defconstant +pf-f64+ 1)
(defconstant +pf-f32+ 2)
(defconstant +pf-i32+ 3)
(defconstant +pf-i64+ 4)
(defconstant +pf-wkb+ 1)
(defconstant +pf-wkt+ 2)
(defconstant +pf-geojson+ 3)
(defconstant +pf-skip-faults+ 1)
(defconstant +pf-fault-end+ 1)
(defconstant +pf-fault-trailing+ 2)
(defconstant +pf-fault-type+ 3)
(defconstant +pf-fault-depth+ 4)
(defconstant +pf-fault-coordinate+ 5)
(defconstant +pf-fault-byte-order+ 6)
(defconstant +pf-fault-count+ 7)
(defconstant +pf-fault-number+ 8)
(defconstant +pf-fault-syntax+ 9)
(defconstant +pf-fault-json+ 10)
(defconstant +pf-fault-list+ 11)
(defconstant +pf-fault-member+ 12)
(defconstant +pf-run-portable+ 1)
(defconstant +pf-run-direct+ 2)
(defconstant +pf-run-poll+ 4)
(defconstant +pf-close+ 1)
(defconstant +pf-covers+ 2)
(defconstant +pf-contains+ 3)
(defconstant +pf-owns+ 4)
(defconstant +pf-dwithin+ 5)
(defconstant +pf-by-polygon+ 0)
(defconstant +pf-by-distance+ 1)
(defconstant +pf-by-area+ 2)
(defconstant +pf-by-priority+ 4)
(defconstant +pf-by-center+ 5)
(defconstant +pf-with-distances+ 1)
(defconstant +pf-best-only+ 2)
(defconstant +pf-index-centers+ 1)
(defconstant +pf-index-insides+ 2)
(defconstant +pf-index-distances+ 4)
(defconstant +pf-open-trusted+ 1)
(defconstant +pf-open-copy+ 2)
(defconstant +pf-tally-points+ 1)
(defconstant +pf-tally-values+ 2)
(defconstant +pf-tally-sum+ 3)
(defconstant +pf-tally-mean+ 4)
(defconstant +pf-tally-min+ 5)
(defconstant +pf-tally-max+ 6)
(defconstant +pf-none+ -1)
(defconstant +pf-ok+ 0)
(defconstant +pf-error-null+ 1)
(defconstant +pf-error-argument+ 2)
(defconstant +pf-error-layout+ 3)
(defconstant +pf-error-coordinate+ 4)
(defconstant +pf-error-capacity+ 5)
(defconstant +pf-error-unsupported+ 6)
(defconstant +pf-error-limit+ 7)
(defconstant +pf-error-cancelled+ 8)
(defconstant +pf-error-memory+ 9)
(defconstant +pf-error-io+ 10)
(defconstant +pf-error-format+ 11)
(defconstant +pf-error-internal+ 12)

(define-alien-type nil (struct pf-points
  (x system-area-pointer)
  (y system-area-pointer)
  (len (unsigned 64))
  (stride (unsigned 64))
  (dtype (unsigned 32))
  (reserved (unsigned 32))))

(define-alien-type nil (struct pf-error
  (status (signed 32))
  (reserved (signed 32))
  (item (signed 64))
  (message (array char 240))))

(define-alien-type nil (struct pf-polygons
  (struct-size (unsigned 32))
  (offset-type (unsigned 32))
  (vertices (struct pf-points))
  (ring-offsets system-area-pointer)
  (ring-count (unsigned 64))
  (part-offsets system-area-pointer)
  (part-count (unsigned 64))
  (polygon-offsets system-area-pointer)
  (polygon-count (unsigned 64))))

(define-alien-type nil (struct pf-run
  (struct-size (unsigned 32))
  (workers (unsigned 32))
  (progress system-area-pointer)
  (progress-data system-area-pointer)
  (cancel system-area-pointer)
  (flags (unsigned 32))
  (reserved (unsigned 32))
  (max-bytes (unsigned 64))))

(define-alien-type nil (struct pf-box
  (min-x double)
  (min-y double)
  (max-x double)
  (max-y double)))

(define-alien-type nil (struct pf-binary
  (struct-size (unsigned 32))
  (offset-type (unsigned 32))
  (data system-area-pointer)
  (data-len (unsigned 64))
  (offsets system-area-pointer)
  (len (unsigned 64))
  (validity system-area-pointer)
  (validity-offset (unsigned 64))))

(define-alien-type nil (struct pf-index-options
  (struct-size (unsigned 32))
  (flags (unsigned 32))))

(define-alien-type nil (struct pf-index-info
  (struct-size (unsigned 32))
  (format-version (unsigned 32))
  (flags (unsigned 32))
  (reserved (unsigned 32))
  (polygon-count (unsigned 64))
  (ring-count (unsigned 64))
  (vertex-count (unsigned 64))
  (byte-size (unsigned 64))
  (bounds (struct pf-box))))

(define-alien-type nil (struct pf-query
  (struct-size (unsigned 32))
  (relation (unsigned 32))
  (distance double)
  (order (unsigned 32))
  (flags (unsigned 32))
  (priority system-area-pointer)
  (priority-len (unsigned 64))
  (max-pairs (unsigned 64))))

(define-alien-type nil (struct pf-attributes
  (struct-size (unsigned 32))
  (reserved (unsigned 32))
  (values system-area-pointer)
  (values-len (unsigned 64))
  (groups system-area-pointer)
  (groups-len (unsigned 64))))

(define-alien-routine ("pf_version" pf-version) c-string)

(define-alien-routine ("pf_abi" pf-abi) (unsigned 32))

(define-alien-routine ("pf_simd" pf-simd) c-string)

(define-alien-routine ("pf_status_name" pf-status-name) c-string
  (status (signed 32)))

(define-alien-routine ("pf_status_text" pf-status-text) c-string
  (status (signed 32)))

(define-alien-routine ("pf_points_check" pf-points-check) (signed 32)
  (points (* (struct pf-points)))
  (err (* (struct pf-error))))

(define-alien-routine ("pf_polygons_check" pf-polygons-check) (signed 32)
  (polygons (* (struct pf-polygons)))
  (err (* (struct pf-error))))

(define-alien-routine ("pf_polygons_check_layout" pf-polygons-check-layout) (signed 32)
  (polygons (* (struct pf-polygons)))
  (err (* (struct pf-error))))

(define-alien-routine ("pf_polygons_area" pf-polygons-area) (signed 32)
  (polygons (* (struct pf-polygons)))
  (run (* (struct pf-run)))
  (out system-area-pointer)
  (out-len (unsigned 64))
  (err (* (struct pf-error))))

(define-alien-routine ("pf_polygons_signed_area" pf-polygons-signed-area) (signed 32)
  (polygons (* (struct pf-polygons)))
  (run (* (struct pf-run)))
  (out system-area-pointer)
  (out-len (unsigned 64))
  (err (* (struct pf-error))))

(define-alien-routine ("pf_polygons_perimeter" pf-polygons-perimeter) (signed 32)
  (polygons (* (struct pf-polygons)))
  (run (* (struct pf-run)))
  (out system-area-pointer)
  (out-len (unsigned 64))
  (err (* (struct pf-error))))

(define-alien-routine ("pf_polygons_center" pf-polygons-center) (signed 32)
  (polygons (* (struct pf-polygons)))
  (run (* (struct pf-run)))
  (out-x system-area-pointer)
  (out-y system-area-pointer)
  (out-len (unsigned 64))
  (err (* (struct pf-error))))

(define-alien-routine ("pf_polygons_centroid" pf-polygons-centroid) (signed 32)
  (polygons (* (struct pf-polygons)))
  (run (* (struct pf-run)))
  (out-x system-area-pointer)
  (out-y system-area-pointer)
  (out-len (unsigned 64))
  (err (* (struct pf-error))))

(define-alien-routine ("pf_polygons_bounds" pf-polygons-bounds) (signed 32)
  (polygons (* (struct pf-polygons)))
  (run (* (struct pf-run)))
  (out system-area-pointer)
  (out-len (unsigned 64))
  (err (* (struct pf-error))))

(define-alien-routine ("pf_polygons_fingerprint" pf-polygons-fingerprint) (signed 32)
  (polygons (* (struct pf-polygons)))
  (run (* (struct pf-run)))
  (out system-area-pointer)
  (out-len (unsigned 64))
  (err (* (struct pf-error))))

(define-alien-routine ("pf_table_read" pf-table-read) (signed 32)
  (rows (* (struct pf-binary)))
  (format (unsigned 32))
  (flags (unsigned 32))
  (run (* (struct pf-run)))
  (out (* (unsigned 64)))
  (err (* (struct pf-error))))

(define-alien-routine ("pf_table_free" pf-table-free) void
  (table (unsigned 64)))

(define-alien-routine ("pf_table_len" pf-table-len) (unsigned 64)
  (table (unsigned 64)))

(define-alien-routine ("pf_table_view" pf-table-view) (signed 32)
  (table (unsigned 64))
  (out (* (struct pf-polygons)))
  (err (* (struct pf-error))))

(define-alien-routine ("pf_table_faults" pf-table-faults) (unsigned 64)
  (table (unsigned 64)))

(define-alien-routine ("pf_table_fault_rows" pf-table-fault-rows) system-area-pointer
  (table (unsigned 64)))

(define-alien-routine ("pf_table_fault_bytes" pf-table-fault-bytes) system-area-pointer
  (table (unsigned 64)))

(define-alien-routine ("pf_table_fault_reasons" pf-table-fault-reasons) system-area-pointer
  (table (unsigned 64)))

(define-alien-routine ("pf_fault_text" pf-fault-text) c-string
  (reason (signed 32)))

(define-alien-routine ("pf_index_build" pf-index-build) (signed 32)
  (polygons (* (struct pf-polygons)))
  (options (* (struct pf-index-options)))
  (run (* (struct pf-run)))
  (out (* (unsigned 64)))
  (err (* (struct pf-error))))

(define-alien-routine ("pf_index_free" pf-index-free) void
  (index (unsigned 64)))

(define-alien-routine ("pf_index_len" pf-index-len) (unsigned 64)
  (index (unsigned 64)))

(define-alien-routine ("pf_index_describe" pf-index-describe) (signed 32)
  (index (unsigned 64))
  (out (* (struct pf-index-info)))
  (err (* (struct pf-error))))

(define-alien-routine ("pf_index_byte_size" pf-index-byte-size) (unsigned 64)
  (index (unsigned 64)))

(define-alien-routine ("pf_index_write" pf-index-write) (signed 32)
  (index (unsigned 64))
  (run (* (struct pf-run)))
  (out system-area-pointer)
  (out-bytes (unsigned 64))
  (err (* (struct pf-error))))

(define-alien-routine ("pf_index_view" pf-index-view) (signed 32)
  (bytes system-area-pointer)
  (len (unsigned 64))
  (flags (unsigned 32))
  (run (* (struct pf-run)))
  (out (* (unsigned 64)))
  (err (* (struct pf-error))))

(define-alien-routine ("pf_index_save" pf-index-save) (signed 32)
  (index (unsigned 64))
  (path c-string)
  (run (* (struct pf-run)))
  (err (* (struct pf-error))))

(define-alien-routine ("pf_index_load" pf-index-load) (signed 32)
  (path c-string)
  (run (* (struct pf-run)))
  (out (* (unsigned 64)))
  (err (* (struct pf-error))))

(define-alien-routine ("pf_index_map" pf-index-map) (signed 32)
  (path c-string)
  (flags (unsigned 32))
  (run (* (struct pf-run)))
  (out (* (unsigned 64)))
  (err (* (struct pf-error))))

(define-alien-routine ("pf_index_any" pf-index-any) (signed 32)
  (index (unsigned 64))
  (points (* (struct pf-points)))
  (query (* (struct pf-query)))
  (run (* (struct pf-run)))
  (out system-area-pointer)
  (out-len (unsigned 64))
  (err (* (struct pf-error))))

(define-alien-routine ("pf_index_count" pf-index-count) (signed 32)
  (index (unsigned 64))
  (points (* (struct pf-points)))
  (query (* (struct pf-query)))
  (run (* (struct pf-run)))
  (out system-area-pointer)
  (out-len (unsigned 64))
  (err (* (struct pf-error))))

(define-alien-routine ("pf_index_best" pf-index-best) (signed 32)
  (index (unsigned 64))
  (points (* (struct pf-points)))
  (query (* (struct pf-query)))
  (run (* (struct pf-run)))
  (out-polygon system-area-pointer)
  (out-value system-area-pointer)
  (out-len (unsigned 64))
  (err (* (struct pf-error))))

(define-alien-routine ("pf_index_nearest" pf-index-nearest) (signed 32)
  (index (unsigned 64))
  (points (* (struct pf-points)))
  (k (unsigned 64))
  (query (* (struct pf-query)))
  (run (* (struct pf-run)))
  (out-polygon system-area-pointer)
  (out-distance system-area-pointer)
  (out-len (unsigned 64))
  (err (* (struct pf-error))))

(define-alien-routine ("pf_index_find_nearest" pf-index-find-nearest) (signed 32)
  (index (unsigned 64))
  (points (* (struct pf-points)))
  (k (unsigned 64))
  (query (* (struct pf-query)))
  (run (* (struct pf-run)))
  (out (* (unsigned 64)))
  (err (* (struct pf-error))))

(define-alien-routine ("pf_index_find" pf-index-find) (signed 32)
  (index (unsigned 64))
  (points (* (struct pf-points)))
  (query (* (struct pf-query)))
  (run (* (struct pf-run)))
  (out (* (unsigned 64)))
  (err (* (struct pf-error))))

(define-alien-routine ("pf_result_free" pf-result-free) void
  (result (unsigned 64)))

(define-alien-routine ("pf_result_rows" pf-result-rows) (unsigned 64)
  (result (unsigned 64)))

(define-alien-routine ("pf_result_pairs" pf-result-pairs) (unsigned 64)
  (result (unsigned 64)))

(define-alien-routine ("pf_result_offsets" pf-result-offsets) system-area-pointer
  (result (unsigned 64)))

(define-alien-routine ("pf_result_polygons" pf-result-polygons) system-area-pointer
  (result (unsigned 64)))

(define-alien-routine ("pf_result_values" pf-result-values) system-area-pointer
  (result (unsigned 64)))

(define-alien-routine ("pf_result_indices" pf-result-indices) (signed 32)
  (result (unsigned 64))
  (run (* (struct pf-run)))
  (out-point system-area-pointer)
  (out-polygon system-area-pointer)
  (out-len (unsigned 64))
  (err (* (struct pf-error))))

(define-alien-routine ("pf_tally_make" pf-tally-make) (signed 32)
  (index (unsigned 64))
  (groups (unsigned 64))
  (run (* (struct pf-run)))
  (out (* (unsigned 64)))
  (err (* (struct pf-error))))

(define-alien-routine ("pf_tally_free" pf-tally-free) void
  (tally (unsigned 64)))

(define-alien-routine ("pf_tally_len" pf-tally-len) (unsigned 64)
  (tally (unsigned 64)))

(define-alien-routine ("pf_tally_add" pf-tally-add) (signed 32)
  (tally (unsigned 64))
  (points (* (struct pf-points)))
  (attributes (* (struct pf-attributes)))
  (query (* (struct pf-query)))
  (run (* (struct pf-run)))
  (err (* (struct pf-error))))

(define-alien-routine ("pf_tally_merge" pf-tally-merge) (signed 32)
  (tally (unsigned 64))
  (other (unsigned 64))
  (run (* (struct pf-run)))
  (err (* (struct pf-error))))

(define-alien-routine ("pf_tally_counts" pf-tally-counts) (signed 32)
  (tally (unsigned 64))
  (column (unsigned 32))
  (run (* (struct pf-run)))
  (out system-area-pointer)
  (out-len (unsigned 64))
  (err (* (struct pf-error))))

(define-alien-routine ("pf_tally_values" pf-tally-values) (signed 32)
  (tally (unsigned 64))
  (column (unsigned 32))
  (run (* (struct pf-run)))
  (out system-area-pointer)
  (out-len (unsigned 64))
  (err (* (struct pf-error))))

(do-symbols (each :polyfind-h)
  (when (eq (symbol-package each) *package*) (export each)))
