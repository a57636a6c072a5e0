package Polyfind;

# Matches points to polygons. Columns are strings of packed numbers, read where they lie, or array references, which are
# packed first: coordinates as by pack('d*'), offsets as by pack('q*'). Rows count from 0; -1 is none.
#
#   Polyfind::load('libpolyfind.so');
#   my $index = Polyfind::Index->build(Polyfind::Polygons->new(Polyfind::Points->new($x, $y), $ring_offsets));
#   my $rows = $index->locate(Polyfind::Points->new($px, $py));

use strict;
use warnings;
use Carp ();
use FFI::Platypus::Buffer qw(scalar_to_pointer);
use PolyfindH;

my $ffi;

# The library at a path.
sub load {
    my ($path) = @_;
    $ffi = PolyfindH::load($path);
    my ($has, $wanted) = (PolyfindH::pf_abi(), PolyfindH::PF_ABI);
    Carp::croak("$path has ABI $has, this package $wanted") if $has != $wanted;
    return;
}

sub version { return PolyfindH::pf_version() }

# A structure that is all zero but for its size and these fields.
sub struct {
    my ($name, %fields) = @_;
    my $class = "PolyfindH::$name";
    my $size = $class->can('struct_size') ? { struct_size => $class->_ffi_record_size } : {};
    return $class->new({ %$size, %fields });
}

