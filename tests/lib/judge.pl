#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
#
# judge.pl PROGRAM [ARGUMENT...]	runs a program that prints TAP
# judge.pl --each PROGRAM...		runs several, none longer than 5 minutes
# judge.pl --log FILE STATUS		what one has printed, and its exit status
# judge.pl --marked MARK [--no-skips] NAME...
#					several programs' output on standard input, one
#					after the other, between lines of their runner
#
# Has TAP::Parser judge what is printed. The last line is "N passed, N failed", with
# ", N skipped" when there are any. A failure, too, is a plan that does not fit, no
# check at all, a check that is "TODO", or an exit status that says otherwise than
# the checks. --each shows what a program says when a check failed, and what it says
# behind "## "; --log shows nothing of it.
#
# A runner's lines are "MARK begin"; for each program "MARK test NAME" and "MARK end NAME
# HOW STATUS SECONDS LIMIT", where HOW is exit, timeout or stuck; "MARK error TEXT";
# "MARK end". All is shown, and a failure, too, is each NAME that never ran, a program
# that was cut off, and an end that never came. With --no-skips so is a skip.

use strict;
use warnings;
use TAP::Parser;

$| = 1;
my %sum = (passed => 0, failed => 0, skipped => 0);
my $child;
for my $signal (qw(INT TERM)) {
	$SIG{$signal} = sub {
		kill TERM => $child if $child;
		exit 1;
	};
}

# kind(LINE): which count of a check it belongs to
sub kind {
	my ($line) = @_;

	return 'skipped' if $line->has_skip;
	return $line->is_actual_ok && !$line->has_todo ? 'passed' : 'failed';
}

# contradictions(STATUS, COUNTS): between the checks and the program's end
sub contradictions {
	my ($status, %here) = @_;
	my $how = $status > 128 ? 'by signal ' . ($status - 128) :
		  "with status $status";

	return ((!$here{passed} && !$here{failed} ? 'nothing was checked' : ()),
		($status && !$here{failed} ? "ended $how" : ()),
		(!$status && $here{failed} ?
		 'ended with status 0 in spite of failures' : ()));
}

# judge(NAME, SHOWN, FILE, END): END gives the status, as the shell's $?; SHOWN says
# whether a line of the program is shown
sub judge {
	my ($name, $shown, $file, $end) = @_;
	my %here = (passed => 0, failed => 0, skipped => 0);
	my $tap = TAP::Parser->new({ source => $file });

	while (defined(my $line = $tap->next)) {
		my $kind = $line->is_test ? kind($line) : '';

		$here{$kind}++ if $kind;
		$shown->($line, $kind);
	}
	my @problems = ($tap->parse_errors, contradictions($end->(), %here));
	print "not ok - $name: $_\n" for @problems;
	$here{failed} += @problems;
	$sum{$_} += $here{$_} for keys %sum;
	return %here;
}

# run(NAME, SHOWN, PROGRAM, ARGUMENT...)
sub run {
	my ($name, $shown, @command) = @_;

	$child = open(my $out, '-|', @command) or die "$command[0]: $!\n";
	return judge($name, $shown, $out, sub {
		close $out;
		undef $child;
		return $? & 127 ? 128 + ($? & 127) : $? >> 8;
	});
}

# each_of(PROGRAM): what it says is shown when a check failed, or behind "## "
sub each_of {
	my ($program) = @_;
	my ($name) = $program =~ m{([^/]*)$};
	my @said;
	my %here = run($name, sub {
		my ($line, $kind) = @_;

		push @said, $line->raw if $kind ne 'passed';
	}, 'timeout', 300, $program);
	for (@said) {
		print "$name: $_\n" if $here{failed};
		print "# $name: $1\n" if /^## (.*)/;
	}
	print "# $name: $here{passed} passed, $here{failed} failed\n";
}

# problem(TEXT): one that is no check of a program's
sub problem {
	print "    not ok - $_[0]\n";
	$sum{failed}++;
}

# ending(TEST): how the runner says that it ended, when that is wrong
sub ending {
	my ($test) = @_;
	my ($how, $status, $limit) = @{$test->{end}}{qw(how status limit)};

	return () if $how eq 'exit';
	return "still running after $limit s, " . ($how eq 'stuck' ?
		'and cannot be killed' :
		"killed (a test says '# timeout: SECONDS' when it needs more)");
}

