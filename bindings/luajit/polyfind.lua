-- Matches points to polygons. Columns are arrays of double, or tables, which are copied into such. Rows count from 0.
--
--   local pf = require("polyfind").load("libpolyfind.so")
--   local index = pf.index(pf.polygons(x, y, ring_offsets))
--   local zone = index:locate(pf.points(px, py))         -- int32_t[n], -1 for none
local ffi = require("ffi")
ffi.cdef(require("polyfind_h"))

local polyfind = {}

local Error = {}
Error.__index = Error
Error.__tostring = function(self) return self.status .. ": " .. self.message end

local function sized(name) return ffi.new(name, { struct_size = ffi.sizeof(name) }) end

-- An array of a type over what is given, and its length: arrays are taken as they are.
local function column(values, kind)
  if type(values) == "table" then return ffi.new(kind .. "[?]", #values, values), #values end
  return values, ffi.sizeof(values) / ffi.sizeof(kind)
end

-- The library at a path, or found where the loader looks.
function polyfind.load(path)
  local C = ffi.load(path or "polyfind")
  local self = { C = C, Error = Error }

  -- Calls a fallible function; an error is a table with status, item (the row or -1) and message.
  local function call(name, ...)
    local err = ffi.new("pf_error")
    local arguments = { n = select("#", ...) + 1, ... }
    arguments[arguments.n] = err
    if C[name](unpack(arguments, 1, arguments.n)) ~= C.PF_OK then
      error(setmetatable({
        status = ffi.string(C.pf_status_name(err.status)),
        item = tonumber(err.item),
        message = ffi.string(err.message),
      }, Error), 2)
    end
  end

  jit.off(call) -- compiled code may not be called back from C

  -- Makes a call with a pf_run. options: workers, cancel (int32_t[1], set to stop) and progress, a function of how much
  -- of how much is done, which stops the call by returning true, or by an error, which comes out of the call.
  local function running(options, use)
    local run = sized("pf_run")
    run.workers, run.cancel = options and options.workers or 0, options and options.cancel
    if not (options and options.progress) then return use(run) end
    local failed
    local progress = ffi.cast("pf_progress", function(done, total)
      local ok, answer = pcall(options.progress, tonumber(done), tonumber(total))
      if not ok then failed = { answer } end
      return (not ok or answer) and 1 or 0
    end)
    run.progress = progress
    local ok, answer = pcall(use, run)
    progress:free()
    if failed then error(failed[1], 0) end
    if not ok then error(answer, 0) end
    return answer
  end

  -- What keeps the columns that it points to.
  function self.points(x, y)
    local kept_x, n = column(x, "double")
    local kept_y, n_y = column(y, "double")
    assert(n == n_y, "x and y differ in length")
    local made = ffi.new("pf_points", kept_x, kept_y, n, ffi.sizeof("double"), C.PF_F64)
    return { c = made, x = kept_x, y = kept_y, n = n }
  end

  -- Offsets are of int32_t.
  function self.polygons(x, y, ring_offsets, part_offsets, polygon_offsets)
    local vertices, made = self.points(x, y), sized("pf_polygons")
    local kept = { c = made, vertices }
    made.vertices, made.offset_type = vertices.c, C.PF_I32
    for level, offsets in pairs { ring = ring_offsets, part = part_offsets, polygon = polygon_offsets } do
      local values, n = column(offsets, "int32_t")
      made[level .. "_offsets"], made[level .. "_count"] = values, n - 1
      kept[#kept + 1] = values
    end
    return kept
  end

  local Index = {}
  Index.__index = Index

  local function new_index(options, make)
    local out = ffi.new("pf_index *[1]")
    running(options, function(run) make(run, out) end)
    return setmetatable({ handle = ffi.gc(out[0], C.pf_index_free) }, Index)
  end

  function self.index(polygons, options)
    return new_index(options, function(run, out) call("pf_index_build", polygons.c, nil, run, out) end)
  end

  -- The index in a file that save wrote.
  function self.open(path, options)
    return new_index(options, function(run, out) call("pf_index_load", path, run, out) end)
  end

  function Index:save(path, options)
    running(options, function(run) call("pf_index_save", self.handle, path, run) end)
  end

  function Index:len() return tonumber(C.pf_index_len(self.handle)) end

  function Index:free() C.pf_index_free(ffi.gc(self.handle, nil)) end

  -- The lowest row that each point is in or on, -1 for none.
  function Index:locate(points, options)
    local out, query = ffi.new("int32_t[?]", points.n), sized("pf_query")
    query.relation = C.PF_COVERS
    running(options, function(run) call("pf_index_best", self.handle, points.c, query, run, out, nil, points.n) end)
    return out
  end

  -- All rows at most a distance away: those of point i are polygons[offsets[i]] to polygons[offsets[i + 1] - 1]. Both
  -- columns are the library's, and last as long as the table that holds them.
  function Index:find(points, distance, options)
    local out, query = ffi.new("pf_result *[1]"), sized("pf_query")
    query.relation, query.distance = C.PF_DWITHIN, distance
    running(options, function(run) call("pf_index_find", self.handle, points.c, query, run, out) end)
    local owner = ffi.gc(out[0], C.pf_result_free)
    return {
      owner = owner,
      rows = tonumber(C.pf_result_rows(owner)),
      pairs = tonumber(C.pf_result_pairs(owner)),
      offsets = C.pf_result_offsets(owner),
      polygons = C.pf_result_polygons(owner),
    }
  end

  -- The k nearest rows of each point, nearest first, and their distances.
  function Index:nearest(points, k, options)
    local n = points.n * k
    local rows, distances = ffi.new("int32_t[?]", n), ffi.new("double[?]", n)
    running(options, function(run)
      call("pf_index_nearest", self.handle, points.c, k, nil, run, rows, distances, n)
    end)
    return rows, distances
  end

  function self.version() return ffi.string(C.pf_version()) end

  assert(C.pf_abi() == C.PF_ABI, "the library has another ABI than this file")
  return self
end

return polyfind
