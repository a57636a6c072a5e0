<?php
declare(strict_types=1);

// Matches points to polygons. Columns are arrays of FFI (double[n], offsets int64_t[n]), read where they lie, or of
// PHP, which are copied into such first. Rows count from 0; -1 is none.
namespace Polyfind;

use FFI;
use FFI\CData;

/** A refused or stopped call: the name of its status, and the row that caused it or -1. */
final class Refused extends \RuntimeException
{
    public function __construct(public readonly string $status, public readonly int $item, string $message)
    {
        parent::__construct("$status: $message");
    }
}

/** The library, and what all calls have in common. */
final class Library
{
    public readonly FFI $c;
    private CData $told; // a pf_run with the one function that is called back: PHP keeps each that is made till its end
    private ?\Closure $progress = null;
    private ?\Throwable $thrown = null;

    public function __construct(string $path = 'libpolyfind.so')
    {
        $this->c = FFI::cdef(require __DIR__ . '/polyfind_h.php', $path);
        if ($this->c->pf_abi() !== $this->c->PF_ABI) {
            throw new \RuntimeException("$path has ABI {$this->c->pf_abi()}, this file {$this->c->PF_ABI}");
        }
        $this->told = $this->c->new('pf_run');
        $this->told->progress = function (int $done, int $total): int {
            try {
                return ($this->progress)($done, $total) ? 1 : 0;
            } catch (\Throwable $any) { // which must not go through the library
                $this->thrown = $any;
                return 1;
            }
        };
    }

    public function version(): string
    {
        return $this->c->pf_version();
    }

    /** A structure that is all zero but for its size and these fields. */
    public function struct(string $name, mixed ...$fields): CData
    {
        $made = $this->c->new($name);
        if (in_array('struct_size', FFI::typeof($made)->getStructFieldNames(), true)) {
            $made->struct_size = FFI::sizeof($made);
        }
        foreach ($fields as $field => $value) {
            $made->$field = $value;
        }
        return $made;
    }

    /** An array for n numbers; there is none of FFI for none. */
    public function room(string $type, int $n): CData
    {
        return $this->c->new(sprintf('%s[%d]', $type, max($n, 1)));
    }

    /** An array of PHP of n numbers that lie there; kind is that of unpack. */
    public function numbers(CData $column, string $kind, int $n): array
    {
        return $n ? array_values(unpack("$kind*", FFI::string($column, $n * strlen(pack($kind, 0))))) : [];
    }

    /** An array of a type of 8 bytes with these values, and how many they are; what is one is taken as it is. */
    public function column(array|CData $values, string $type): array
    {
        if ($values instanceof CData) {
            return [$values, intdiv(FFI::sizeof($values), 8)];
        }
        $made = $this->room($type, count($values));
        foreach (array_values($values) as $i => $value) {
            $made[$i] = $value;
        }
        return [$made, count($values)];
    }

    /**
     * Calls a fallible function, whose arguments have a pf_run in their middle and a pf_error at their end. Of the
     * options progress is told how much of how much is done, and stops the call with true or by throwing; cancel is an
     * int32_t[1] that stops it when it is not 0; workers is the number of threads, 0 for one per core.
     */
    public function call(string $name, array $before, array $after, array $options): void
    {
        $run = $this->struct('pf_run', workers: $options['workers'] ?? 0);
        $run->cancel = isset($options['cancel']) ? FFI::addr($options['cancel'][0]) : null;
        $run->progress = isset($options['progress']) ? $this->told->progress : null;
        $error = $this->struct('pf_error');
        $outer = $this->progress; // of a call that this one is made in the midst of
        $this->progress = isset($options['progress']) ? $options['progress'](...) : null;
        try {
            $status = $this->c->$name(...$before, ...[FFI::addr($run)], ...$after, ...[FFI::addr($error)]);
        } finally {
            $this->progress = $outer;
        }
        if ($thrown = $this->thrown) {
            $this->thrown = null;
            throw $thrown;
        }
        if ($status !== $this->c->PF_OK) {
            throw new Refused($this->c->pf_status_name($status), $error->item, FFI::string($error->message));
        }
    }
}

/** Two columns of equal length. */
final class Points
{
    public readonly CData $c;
    public readonly int $n;
    private array $kept;

