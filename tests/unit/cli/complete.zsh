# SPDX-License-Identifier: GPL-2.0-or-later
# Read by an interactive zsh on a terminal (test_completion.py): COMPLETIONS is the
# directory of _pfructl, FOUND the file for what TAB would offer, one a line.

PS1='ready> '
fpath=($COMPLETIONS $fpath)
autoload -U compinit && compinit -u -D

# every match goes through compadd: where it is to be offered, note it
compadd() {
	local -a noted

	if (( ! ${argv[(I)-[OAD]]} )); then
		builtin compadd -O noted "$@"
		print -rl -- $noted >> $FOUND
	fi
	builtin compadd "$@"
}

# all has been noted when this is done; the next line begins anew, without the list
finish() {
	zle expand-or-complete
	print done >> $FOUND
	zle send-break
}
zle -N finish
bindkey '^T' finish
LISTMAX=10000
unsetopt beep auto_menu
