<?php
declare(strict_types=1);

// php -d ffi.enable=1 test.php LIBRARY FIXTURE: see tests/runtimes.
require __DIR__ . '/Polyfind.php';

use Polyfind\Index;
use Polyfind\Library;
use Polyfind\Points;
use Polyfind\Polygons;
use Polyfind\Refused;

[, $path, $fixture] = $argv;
$text = [];
foreach (file($fixture, FILE_IGNORE_NEW_LINES) as $line) {
    [$name, $rest] = explode(' ', $line, 2);
    $text[$name] = $rest;
}
$words = fn(string $name): array => explode(' ', $text[$name]);
$ints = fn(string $name): array => array_map('intval', $words($name));
$doubles = fn(string $name): array => array_map('floatval', $words($name));

function check(string $name, bool $ok): void
{
    if (!$ok) {
        fwrite(STDERR, "FAILED $name\n");
        exit(1);
    }
    echo "$name\n";
}

/** What a call fails with. */
function failure(callable $call): ?Throwable
{
    try {
        $call();
    } catch (Refused | DomainException $error) {
        return $error;
    }
    return null;
}

$library = new Library($path);
check('functions', array_filter($words('functions'), fn($name) => !($library->c->$name instanceof FFI\CData)) === []);
$fits = true;
foreach (array_chunk($words('structures'), 2) as [$name, $size]) {
    $fits = $fits && FFI::sizeof($library->c->type($name)) === (int) $size;
}
foreach (array_chunk($words('fields'), 2) as [$name, $place]) {
    [$structure, $field] = explode('.', $name);
    $fits = $fits && $library->c->type($structure)->getStructFieldOffset($field) === (int) $place;
}
check('structures', $fits);

$offsets = array_map($ints, ['ring_offsets', 'part_offsets', 'polygon_offsets']);
$vertices = new Points($library, $doubles('x'), $doubles('y'));
[$x, $y] = [$doubles('point_x'), $doubles('point_y')];
$points = new Points($library, $x, $y);
$last = [];
$counting = function (int ...$now) use (&$last): bool {
    $last = $now;
    return false;
};
$index = Index::build($library, new Polygons($library, $vertices, ...$offsets), ['progress' => $counting]);
check('build', $index->len() === count($offsets[2]) - 1);
check('progress', $last[0] === $last[1] && $last[1] > 0);
check('locate', $index->locate($points) === $ints('locate'));
check('find', $index->find($points, (float) $text['distance']) === [$ints('find_offsets'), $ints('find_polygons')]);
$none = new Points($library, [], []);
check('nothing', $index->find($none, 1) === [[0], []] && $index->locate($none) === []);
[$rows, $distances] = $index->nearest($points, (int) $text['k']);
$near = $rows === $ints('nearest_polygons');
foreach ($doubles('nearest_distances') as $i => $wanted) {
    $near = $near && abs($distances[$i] - $wanted) <= $wanted * 2 ** -51;
}
check('nearest', $near);
$index->save($text['file']);
check('file', Index::open($library, $text['file'])->locate($points) === $ints('locate'));

$x[(int) $text['wrong_point']] = NAN;
$error = failure(fn() => $index->locate(new Points($library, $x, $y)));
check('point error', $error->getMessage() === "$text[wrong_point_status]: $text[wrong_point_text]");
check('row of the error', $error->item === (int) $text['wrong_point']);
$offsets[0][(int) $text['wrong_ring']] = -1;
$error = failure(fn() => Index::build($library, new Polygons($library, $vertices, ...$offsets)));
check('layout error', $error->getMessage() === "$text[wrong_ring_status]: $text[wrong_ring_text]");

$asked = fn(array $options) => failure(fn() => $index->nearest($points, 1, $options));
check('cancel', $asked(['progress' => fn() => true])->status === $text['cancelled_status']);
$flag = $library->c->new('int32_t[1]');
$flag[0] = 1;
check('cancel flag', $asked(['cancel' => $flag])->status === $text['cancelled_status']);
check('own error', $asked(['progress' => fn() => throw new DomainException('mine')])->getMessage() === 'mine');
$calls = 0;
for ($i = 0; $i < 200; $i++) {
    $index->locate($points, ['progress' => function () use (&$calls) { $calls++; }]);
}
check('many callbacks', $calls >= 200);

$index->free();
$index->free();
check('freed', failure(fn() => $index->locate($points))->status === $text['freed_status']);