    public function __construct(Library $library, array|CData $x, array|CData $y)
    {
        $this->kept = [$library->column($x, 'double'), $library->column($y, 'double')];
        [[$x, $this->n], [$y, $length]] = $this->kept;
        if ($length !== $this->n) {
            throw new \ValueError('x and y differ in length');
        }
        $shape = ['len' => $this->n, 'stride' => 8, 'dtype' => $library->c->PF_F64];
        $this->c = $library->struct('pf_points', ...$shape, x: FFI::addr($x), y: FFI::addr($y));
    }
}

/** A table of polygons; offsets as polyfind.h has them. */
final class Polygons
{
    public readonly CData $c;
    private array $kept;

    public function __construct(
        Library $library,
        Points $vertices,
        array|CData $rings,
        array|CData|null $parts = null,
        array|CData|null $polygons = null,
    ) {
        $this->kept = [$vertices];
        $this->c = $library->struct('pf_polygons', offset_type: $library->c->PF_I64, vertices: $vertices->c);
        foreach (array_filter(['ring' => $rings, 'part' => $parts, 'polygon' => $polygons]) as $level => $offsets) {
            [$column, $n] = $this->kept[] = $library->column($offsets, 'int64_t');
            $this->c->{"{$level}_offsets"} = FFI::addr($column);
            $this->c->{"{$level}_count"} = $n - 1;
        }
    }
}

/** Polygons, ready to be asked. Freed by free, or when nobody has it any more. Options are those of Library::call. */
final class Index
{
    private function __construct(private Library $library, private CData $handle)
    {
    }

    public static function build(Library $library, Polygons $polygons, array $options = []): self
    {
        return self::made($library, 'pf_index_build', [FFI::addr($polygons->c), null], $options);
    }

    /** From a file that save wrote. */
    public static function open(Library $library, string $path, array $options = []): self
    {
        return self::made($library, 'pf_index_load', [$path], $options);
    }

    private static function made(Library $library, string $name, array $before, array $options): self
    {
        $out = $library->c->new('pf_index *[1]');
        $library->call($name, $before, [$out], $options);
        return new self($library, $out[0]);
    }

    public function save(string $path, array $options = []): void
    {
        $this->library->call('pf_index_save', [$this->handle, $path], [], $options);
    }

    public function len(): int
    {
        return $this->library->c->pf_index_len($this->handle);
    }

    /** The lowest row that each point is in or on. */
    public function locate(Points $points, array $options = []): array
    {
        $rows = $this->library->room('int32_t', $points->n);
        $query = $this->library->struct('pf_query', relation: $this->library->c->PF_COVERS);
        $before = [$this->handle, FFI::addr($points->c), FFI::addr($query)];
        $this->library->call('pf_index_best', $before, [$rows, null, $points->n], $options);
        return $this->library->numbers($rows, 'l', $points->n);
    }

    /** All rows at most a distance away: offsets, and polygons, where those of point i begin at offsets[i]. */
    public function find(Points $points, float $distance, array $options = []): array
    {
        $c = $this->library->c;
        $out = $c->new('pf_result *[1]');
        $query = $this->library->struct('pf_query', relation: $c->PF_DWITHIN, distance: $distance);
        $before = [$this->handle, FFI::addr($points->c), FFI::addr($query)];
        $this->library->call('pf_index_find', $before, [$out], $options);
        try {
            $offsets = $this->library->numbers($c->pf_result_offsets($out[0]), 'q', $points->n + 1);
            $pairs = $c->pf_result_pairs($out[0]);
            return [$offsets, $this->library->numbers($c->pf_result_polygons($out[0]), 'l', $pairs)];
        } finally {
            $c->pf_result_free($out[0]);
        }
    }

    /** The k nearest rows of each point, nearest first, and their distances. */
    public function nearest(Points $points, int $k, array $options = []): array
    {
        $n = $k * $points->n;
        $rows = $this->library->room('int32_t', $n);
        $distances = $this->library->room('double', $n);
        $before = [$this->handle, FFI::addr($points->c), $k, null];
        $this->library->call('pf_index_nearest', $before, [$rows, $distances, $n], $options);
        return [$this->library->numbers($rows, 'l', $n), $this->library->numbers($distances, 'd', $n)];
    }

    /** Frees it; what it is asked then is refused. */
    public function free(): void
    {
        $this->library->c->pf_index_free($this->handle);
    }

    public function __destruct()
    {
        $this->free();
    }
}
