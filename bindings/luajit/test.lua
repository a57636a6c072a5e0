-- luajit test.lua LIBRARY FIXTURE, in this folder: see tests/runtimes.
local ffi = require("ffi")
local path, fixture_path = ...
local pf = require("polyfind").load(path)

local fixture, text = {}, {} -- of each line its words, numbers being numbers, and all of it
for line in io.lines(fixture_path) do
  local name, rest = line:match("^(%S+) (.*)$")
  fixture[name], text[name] = {}, rest
  for word in rest:gmatch("%S+") do table.insert(fixture[name], tonumber(word) or word) end
end

local function check(name, ok)
  if not ok then error("FAILED " .. name, 0) end
  print(name)
end

local function same(column, wanted)
  for i, value in ipairs(wanted) do
    if tonumber(column[i - 1]) ~= value then return false end
  end
  return #wanted > 0
end

-- What a call fails with.
local function failure(call, ...)
  local ok, err = pcall(call, ...)
  return not ok and err or {}
end

local declared = #fixture.functions > 0
for _, name in ipairs(fixture.functions) do declared = declared and type(pf.C[name]) == "cdata" end
check("functions", declared)

local fits = #fixture.structures > 0
for i = 1, #fixture.structures, 2 do fits = fits and ffi.sizeof(fixture.structures[i]) == fixture.structures[i + 1] end
for i = 1, #fixture.fields, 2 do
  local structure, field = fixture.fields[i]:match("(.*)%.(.*)")
  fits = fits and ffi.offsetof(structure, field) == fixture.fields[i + 1]
end
check("structures", fits)

local offsets = { fixture.ring_offsets, fixture.part_offsets, fixture.polygon_offsets }
local polygons = pf.polygons(fixture.x, fixture.y, unpack(offsets))
local points = pf.points(fixture.point_x, fixture.point_y)
local done, total
local index = pf.index(polygons, { progress = function(...) done, total = ... end })
check("build", index:len() == #fixture.polygon_offsets - 1)
check("progress", done == total and total > 0)
check("locate", same(index:locate(points), fixture.locate))

local found = index:find(points, fixture.distance[1])
local lengths = found.rows == points.n and found.pairs == #fixture.find_polygons
check("find", lengths and same(found.offsets, fixture.find_offsets) and same(found.polygons, fixture.find_polygons))

local none = pf.points({}, {})
check("nothing", ffi.sizeof(index:locate(none)) == 0 and index:find(none, 1).pairs == 0)

local rows, distances = index:nearest(points, fixture.k[1])
local close = true
for i, wanted in ipairs(fixture.nearest_distances) do
  close = close and math.abs(distances[i - 1] - wanted) <= wanted * 2 ^ -51
end
check("nearest", close and same(rows, fixture.nearest_polygons))

index:save(text.file)
check("file", same(pf.open(text.file):locate(points), fixture.locate))

local wrong = ffi.new("double[?]", points.n, fixture.point_x)
wrong[fixture.wrong_point[1]] = 0 / 0
local err = failure(index.locate, index, pf.points(wrong, points.y))
check("point error", tostring(err) == text.wrong_point_status .. ": " .. text.wrong_point_text)
check("row of the error", err.item == fixture.wrong_point[1])

fixture.ring_offsets[fixture.wrong_ring[1] + 1] = -1
err = failure(pf.index, pf.polygons(fixture.x, fixture.y, unpack(offsets)))
check("layout error", tostring(err) == text.wrong_ring_status .. ": " .. text.wrong_ring_text)

err = failure(index.nearest, index, points, 1, { progress = function() return true end })
check("cancel", err.status == text.cancelled_status)
err = failure(index.nearest, index, points, 1, { cancel = ffi.new("int32_t[1]", 1) })
check("cancel flag", err.status == text.cancelled_status)
err = failure(index.nearest, index, points, 1, { progress = function() error("mine", 0) end })
check("own error", err == "mine")

local calls = 0
for _ = 1, 200 do index:locate(points, { progress = function() calls = calls + 1 end }) end
check("many callbacks", calls >= 200)

index:free()
index:free()
check("freed", failure(index.locate, index, points).status == text.freed_status)
