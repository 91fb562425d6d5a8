# Words of ipvsadm, ipvsadm-save and ipvsadm-restore for fish.
function __ipvsadm_complete
    set -lx PATH $PATH /usr/local/sbin /usr/sbin /sbin
    set -l words (commandline -opc)
    set -l word (commandline -ct | string unescape)
    set -l program (string replace -r '.*/' '' -- $words[1])
    set -l found (command $program --complete $words[2..] "$word" 2>/dev/null)
    if string match -q '<files>*' -- $found[1]
        set -l prefix (string split -m 1 \t -- $found[1])[2]
        set -l file (string sub -s (math 1 + (string length -- "$prefix")) -- "$word")
        string replace -r '^' -- "$prefix" (__fish_complete_path "$file")
    else
        printf '%s\n' $found
    end
end
for program in ipvsadm ipvsadm-save ipvsadm-restore
    complete -c $program -k -f -a '(__ipvsadm_complete)'
end
