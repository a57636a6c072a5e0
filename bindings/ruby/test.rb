# ruby test.rb LIBRARY FIXTURE: see tests/runtimes.
require_relative "polyfind"

library, path = ARGV
TEXT = File.readlines(path, chomp: true).to_h { |line| line.split(" ", 2) }
def words(name) = TEXT[name].split
def doubles(name) = words(name).map(&:to_f)
def ints(name) = words(name).map(&:to_i)

def check(name, ok)
  abort "FAILED #{name}" unless ok
  puts name
end

# What a call fails with.
def failure
  yield
  nil
rescue StandardError => e
  e
end

Polyfind.load(library)
include Polyfind

check "functions", words("functions").all? { |name| H.respond_to?(name) } && H.pf_abi == H::PF_ABI
kinds = ->(name) { H.const_get(name.split("_").map(&:capitalize).join) }
sizes = words("structures").each_slice(2).all? { |name, size| kinds[name].size == size.to_i }
places = words("fields").each_slice(2).all? do |name, place|
  structure, field = name.split(".")
  memory = kinds[structure].malloc(Fiddle::RUBY_FREE).to_ptr # which knows, but does not say
  at = memory.instance_variable_get(:@members).index(field)
  memory.instance_variable_get(:@offset)[at] == place.to_i
end
check "structures", sizes && places

offsets = %w[ring_offsets part_offsets polygon_offsets].map { |name| ints(name) }
vertices = Points.new(doubles("x"), doubles("y"))
x, y = doubles("point_x"), doubles("point_y")
points = Points.new(x.pack("d*"), y.pack("d*"))
last = nil
index = Index.build(Polygons.new(vertices, *offsets), progress: ->(*now) { (last = now) && false })
check "build", index.size == offsets[2].size - 1
check "progress", last[0] == last[1] && last[1].positive?
GC.start
check "locate", index.locate(points) == ints("locate")
check "find", index.find(points, TEXT["distance"].to_f) == [ints("find_offsets"), ints("find_polygons")]
none = Points.new([], [])
check "nothing", index.find(none, 1) == [[0], []] && index.locate(none) == []
rows, distances = index.nearest(points, TEXT["k"].to_i)
near = distances.zip(doubles("nearest_distances")).all? { |got, wanted| (got - wanted).abs <= wanted * 2.0**-51 }
check "nearest", near && rows == ints("nearest_polygons")
index.save(TEXT["file"])
check "file", Index.open(TEXT["file"]).locate(points) == ints("locate")

row = TEXT["wrong_point"].to_i
error = failure { index.locate(Points.new(x.each_with_index.map { |value, i| i == row ? Float::NAN : value }, y)) }
check "point error", error.message == "#{TEXT['wrong_point_status']}: #{TEXT['wrong_point_text']}"
check "row of the error", error.item == row
offsets[0][TEXT["wrong_ring"].to_i] = -1
error = failure { Index.build(Polygons.new(vertices, *offsets)) }
check "layout error", error.message == "#{TEXT['wrong_ring_status']}: #{TEXT['wrong_ring_text']}"

cancelled = TEXT["cancelled_status"]
check "cancel", failure { index.nearest(points, 1, progress: proc { true }) }.status == cancelled
check "cancel flag", failure { index.nearest(points, 1, cancel: [1].pack("l")) }.status == cancelled
check "own error", failure { index.nearest(points, 1, progress: proc { raise "mine" }) }.message == "mine"
calls = 0
200.times { index.locate(points, progress: proc { (calls += 1) && false }) }
check "many callbacks", calls >= 200

index.free
index.free
check "freed", failure { index.locate(points) }.status == TEXT["freed_status"]
