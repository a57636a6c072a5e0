require_relative "polyfind_h"

# Matches points to polygons. Columns are Strings of packed numbers, read where they lie, or Arrays, which are packed
# first: coordinates as by pack("d*"), offsets as by pack("q*"). Rows count from 0; -1 is none.
#
#   Polyfind.load("libpolyfind.so")
#   index = Polyfind::Index.build(Polyfind::Polygons.new(Polyfind::Points.new(x, y), ring_offsets))
#   index.locate(Polyfind::Points.new(px, py))
module Polyfind
  # A refused or stopped call: the name of its status, and the row that caused it or -1.
  class Error < StandardError
    attr_reader :status, :item

    def initialize(error)
      @status = H.pf_status_name(error.status).to_s
      @item = error.item
      super("#{@status}: #{error.message.pack('c*').unpack1('Z*').force_encoding('UTF-8')}")
    end
  end

  # The library at a path, or where the system's loader finds it.
  def self.load(path = "libpolyfind.so")
    H.load(path)
    raise LoadError, "#{path} has ABI #{H.pf_abi}, this file #{H::PF_ABI}" if H.pf_abi != H::PF_ABI
  end

  def self.version = H.pf_version.to_s

  # A structure that is all zero but for its size and these fields. It keeps what the fields point to.
  def self.struct(kind, **fields)
    made = kind.malloc(Fiddle::RUBY_FREE)
    made.to_ptr[0, kind.size] = "\0" * kind.size
    made.struct_size = kind.size if kind.members.include?("struct_size")
    fields.each { |name, value| made.public_send(:"#{name}=", value) }
    made.instance_variable_set(:@kept, fields.values)
    made
  end

  # Calls a fallible function, whose arguments have a pf_run in their middle and a pf_error at their end. Of the options
  # progress is told how much of how much is done, and stops the call with true or by raising; cancel is a String of one
  # packed int32 that another thread may change to stop it; workers is the number of threads, 0 for one per core.
  def self.call(name, before, after, workers: 0, progress: nil, cancel: nil)
    raised = nil
    told = progress && Fiddle::Closure::BlockCaller.new(*H::PfProgress) do |done, total, _|
      progress.call(done, total) ? 1 : 0
    rescue Exception => e # which must not go through the library
      raised = e
      1
    end
    run = struct(H::PfRun, workers: workers, progress: told, cancel: cancel)
    error = struct(H::PfError)
    status = H.public_send(name, *before, run, *after, error)
    raise raised if raised
    raise Error, error if status != H::PF_OK
  end

  # What a column is packed in, and how many numbers it has.
  def self.packed(values, kind)
    values = values.pack("#{kind}*") if values.is_a?(Array)
    [values, values.bytesize / 8]
  end

  # Two columns of equal length.
  class Points
    attr_reader :c, :size

    def initialize(x, y)
      (x, @size), (y, size_y) = Polyfind.packed(x, "d"), Polyfind.packed(y, "d")
      raise ArgumentError, "x and y differ in length" if @size != size_y
      @c = Polyfind.struct(H::PfPoints, x: x, y: y, len: @size, stride: 8, dtype: H::PF_F64)
    end
  end

  # A table of polygons; offsets as polyfind.h has them.
  class Polygons
    attr_reader :c

    def initialize(vertices, rings, parts = nil, polygons = nil)
      fields = { offset_type: H::PF_I64 }
      { ring: rings, part: parts, polygon: polygons }.compact.each do |level, offsets|
        fields[:"#{level}_offsets"], n = Polyfind.packed(offsets, "q")
        fields[:"#{level}_count"] = n - 1
      end
      @c = Polyfind.struct(H::PfPolygons, **fields)
      @vertices = vertices
      @c.vertices.to_ptr[0, H::PfPoints.size] = vertices.c.to_ptr[0, H::PfPoints.size]
    end
  end

  # Polygons, ready to be asked. Freed when it is said so, or nobody has it any more.
  class Index
    private_class_method :new

    # options, here and below, are those of Polyfind.call.
    def self.build(polygons, **options)
      made("pf_index_build", [polygons.c, nil], options)
    end

    # From a file that save wrote.
    def self.open(path, **options)
      made("pf_index_load", [path], options)
    end

    def self.made(name, before, options)
      out = Fiddle::Pointer.malloc(Fiddle::SIZEOF_VOIDP, Fiddle::RUBY_FREE)
      Polyfind.call(name, before, [out], **options)
      new(out.ptr.to_i)
    end
    private_class_method :made

    def initialize(handle)
      @handle = handle
      ObjectSpace.define_finalizer(self, self.class.freeing(handle))
    end

    # In a method of its own, so that it does not keep what it is to free.
    def self.freeing(handle) = proc { H.pf_index_free(handle) }

    def save(path, **options)
      Polyfind.call("pf_index_save", [@handle, path], [], **options)
    end

    def size = H.pf_index_len(@handle)

    # The lowest row that each point is in or on.
    def locate(points, **options)
      out = "\0".b * (4 * points.size)
      query = Polyfind.struct(H::PfQuery, relation: H::PF_COVERS)
      Polyfind.call("pf_index_best", [@handle, points.c, query], [out, nil, points.size], **options)
      out.unpack("l*")
    end

    # All rows at most a distance away: offsets, and polygons, where those of point i begin at offsets[i].
    def find(points, distance, **options)
      out = Fiddle::Pointer.malloc(Fiddle::SIZEOF_VOIDP, Fiddle::RUBY_FREE)
      query = Polyfind.struct(H::PfQuery, relation: H::PF_DWITHIN, distance: distance)
      Polyfind.call("pf_index_find", [@handle, points.c, query], [out], **options)
      result = out.ptr
      begin
        offsets = H.pf_result_offsets(result)[0, 8 * (H.pf_result_rows(result) + 1)].unpack("q*")
        [offsets, H.pf_result_polygons(result)[0, 4 * H.pf_result_pairs(result)].unpack("l*")]
      ensure
        H.pf_result_free(result)
      end
    end

    # The k nearest rows of each point, nearest first, and their distances.
    def nearest(points, k, **options)
      n = points.size * k
      rows, distances = "\0".b * (4 * n), "\0".b * (8 * n)
      Polyfind.call("pf_index_nearest", [@handle, points.c, k, nil], [rows, distances, n], **options)
      [rows.unpack("l*"), distances.unpack("d*")]
    end

    # Frees it; what it is asked then is refused.
    def free = H.pf_index_free(@handle)
  end
end
