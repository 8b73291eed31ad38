#compdef falign
# Completion of falign for zsh: write it to a folder of $fpath, as _falign, or source it behind compinit
_falign() {
    local -a found keys
    local answer=1
    found=("${(@f)$(falign complete "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}")
    found=("${(@)found:#}")
    keys=("${(@M)found:#*=}")
    found=("${(@)found:#*=}")
    if (( $#found + $#keys )); then
        compadd -- "${found[@]}" && answer=0
        compadd -S '' -- "${keys[@]}" && answer=0
    else
        _files && answer=0
    fi
    return answer
}
# From $fpath this file is the function's first call.
if [[ $funcstack[1] == _falign ]]; then
    _falign "$@"
else
    compdef _falign falign
fi
