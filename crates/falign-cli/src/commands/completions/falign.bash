# Completion of falign for bash: source it, or write it to ~/.local/share/bash-completion/completions/falign
_falign() {
    # The shell takes KEY=VALUE for three words.
    local words=() word joins='' last
    for word in "${COMP_WORDS[@]:1:COMP_CWORD}"; do
        last=$((${#words[@]} - 1))
        if [[ $last -ge 0 && ($word == '=' || $joins) ]]; then
            words[last]+=$word
        else
            words+=("$word")
        fi
        joins=''
        if [[ $word == '=' ]]; then joins=1; fi
    done
    last=$((${#words[@]} - 1))
    local IFS=$'\n'
    COMPREPLY=($(falign complete "${words[@]}" 2>/dev/null))
    # Of such a word it replaces what follows the sign.
    if [[ ${words[last]} == *=* ]]; then
        COMPREPLY=("${COMPREPLY[@]#*=}")
    elif [[ ${COMPREPLY[0]} == *= ]]; then
        compopt -o nospace 2>/dev/null
    fi
}
complete -o default -F _falign falign
