# Matches points to polygons. Columns are numeric vectors, offsets integer ones as polyfind.h has them. Rows count from
# 1, and none is NA. Errors are conditions of class polyfind_error, with status and item (the row, or NA).
#
# dyn.load("polyfind.so") comes before.

# A call whose last arguments are how many threads (0 for one per core) and who is told how much is done. That function
# stops the call by TRUE or by an error, which comes out of the call. Ctrl-C stops every call.
pf_call <- function(routine, ..., workers = 0L, progress = NULL) {
  thrown <- NULL
  keep <- function(condition) {
    thrown <<- condition
    TRUE
  }
  told <- if (!is.null(progress)) function(done, total) tryCatch(progress(done, total), error = keep)
  answer <- .Call(routine, ..., as.integer(workers), told)
  if (!is.null(thrown)) stop(thrown)
  if (inherits(answer, "polyfind_error")) stop(answer)
  answer
}

pf_version <- function() .Call("pf_version")

pf_columns <- function(x, y) {
  if (length(x) != length(y)) stop("x and y differ in length")
  list(as.double(x), as.double(y))
}

# An index; `...`, here and below, is workers and progress.
pf_index <- function(x, y, rings, parts = NULL, polygons = NULL, ...) {
  at <- pf_columns(x, y)
  offsets <- lapply(list(rings, parts, polygons), function(each) if (!is.null(each)) as.integer(each))
  pf_call("pf_build", at[[1]], at[[2]], offsets[[1]], offsets[[2]], offsets[[3]], ...)
}

# The index in a file that pf_save wrote.
pf_open <- function(path, ...) pf_call("pf_load", path.expand(path), ...)

pf_save <- function(index, path, ...) invisible(pf_call("pf_save", index, path.expand(path), ...))

pf_length <- function(index) .Call("pf_length", index)

# The lowest row that each point is in or on.
pf_locate <- function(index, x, y, ...) {
  at <- pf_columns(x, y)
  pf_call("pf_locate", index, at[[1]], at[[2]], ...)
}

# All pairs of a point and a polygon at most a distance away.
pf_find <- function(index, x, y, distance, ...) {
  at <- pf_columns(x, y)
  as.data.frame(pf_call("pf_find", index, at[[1]], at[[2]], as.double(distance), ...))
}

# The k nearest rows and their distances, as matrices with a row for each point.
pf_nearest <- function(index, x, y, k = 1L, ...) {
  at <- pf_columns(x, y)
  lapply(pf_call("pf_nearest", index, at[[1]], at[[2]], as.integer(k), ...), matrix, ncol = k, byrow = TRUE)
}

# Frees it, which otherwise happens when nobody has it any more; what it is asked then is refused.
pf_free <- function(index) invisible(.Call("pf_release", index))
