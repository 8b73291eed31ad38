#compdef falign
# Completion of falign for zsh: write it to a folder of $fpath, as _falign
_falign() {
    local -a found keys
    found=("${(@f)$(falign complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
    found=("${(@)found:#}")
    keys=("${(@M)found:#*=}")
    found=("${(@)found:#*=}")
    if (( $#found + $#keys )); then
        compadd -- "${found[@]}"
        compadd -S '' -- "${keys[@]}"
    else
        _files
    fi
}
compdef _falign falign
