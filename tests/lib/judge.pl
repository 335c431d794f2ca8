#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
#
# judge.pl PROGRAM [ARGUMENT...]
# judge.pl --each PROGRAM...
#
# Runs a program that prints TAP, or several, shows what they print, and judges it by
# TAP::Parser. The last line is "N passed, N failed", with ", N skipped" when there
# are any. A failure, too, is a plan that does not fit, no check at all, a check that
# is "TODO", or an exit status that says otherwise than the checks. --each: the
# checks that passed are not shown, and no program may take longer than 5 minutes.

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

# judge(NAME, QUIET, PROGRAM, ARGUMENT...)
sub judge {
	my ($name, $quiet, @command) = @_;
	my %here = (passed => 0, failed => 0, skipped => 0);
	my (@problems, $out);

	$child = open($out, '-|', @command) or die "$command[0]: $!\n";
	my $tap = TAP::Parser->new({ source => $out });
	while (defined(my $line = $tap->next)) {
		my $kind = 'unknown';

		if ($line->is_test) {
			$kind = $line->has_skip ? 'skipped' :
				$line->is_actual_ok && !$line->has_todo ?
				'passed' : 'failed';
			$here{$kind}++;
		}
		next if $quiet && ($kind eq 'passed' || $line->is_plan);
		print $quiet ? "$name: " : '', $line->raw, "\n";
	}
	close $out;
	undef $child;
	push @problems, $tap->parse_errors;
	push @problems, 'nothing was checked' if !$here{passed} && !$here{failed};
	my $how = $? & 127 ? 'by signal ' . ($? & 127) : 'with status ' . ($? >> 8);
	push @problems, "ended $how" if $? && !$here{failed};
	push @problems, 'ended with status 0 in spite of failures'
		if !$? && $here{failed};
	print "not ok - $name: $_\n" for @problems;
	$here{failed} += @problems;
	print "# $name: $here{passed} passed, $here{failed} failed\n" if $quiet;
	$sum{$_} += $here{$_} for keys %sum;
}

if (@ARGV && $ARGV[0] eq '--each') {
	shift @ARGV;
	judge(m{([^/]*)$}, 1, 'timeout', 300, $_) for @ARGV;
} elsif (@ARGV) {
	judge($ARGV[0] =~ m{([^/]*/?[^/]*)$}, 0, @ARGV);
} else {
	die "usage: judge.pl PROGRAM [ARGUMENT...] | --each PROGRAM...\n";
}
print "$sum{passed} passed, $sum{failed} failed",
	$sum{skipped} ? ", $sum{skipped} skipped" : '', "\n";
exit !($sum{passed} && !$sum{failed});
