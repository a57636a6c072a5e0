# Rscript test.R FIXTURE, where polyfind.so is: see tests/runtimes.
dyn.load("polyfind.so")
source("polyfind.R")

lines <- readLines(commandArgs(TRUE)[1])
text <- setNames(sub("^\\S+ ", "", lines), sub(" .*", "", lines))
words <- function(name) strsplit(text[[name]], " ")[[1]]
doubles <- function(name) as.numeric(words(name))
ints <- function(name) as.integer(words(name))
rows <- function(name) ifelse(ints(name) < 0, NA, ints(name) + 1L)

check <- function(name, ok) {
  if (!isTRUE(ok)) stop("FAILED ", name)
  cat(name, "\n", sep = "")
}

# What a call fails with.
failure <- function(call) tryCatch({ call; NULL }, error = identity)

x <- doubles("point_x")
y <- doubles("point_y")
last <- NULL
count <- 0
counting <- function(done, total) {
  last <<- c(done, total)
  count <<- count + 1
  FALSE
}
table <- list(doubles("x"), doubles("y"), ints("ring_offsets"), ints("part_offsets"), ints("polygon_offsets"))
index <- do.call(pf_index, c(table, progress = counting))
check("build", pf_length(index) == length(table[[5]]) - 1)
check("progress", last[1] == last[2] && last[2] > 0)
check("locate", identical(pf_locate(index, x, y), rows("locate")))
invisible(gc())
found <- pf_find(index, x, y, doubles("distance"))
each <- rep(seq_along(x), diff(ints("find_offsets")))
check("find", identical(found, data.frame(point = each, polygon = rows("find_polygons"))))
nothing <- identical(pf_find(index, numeric(), numeric(), 1), data.frame(point = integer(), polygon = integer()))
check("nothing", nothing && identical(pf_locate(index, numeric(), numeric()), integer()))
k <- ints("k")
near <- pf_nearest(index, x, y, k)
wanted <- matrix(doubles("nearest_distances"), ncol = k, byrow = TRUE)
same <- identical(near$polygon, matrix(rows("nearest_polygons"), ncol = k, byrow = TRUE))
check("nearest", same && all(abs(near$distance - wanted) <= wanted * 2^-51))
pf_save(index, text[["file"]])
check("file", identical(pf_locate(pf_open(text[["file"]]), x, y), rows("locate")))

wrong <- ints("wrong_point") + 1
error <- failure(pf_locate(index, replace(x, wrong, NaN), y))
check("point error", conditionMessage(error) == paste0(text[["wrong_point_status"]], ": ", text[["wrong_point_text"]]))
check("row of the error", error$item == wrong && inherits(error, "polyfind_error"))
table[[3]][ints("wrong_ring") + 1] <- -1L
error <- failure(do.call(pf_index, table))
check("layout error", conditionMessage(error) == paste0(text[["wrong_ring_status"]], ": ", text[["wrong_ring_text"]]))

asked <- function(progress) failure(pf_nearest(index, x, y, progress = progress))
check("cancel", asked(function(done, total) TRUE)$status == text[["cancelled_status"]])
check("own error", conditionMessage(asked(function(done, total) stop("mine"))) == "mine")
count <- 0
for (i in 1:200) pf_locate(index, x, y, progress = counting)
check("many callbacks", count >= 200)

pf_free(index)
pf_free(index)
check("freed", failure(pf_locate(index, x, y))$status == text[["freed_status"]] && nzchar(pf_version()))
