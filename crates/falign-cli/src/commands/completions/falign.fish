# Completion of falign for fish: write it to ~/.config/fish/completions/falign.fish
function __falign_complete
    set -l words (commandline -opc) (commandline -ct)
    falign complete $words[2..-1] 2>/dev/null
end
complete -c falign -a '(__falign_complete)'