# Calls a fallible function, whose arguments have a pf_run in their middle and a pf_error at their end. Of the options
# progress is told how much of how much is done, and stops the call with true or by dying; cancel is a reference to a
# packed int32 that stops it when it is not 0; workers is the number of threads, 0 for one per core.
sub call {
    my ($name, $options, $before, $after) = @_;
    my ($died, $told);
    if (my $progress = $options->{progress}) {
        $told = $ffi->closure(sub {
            my $answer = eval { $progress->(@_[0, 1]) ? 1 : 0 };
            $died = $@ unless defined $answer;    # which must not go through the library
            return $answer // 1;
        });
    }
    my $run = struct('pf_run', workers => $options->{workers} // 0);
    $run->progress($ffi->cast(pf_progress => 'opaque', $told)) if $told;
    $run->cancel(scalar_to_pointer(${ $options->{cancel} })) if $options->{cancel};
    my $error = struct('pf_error');
    my $status = PolyfindH->can($name)->(@$before, $run, @$after, $error);
    die $died if defined $died;
    die Polyfind::Error->new($error) if $status != PolyfindH::PF_OK;
    return;
}

# A reference to a packed column, and how many numbers it has.
sub packed {
    my ($values, $kind) = @_;
    my $column = ref $values eq 'ARRAY' ? \pack("$kind*", @$values) : ref $values ? $values : \$values;
    return $column, length($$column) / 8;
}

# A refused or stopped call.
package Polyfind::Error {
    use overload '""' => sub { "$_[0]{status}: $_[0]{message}" }, fallback => 1;

    sub new {
        my ($class, $error) = @_;
        my $message = $error->message =~ s/\0.*//sr;
        utf8::decode($message);
        my $status = PolyfindH::pf_status_name($error->status);
        return bless { status => $status, item => $error->item, message => $message }, $class;
    }
    sub status { return $_[0]{status} }    # its name, such as PF_ERROR_COORDINATE
    sub item   { return $_[0]{item} }      # the row that caused it, or -1
}

# Two columns of equal length.
package Polyfind::Points {
    use FFI::Platypus::Buffer qw(scalar_to_pointer);

    sub new {
        my ($class, @columns) = @_;
        my ($x, $n) = Polyfind::packed($columns[0], 'd');
        my ($y, $n_y) = Polyfind::packed($columns[1], 'd');
        Carp::croak('x and y differ in length') if $n != $n_y;
        my %fields = (len => $n, stride => 8, dtype => PolyfindH::PF_F64);
        %fields = (%fields, x => scalar_to_pointer($$x), y => scalar_to_pointer($$y));
        my $c = Polyfind::struct('pf_points', %fields);
        return bless { c => $c, fields => \%fields, n => $n, kept => [$x, $y] }, $class;
    }
}

# A table of polygons; offsets as polyfind.h has them.
package Polyfind::Polygons {
    use FFI::Platypus::Buffer qw(scalar_to_pointer);

    sub new {
        my ($class, $vertices, @offsets) = @_;
        my %fields = map { ("vertices_$_" => $vertices->{fields}{$_}) } keys %{ $vertices->{fields} };
        my @kept = ($vertices);
        for my $level (qw(ring part polygon)) {
            my $given = shift @offsets // next;
            my ($column, $n) = Polyfind::packed($given, 'q');
            @fields{"${level}_offsets", "${level}_count"} = (scalar_to_pointer($$column), $n - 1);
            push @kept, $column;
        }
        my $c = Polyfind::struct('pf_polygons', %fields, offset_type => PolyfindH::PF_I64);
        return bless { c => $c, kept => \@kept }, $class;
    }
}

# Polygons, ready to be asked. Freed when it is said so, or nobody has it any more. Options are those of Polyfind::call.
package Polyfind::Index {
    use FFI::Platypus::Buffer qw(scalar_to_pointer buffer_to_scalar);

    sub build {
        my ($class, $polygons, %options) = @_;
        return $class->_made('pf_index_build', \%options, $polygons->{c}, undef);
    }

    # From a file that save wrote.
    sub open {
        my ($class, $path, %options) = @_;
        return $class->_made('pf_index_load', \%options, $path);
    }

    sub _made {
        my ($class, $name, $options, @before) = @_;
        Polyfind::call($name, $options, \@before, [\my $handle]);
        return bless { handle => $handle }, $class;
    }

    sub save {
        my ($self, $path, %options) = @_;
        return Polyfind::call('pf_index_save', \%options, [$self->{handle}, $path], []);
    }

    sub len { return PolyfindH::pf_index_len($_[0]{handle}) }

    # The lowest row that each point is in or on.
    sub locate {
        my ($self, $points, %options) = @_;
        my $rows = "\0" x (4 * $points->{n});
        my $query = Polyfind::struct('pf_query', relation => PolyfindH::PF_COVERS);
        my @before = ($self->{handle}, $points->{c}, $query);
        Polyfind::call('pf_index_best', \%options, \@before, [scalar_to_pointer($rows), undef, $points->{n}]);
        return [unpack 'l*', $rows];
    }

    # All rows at most a distance away: offsets, and polygons, where those of point i begin at offsets[i].
    sub find {
        my ($self, $points, $distance, %options) = @_;
        my $query = Polyfind::struct('pf_query', relation => PolyfindH::PF_DWITHIN, distance => $distance);
        Polyfind::call('pf_index_find', \%options, [$self->{handle}, $points->{c}, $query], [\my $result]);
        my $rows = PolyfindH::pf_result_rows($result);
        my $pairs = PolyfindH::pf_result_pairs($result);
        my @offsets = unpack 'q*', buffer_to_scalar(PolyfindH::pf_result_offsets($result), 8 * ($rows + 1));
        my @polygons = $pairs ? unpack 'l*', buffer_to_scalar(PolyfindH::pf_result_polygons($result), 4 * $pairs) : ();
        PolyfindH::pf_result_free($result);
        return \@offsets, \@polygons;
    }

    # The k nearest rows of each point, nearest first, and their distances.
    sub nearest {
        my ($self, $points, $k, %options) = @_;
        my $n = $k * $points->{n};
        my ($rows, $distances) = ("\0" x (4 * $n), "\0" x (8 * $n));
        my @outs = (scalar_to_pointer($rows), scalar_to_pointer($distances), $n);
        Polyfind::call('pf_index_nearest', \%options, [$self->{handle}, $points->{c}, $k, undef], \@outs);
        return [unpack 'l*', $rows], [unpack 'd*', $distances];
    }

    # Frees it; what it is asked then is refused.
    sub free { return PolyfindH::pf_index_free($_[0]{handle}) }

    sub DESTROY { $_[0]->free unless ${^GLOBAL_PHASE} eq 'DESTRUCT'; return }
}

1;
