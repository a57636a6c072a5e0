;;; Matches points to polygons. Columns are (simple-array double-float (*)), offsets
;;; (simple-array (signed-byte 64) (*)), which are held in place and read where they lie. Rows count from 0; -1 is none.
;;;
;;; (load-shared-object "libpolyfind.so") and polyfind-h.lisp come before.
(defpackage :polyfind
  (:use :cl :sb-alien :sb-sys :polyfind-h)
  (:export #:refused #:status #:item #:build #:load-index #:save-index #:size #:locate #:find-pairs #:nearest #:free
           #:*workers* #:*progress* #:*cancel* #:version #:doubles #:offsets))
(in-package :polyfind)

(define-condition refused (error)
  ((status :initarg :status :reader status :documentation "Its name, such as PF_ERROR_COORDINATE.")
   (item :initarg :item :reader item :documentation "The row that caused it, or -1.")
   (message :initarg :message :reader message))
  (:report (lambda (it stream) (format stream "~a: ~a" (status it) (message it))))
  (:documentation "A refused or stopped call."))

(defvar *workers* 0 "Threads for calls, 0 for one per core.")
(defvar *progress* nil "Told how much of how much is done; true stops the call, and an error in it comes out.")
(defvar *cancel* nil "A (simple-array (signed-byte 32) (1)) that stops calls when it is not 0.")

(deftype doubles () '(simple-array double-float (*)))
(deftype offsets () '(simple-array (signed-byte 64) (*)))
(defun doubles (values) (map 'doubles (lambda (value) (coerce value 'double-float)) values))
(defun offsets (values) (coerce values 'offsets))

(defmacro with-struct ((name type &rest fields) &body body)
  "A structure that is all zero but for these fields."
  `(with-alien ((,name (struct ,type)))
     (let ((sap (alien-sap ,name)))
       (dotimes (i (alien-size (struct ,type) :bytes)) (setf (sap-ref-8 sap i) 0)))
     (setf ,@(loop for (field value) on fields by #'cddr append `((slot ,name ',field) ,value)))
     ,@body))

(defmacro with-sized ((name type &rest fields) &body body)
  `(with-struct (,name ,type struct-size (alien-size (struct ,type) :bytes) ,@fields) ,@body))

(defvar *failed* nil "An error in a progress function.")

(define-alien-callable told (signed 32) ((done (unsigned 64)) (total (unsigned 64)) (data system-area-pointer))
  (declare (ignore data))
  (block nil
    (handler-case (return (if (funcall *progress* done total) 1 0))
      (serious-condition (condition) ; which must not go through the library
        (setf *failed* condition)
        1))))

(defun text (bytes)
  (sb-alien::c-string-to-string (alien-sap bytes) :utf-8 'character))

(defun call (function &rest before-and-after)
  "Calls a fallible function, whose arguments have :run in their middle, and a pf_error at their end."
  (let ((*failed* nil))
    (with-pinned-objects (*cancel*)
      (with-sized (run pf-run workers *workers*
                       progress (if *progress* (alien-sap (alien-callable-function 'told)) (int-sap 0))
                       cancel (if *cancel* (vector-sap *cancel*) (int-sap 0)))
        (with-struct (err pf-error)
          (let ((code (apply function (append (substitute (addr run) :run before-and-after) (list (addr err))))))
            (when *failed* (error *failed*))
            (unless (= code +pf-ok+)
              (error 'refused :status (pf-status-name code) :item (slot err 'item)
                              :message (text (slot err 'message))))))))))

(defmacro with-points ((name x y) &body body)
  `(with-pinned-objects (,x ,y)
     (assert (= (length ,x) (length ,y)))
     (with-struct (,name pf-points x (vector-sap (the doubles ,x)) y (vector-sap (the doubles ,y))
                         len (length ,x) stride 8 dtype +pf-f64+)
       ,@body)))

(defstruct (index (:constructor %index (handle))) handle)

(defun new-index (function &rest before)
  (with-alien ((out (unsigned 64) 0))
    (apply #'call function (append before (list :run (addr out))))
    (let* ((handle out) (index (%index handle)))
      (sb-ext:finalize index (lambda () (pf-index-free handle)))
      index)))

(defun build (x y rings &optional parts polygons)
  "An index, which keeps nothing of the columns; offsets as polyfind.h has them."
  (with-pinned-objects (x y rings parts polygons)
    (flet ((sap (offsets) (if offsets (vector-sap (the offsets offsets)) (int-sap 0)))
           (size (offsets) (if offsets (1- (length offsets)) 0)))
      (with-points (points x y)
        (with-sized (table pf-polygons offset-type +pf-i64+ ring-offsets (sap rings) ring-count (size rings)
                           part-offsets (sap parts) part-count (size parts)
                           polygon-offsets (sap polygons) polygon-count (size polygons))
          (let ((from (alien-sap points)) (to (alien-sap (slot table 'vertices))))
            (dotimes (i (alien-size (struct pf-points) :bytes)) (setf (sap-ref-8 to i) (sap-ref-8 from i))))
          (new-index #'pf-index-build (addr table) nil))))))

(defun load-index (path)
  "The index in a file that save-index wrote."
  (new-index #'pf-index-load path))

(defun save-index (index path) (call #'pf-index-save (index-handle index) path :run))

(defun size (index) (pf-index-len (index-handle index)))

(defun numbers (n type) (make-array n :element-type type :initial-element (coerce 0 type)))

(defun locate (index x y)
  "The lowest row that each point is in or on."
  (let ((rows (numbers (length x) '(signed-byte 32))))
    (with-points (points x y)
      (with-pinned-objects (rows)
        (with-sized (query pf-query relation +pf-covers+)
          (call #'pf-index-best (index-handle index) (addr points) (addr query) :run
                (vector-sap rows) (int-sap 0) (length rows)))))
    rows))

(defun find-pairs (index x y distance)
  "All rows at most a distance away: offsets, and polygons, where those of point i begin at its offset."
  (with-points (points x y)
    (with-alien ((out (unsigned 64) 0))
      (with-sized (query pf-query relation +pf-dwithin+ distance (coerce distance 'double-float))
        (call #'pf-index-find (index-handle index) (addr points) (addr query) :run (addr out)))
      (unwind-protect
           (let* ((ends (numbers (1+ (length x)) '(signed-byte 64)))
                  (polygons (numbers (pf-result-pairs out) '(signed-byte 32)))
                  (from (pf-result-offsets out))
                  (found (pf-result-polygons out)))
             (dotimes (i (length ends)) (setf (aref ends i) (signed-sap-ref-64 from (* 8 i))))
             (dotimes (i (length polygons)) (setf (aref polygons i) (signed-sap-ref-32 found (* 4 i))))
             (values ends polygons))
        (pf-result-free out)))))

(defun nearest (index x y k)
  "The k nearest rows of each point, nearest first, and their distances."
  (let* ((n (* k (length x))) (rows (numbers n '(signed-byte 32))) (distances (numbers n 'double-float)))
    (with-points (points x y)
      (with-pinned-objects (rows distances)
        (call #'pf-index-nearest (index-handle index) (addr points) k nil :run
              (vector-sap rows) (vector-sap distances) n)))
    (values rows distances)))

(defun free (index)
  "Frees it, which otherwise happens when nobody has it any more; what it is asked then is refused."
  (pf-index-free (index-handle index)))

(defun version () (pf-version))

(assert (= (pf-abi) +pf-abi+) () "The library has ABI ~a, this file ~a." (pf-abi) +pf-abi+)
