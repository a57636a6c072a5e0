-- What wrk asks, and what it thinks of every answer.
--
-- Zones are SIDE x SIDE boxes of side 1 row by row, then those of side 10. An index whose file is of an even second has
-- them in this order, one of an odd second in the reverse order.

local SIDE = 500
local COARSE = SIDE / 10
local LAST = SIDE * SIDE + COARSE * COARSE - 1
local threads = {}

function setup(thread)
    table.insert(threads, thread)
    thread:set("seed", #threads)
end

function init()
    math.randomseed(seed)
    right, wrong, example, files, seen = 0, 0, "", 0, {}
end

function request()
    local x, y = math.random(0, SIDE - 1) + 0.25, math.random(0, SIDE - 1) + 0.5
    return wrk.format("GET", "/zones?x=" .. x .. "&y=" .. y)
end

local function expected(x, y, second)
    local fine = math.floor(y) * SIDE + math.floor(x)
    local coarse = SIDE * SIDE + math.floor(y / 10) * COARSE + math.floor(x / 10)
    if second % 2 == 0 then
        return string.format("%d, %d", fine, coarse)
    end
    return string.format("%d, %d", LAST - coarse, LAST - fine)
end

function response(status, headers, body)
    local x, y, zones, second = body:match(
        '^{"x": (%d+%.25), "y": (%d+%.5), "zones": %[([%d, ]*)%], "index": "(%d+)%d%d%d%d%d%d%d%d%d%-%d+"}$'
    )
    if status == 200 and x and zones == expected(tonumber(x), tonumber(y), tonumber(second)) then
        right = right + 1
    else
        wrong, example = wrong + 1, body
    end
    if second and not seen[second] then
        seen[second], files = true, files + 1
    end
end

function done(summary, latency)
    local told = { right = 0, wrong = 0, files = 0 }
    for _, thread in ipairs(threads) do
        for name in pairs(told) do
            told[name] = told[name] + thread:get(name)
        end
        io.write(thread:get("example"), "\n")
    end
    local errors = summary.errors
    local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
    io.write(string.format(
        'JSON {"rate": %f, "p50": %f, "p99": %f, "most": %f, "right": %d, "wrong": %d, "files": %d, "failed": %d}\n',
        summary.requests / summary.duration * 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
        latency.max / 1e3, told.right, told.wrong, told.files, failed
    ))
end
