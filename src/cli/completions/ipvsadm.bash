# Words of ipvsadm, ipvsadm-save and ipvsadm-restore for bash.
_ipvsadm() {
    local PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin IFS=$' \t\n'
    # bash splits words at colons and at =, which addresses and options contain.
    local line=${COMP_LINE:0:COMP_POINT} word words found
    line=${line#*"$1"}
    read -ra words <<<"$line"
    [[ $line == *[[:blank:]] ]] && words+=('')
    word=${words[-1]}
    found=$("${1##*/}" --complete "${words[@]}" 2>/dev/null) || return
    if [[ $found == '<files>'* ]]; then
        compopt -o filenames
        word=${word#"${found#*$'\t'}"}
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
    else
        mapfile -t COMPREPLY <<<"$found"
        COMPREPLY=("${COMPREPLY[@]%%$'\t'*}")
    fi
    # bash replaces only the part of the word behind the last of these.
    COMPREPLY=("${COMPREPLY[@]#"${word%"$2"}"}")
}
complete -F _ipvsadm ipvsadm ipvsadm-save ipvsadm-restore
