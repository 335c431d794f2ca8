# SPDX-License-Identifier: GPL-2.0-or-later
# fish completion for amtctl(1)

set -l commands status versions hashes features configure activate deactivate
set -l configure "__fish_seen_subcommand_from configure"
set -l changing "__fish_seen_subcommand_from configure activate deactivate"
set -l activate "__fish_seen_subcommand_from activate"

complete -c amtctl -f
complete -c amtctl -n "not __fish_seen_subcommand_from $commands" -a "$commands"
complete -c amtctl -s j -l json -d 'print one JSON document'
complete -c amtctl -s q -l quiet -d 'print no notes'
complete -c amtctl -s h -l help -d 'print help'
complete -c amtctl -s V -l version -d 'print the version'
complete -c amtctl -n $changing -s n -l dry-run -d 'change nothing'
complete -c amtctl -n $changing -s y -l yes -d 'do not ask'
complete -c amtctl -n $configure -a 'start stop'
complete -c amtctl -n $activate -l password-file -r -F -d 'the password is in a file'
complete -c amtctl -n $activate -l password-stdin -d 'the password is on standard input'