# counted(LINE): which count a line of a program belongs to; a plan of no checks is
# a skip when it says so
sub counted {
	my ($line) = @_;

	return kind($line) if $line->is_test;
	return 'skipped' if $line->is_plan && $line->raw =~ /^1\.\.0\s*#\s*skip/i;
	return '';
}

# marked_test(TEST, NO_SKIPS): all that is known of a program
sub marked_test {
	my ($test, $no_skips) = @_;
	my %here = (passed => 0, failed => 0, skipped => 0);
	my $tap = TAP::Parser->new({ source => $test->{lines} });
	my @problems;

	while (defined(my $line = $tap->next)) {
		my $kind = counted($line);

		print '    ', $line->raw, "\n";
		$here{$kind}++ if $kind;
		push @problems, $line->raw if $line->is_bailout;
		problem('skipped, and no skips are permitted: ' . $line->explanation)
			if $no_skips && $kind eq 'skipped';
	}
	if (!$test->{end}) {
		@problems = ('died or was cut off while it ran');
	} elsif (ending($test)) {
		@problems = ending($test);
	} else {
		push @problems, $tap->parse_errors, contradictions(
			$test->{end}{status}, %here,
			passed => $here{passed} + $here{skipped});
	}
	$here{skipped} = 0 if $no_skips;
	problem("$test->{name}: " . join('; ', @problems)) if @problems;
	print "    # $test->{end}{seconds} s\n" if $test->{end};
	$sum{$_} += $here{$_} for keys %sum;
}

# marked(MARK, NO_SKIPS, NAME...)
sub marked {
	my ($mark, $no_skips, @wanted) = @_;
	my ($begun, $ended, $test, %ran);

	while (defined(my $line = <STDIN>)) {
		$line =~ s/\r?\n?\z//;
		if ($line !~ s/^\Q$mark\E //) {
			next if !($begun || $test) || $line =~ /^(?:TAP version .*)?\z/;
			if ($test) {
				push @{$test->{lines}}, $line;
			} else {
				print "    $line\n";
				problem('a check outside of any test') if $line =~ /^(?:not )?ok\b/;
			}
			next;
		}
		$begun ||= $line eq 'begin';
		if ($line =~ /^test (\S+)/) {
			marked_test($test, $no_skips) if $test;
			$test = { name => $1, lines => [] };
			$ran{$1} = 1;
			print "  $1\n";
		} elsif ($line =~ /^end \S+ (\w+) (\w+) (\d+) (\d+)/) {
			next unless $test;
			@{$test->{end}}{qw(how status seconds limit)} = ($1, $2, $3, $4);
			marked_test($test, $no_skips);
			undef $test;
		} elsif ($line eq 'end') {
			$ended = 1;
		} elsif ($line =~ /^error (.*)/) {
			problem($1);
		}
	}
	marked_test($test, $no_skips) if $test;
	problem('the tests never began') if !$begun;
	$ran{$_} or problem("$_: never ran") for @wanted;
	problem('the results stop before the end') if $begun && !$ended;
}

my $what = $ARGV[0] // '';
if ($what eq '--each') {
	each_of($_) for @ARGV[1 .. $#ARGV];
} elsif ($what eq '--log' && @ARGV == 3) {
	open(my $log, '<', $ARGV[1]) or die "$ARGV[1]: $!\n";
	judge('its TAP', sub {}, $log, sub { $ARGV[2] });
} elsif ($what eq '--marked' && @ARGV >= 2) {
	my ($mark, @names) = @ARGV[1 .. $#ARGV];
	my $no_skips = @names && $names[0] eq '--no-skips' && shift @names;

	marked($mark, $no_skips, @names);
} elsif ($what && $what !~ /^-/) {
	run($what =~ m{([^/]*/?[^/]*)$}, sub { print $_[0]->raw, "\n" }, @ARGV);
} else {
	die "usage: judge.pl PROGRAM [ARGUMENT...] | --each PROGRAM... | " .
		"--log FILE STATUS | --marked MARK [--no-skips] NAME...\n";
}
print "$sum{passed} passed, $sum{failed} failed",
	$sum{skipped} ? ", $sum{skipped} skipped" : '', "\n";
exit !($sum{passed} && !$sum{failed});
