# SPDX-License-Identifier: GPL-2.0-or-later
# fish completion for pfructl(1). Offers nodes of the two drivers only: to open
# another one, as a watchdog's, can start it.

# the command: the first word that is neither an option nor its value
function __pfructl_command
	set -l value no
	for word in (commandline -opc)[2..]
		if test $value = yes
			set value no
			continue
		end
		switch $word
			case -d --device -r --revision -t --type --retries --ca \
				--sha256 --wait -o --output --state --interval --confirm
				set value yes
			case '-*'
			case '*'
				echo $word
				return
		end
	end
end

# true when the command is one of these; "none": when there is no command yet
function __pfructl_in
	set -l command (__pfructl_command)
	test -n "$command"; or set command none
	contains -- $command $argv
end

# the nodes that the command is for
function __pfructl_nodes
	set -l kind update
	__pfructl_in telemetry telemetry-info log-level; and set kind telemetry
	__pfructl_in none; and set kind ''
	set -l nodes /dev/pfru/$kind* /dev/acpi_pfr_$kind*
	string join \n -- $nodes
end

set -l files capsule stage stage-activate
set -l device none capability activate telemetry telemetry-info log-level $files
set -l telemetry "__pfructl_in telemetry"

complete -c pfructl -f
complete -c pfructl -n '__pfructl_in none' -a status -d 'say what is missing'
complete -c pfructl -n '__pfructl_in none' -a capability -d 'show what can be updated'
complete -c pfructl -n '__pfructl_in none' -a capsule -d 'show a capsule'
complete -c pfructl -n '__pfructl_in none' -a stage -d 'load and authenticate a capsule'
complete -c pfructl -n '__pfructl_in none' -a activate -d 'run what was staged'
complete -c pfructl -n '__pfructl_in none' -a stage-activate -d 'both in one step'
complete -c pfructl -n '__pfructl_in none' -a history -d 'show the record of updates'
complete -c pfructl -n '__pfructl_in none' -a telemetry -d 'print the log of updates'
complete -c pfructl -n '__pfructl_in none' -a telemetry-info -d 'show sizes of the log'
complete -c pfructl -n '__pfructl_in none' -a log-level -d 'show or set the log level'
complete -c pfructl -n '__pfructl_in none' -a watchdog -d 'show the AMT watchdog'
complete -c pfructl -n '__pfructl_in none' -a metrics -d 'print metrics for monitoring'
complete -c pfructl -n '__pfructl_in none' -a report -d 'put what a vendor wants to see into one archive'
complete -c pfructl -n "__pfructl_in $files" -F
complete -c pfructl -s j -l json -d 'print one JSON document'
complete -c pfructl -l machine -d 'name this machine in JSON'
complete -c pfructl -s q -l quiet -d 'print no notes and no progress'
complete -c pfructl -s h -l help -d 'print help'
complete -c pfructl -s V -l version -d 'print the version'
complete -c pfructl -n "__pfructl_in $device" -s d -l device -x \
	-a '(__pfructl_nodes)' -d 'node or instance'
complete -c pfructl -n "__pfructl_in $device" -s r -l revision -x -a '1 2' \
	-d 'revision'
complete -c pfructl -n "__pfructl_in stage stage-activate" \
	-s n -l dry-run -d 'write nothing'
complete -c pfructl -n "__pfructl_in stage stage-activate" \
	-l unless-current -d 'succeed without an update if it runs already'
complete -c pfructl -n "__pfructl_in stage stage-activate" \
	-l force-after-interruption -d 'try again what was cut off'
complete -c pfructl -n "__pfructl_in history" -l last -d 'only the last attempt'
complete -c pfructl -n "__pfructl_in stage" -l retries -x \
	-d 'how often to repeat'
complete -c pfructl -n "__pfructl_in telemetry telemetry-info" \
	-s t -l type -x -a 'execution history' -d 'log'
complete -c pfructl -n $telemetry -l full -d 'print the whole log'
complete -c pfructl -n $telemetry -l delta -d 'print what is new'
complete -c pfructl -n $telemetry -l follow -d 'print what is new, until interrupted'
complete -c pfructl -n $telemetry -l summary -d 'print a table of the updates'
complete -c pfructl -n $telemetry -l since-reset \
	-d 'report what was overwritten since the reset as lost'
complete -c pfructl -n $telemetry -l raw -d 'escape nothing'
complete -c pfructl -n $telemetry -l escape \
	-d 'escape control characters whatever the output is'
complete -c pfructl -n '__pfructl_in telemetry metrics report' -s o -l output -rF \
	-d 'print to a file'
complete -c pfructl -n $telemetry -l journal -d 'print to the journal'
complete -c pfructl -n $telemetry -l state -rF -d 'keep the position in this file'
complete -c pfructl -n $telemetry -l interval -x -d 'how often to look'
complete -c pfructl -n $telemetry -l confirm -x \
	-d 'how often to ask the firmware at least'
complete -c pfructl -n "__pfructl_in activate stage stage-activate" -l wait -x \
	-d 'wait while another update is under way'
complete -c pfructl -n "__pfructl_in activate stage stage-activate" -l sha256 -x \
	-d 'refuse another capsule'
complete -c pfructl -n "__pfructl_in $files" -l ca -rF \
	-d 'verify against these certificates'
complete -c pfructl -n "__pfructl_in capsule" -l no-device \
	-d 'do not judge against this machine'
complete -c pfructl -n "__pfructl_in log-level" -a 'error warning info verbose'
