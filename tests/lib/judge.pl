#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
#
# judge.pl PROGRAM [ARGUMENT...]	runs a program that prints TAP
# judge.pl --each PROGRAM...		runs several, none longer than 5 minutes
# judge.pl --log FILE STATUS		what one has printed, and its exit status
#
# Has TAP::Parser judge what is printed. The last line is "N passed, N failed", with
# ", N skipped" when there are any. A failure, too, is a plan that does not fit, no
# check at all, a check that is "TODO", or an exit status that says otherwise than
# the checks. --each shows what a program says when a check failed, and what it says
# behind "## "; --log shows nothing of it.

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

my $what = $ARGV[0] // '';
if ($what eq '--each') {
	each_of($_) for @ARGV[1 .. $#ARGV];
} elsif ($what eq '--log' && @ARGV == 3) {
	open(my $log, '<', $ARGV[1]) or die "$ARGV[1]: $!\n";
	judge('its TAP', sub {}, $log, sub { $ARGV[2] });
} elsif ($what && $what !~ /^-/) {
	run($what =~ m{([^/]*/?[^/]*)$}, sub { print $_[0]->raw, "\n" }, @ARGV);
} else {
	die "usage: judge.pl PROGRAM [ARGUMENT...] | --each PROGRAM... | " .
		"--log FILE STATUS\n";
}
print "$sum{passed} passed, $sum{failed} failed",
	$sum{skipped} ? ", $sum{skipped} skipped" : '', "\n";
exit !($sum{passed} && !$sum{failed});
