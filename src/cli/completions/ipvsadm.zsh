#compdef ipvsadm ipvsadm-save ipvsadm-restore
# Words of ipvsadm, ipvsadm-save and ipvsadm-restore for zsh.
_ipvsadm() {
    local PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
    local -a found shown
    found=("${(@f)$(${words[1]:t} --complete "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}")
    [[ -n $found ]] || return 1
    if [[ $found[1] == '<files>'* ]]; then
        compset -P "${found[1]#*$'\t'}"
        _files
    else
        shown=("${(@)found/$'\t'/  -- }")
        compadd -V words -l -d shown -- "${(@)found%%$'\t'*}"
    fi
}
if [[ ${funcstack[1]-} == _ipvsadm ]]; then
    _ipvsadm "$@"
else
    compdef _ipvsadm ipvsadm ipvsadm-save ipvsadm-restore
fi
