# perl -I. test.pl LIBRARY FIXTURE: see tests/runtimes.
use strict;
use warnings;
use Polyfind;

my ($library, $path) = @ARGV;
open my $lines, '<', $path or die "$path: $!";
my %text = map { chomp; split / /, $_, 2 } <$lines>;
sub words { return split / /, $text{ $_[0] } }

sub check {
    my ($name, $ok) = @_;
    die "FAILED $name\n" unless $ok;
    print "$name\n";
}

sub same {
    my ($got, $wanted) = @_;
    return "@$got" eq $text{$wanted};
}

# What a call fails with.
sub failure {
    my ($call) = @_;
    return eval { $call->(); 1 } ? '' : $@;
}

Polyfind::load($library);
check 'functions', !grep({ !PolyfindH->can($_) } words('functions')) && Polyfind::version() eq PolyfindH::pf_version();

my %size = words('structures');
my %place = words('fields');
my $differ = grep { "PolyfindH::$_"->_ffi_record_size != $size{$_} } keys %size;
for my $name (keys %place) {
    my ($structure, $field) = split /\./, $name;
    my $class = "PolyfindH::$structure";
    my ($known) = grep { $class->can($_) } $field, "${field}_x", "${field}_min_x";    # the first of a structure in it
    my $record = $class->new({ $known => 0.1 });
    $record->$known(1) if $$record !~ /[^\0]/;
    $differ++ if $$record !~ /^\0{$place{$name}}[^\0]/;
}
check 'structures', !$differ;

my @offsets = map { [words($_)] } qw(ring_offsets part_offsets polygon_offsets);
my $vertices = Polyfind::Points->new([words('x')], [words('y')]);
my ($x, $y) = ([words('point_x')], [words('point_y')]);
my $points = Polyfind::Points->new(pack('d*', @$x), pack('d*', @$y));
my @last;
my $polygons = Polyfind::Polygons->new($vertices, @offsets);
my $index = Polyfind::Index->build($polygons, progress => sub { @last = @_; return 0 });
check 'build', $index->len == $#{ $offsets[2] };
check 'progress', $last[0] == $last[1] && $last[1] > 0;
check 'locate', same($index->locate($points), 'locate');
my ($ends, $found) = $index->find($points, $text{distance});
check 'find', same($ends, 'find_offsets') && same($found, 'find_polygons');
my $none = Polyfind::Points->new([], []);
my ($end, $empty) = $index->find($none, 1);
check 'nothing', "@$end" eq '0' && !@$empty && !@{ $index->locate($none) };
my ($rows, $distances) = $index->nearest($points, $text{k});
my @wanted = words('nearest_distances');
my $far = grep { abs($distances->[$_] - $wanted[$_]) > $wanted[$_] * 2**-51 } 0 .. $#wanted;
check 'nearest', !$far && same($rows, 'nearest_polygons');
$index->save($text{file});
check 'file', same(Polyfind::Index->open($text{file})->locate($points), 'locate');

$x->[$text{wrong_point}] = 'NaN';
my $error = failure(sub { $index->locate(Polyfind::Points->new($x, $y)) });
check 'point error', $error eq "$text{wrong_point_status}: $text{wrong_point_text}";
check 'row of the error', $error->item == $text{wrong_point};
$offsets[0][$text{wrong_ring}] = -1;
$error = failure(sub { Polyfind::Index->build(Polyfind::Polygons->new($vertices, @offsets)) });
check 'layout error', $error eq "$text{wrong_ring_status}: $text{wrong_ring_text}";

my $asked = sub { my @run = @_; failure(sub { $index->nearest($points, 1, @run) }) };
check 'cancel', $asked->(progress => sub { 1 })->status eq $text{cancelled_status};
check 'cancel flag', $asked->(cancel => \pack('l', 1))->status eq $text{cancelled_status};
check 'own error', $asked->(progress => sub { die "mine\n" }) eq "mine\n";
my $calls = 0;
$index->locate($points, progress => sub { $calls++; return 0 }) for 1 .. 200;
check 'many callbacks', $calls >= 200;

$index->free;
$index->free;
check 'freed', failure(sub { $index->locate($points) })->status eq $text{freed_status};
