# SPDX-License-Identifier: GPL-2.0-or-later
# fish completion for pfructl(1)

set -l commands status capability capsule stage activate stage-activate \
	telemetry telemetry-info log-level watchdog
set -l files capsule stage stage-activate

complete -c pfructl -f
complete -c pfructl -n "not __fish_seen_subcommand_from $commands" -a "$commands"
complete -c pfructl -n "__fish_seen_subcommand_from $files" -F
complete -c pfructl -s j -l json -d 'print one JSON document'
complete -c pfructl -s q -l quiet -d 'print no notes and no progress'
complete -c pfructl -s h -l help -d 'print help'
complete -c pfructl -s V -l version -d 'print the version'
complete -c pfructl -n "__fish_seen_subcommand_from $commands; and not __fish_seen_subcommand_from status watchdog" \
	-s d -l device -rF -d 'node or instance'
complete -c pfructl -n "__fish_seen_subcommand_from $commands; and not __fish_seen_subcommand_from status watchdog" \
	-s r -l revision -x -a '1 2' -d 'revision'
complete -c pfructl -n "__fish_seen_subcommand_from stage stage-activate" \
	-s n -l dry-run -d 'write nothing'
complete -c pfructl -n "__fish_seen_subcommand_from stage" -l retries -x \
	-d 'how often to repeat'
complete -c pfructl -n "__fish_seen_subcommand_from telemetry telemetry-info" \
	-s t -l type -x -a 'execution history' -d 'log'
set -l telemetry "__fish_seen_subcommand_from telemetry"
complete -c pfructl -n $telemetry -l full -d 'print the whole log'
complete -c pfructl -n $telemetry -l delta -d 'print what is new'
complete -c pfructl -n $telemetry -l follow -d 'print what is new, again and again'
complete -c pfructl -n $telemetry -l summary -d 'print a table of the updates'
complete -c pfructl -n $telemetry -l since-reset \
	-d 'count as lost what was overwritten since the reset'
complete -c pfructl -n $telemetry -l raw -d 'escape nothing'
complete -c pfructl -n $telemetry -l escape \
	-d 'escape control characters wherever it is printed to'
complete -c pfructl -n $telemetry -s o -l output -rF -d 'print to a file'
complete -c pfructl -n $telemetry -l journal -d 'print to the journal'
complete -c pfructl -n $telemetry -l state -rF -d 'keep the position there'
complete -c pfructl -n $telemetry -l interval -x -d 'how often to look'
complete -c pfructl -n $telemetry -l confirm -x \
	-d 'how often to ask the firmware at least'
complete -c pfructl -n "__fish_seen_subcommand_from capsule" -l ca -rF \
	-d 'verify against these certificates'
complete -c pfructl -n "__fish_seen_subcommand_from capsule" -l no-device \
	-d 'do not judge against this machine'
complete -c pfructl -n "__fish_seen_subcommand_from log-level" \
	-a 'error warning info verbose'
