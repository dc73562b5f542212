/** Shells that completion is written for. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** Each asks crpm itself for what fits; where that is nothing, names of files are completed. */
const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: `_crpm() {
  local cur=\${COMP_WORDS[COMP_CWORD]} line
  local words=() before=$COMP_LINE
  before=\${before:0:COMP_POINT}
  # Bash splits words at = and :, crpm does not.
  read -ra words <<<"$before"
  [[ $before == *[[:space:]] ]] && words+=("")
  COMPREPLY=()
  while IFS= read -r line; do COMPREPLY+=("$line"); done < <("\${words[0]}" complete -- "\${words[@]:1}" 2>/dev/null)
  local typed=\${words[-1]}
  # What Bash takes for words of their own has been typed already.
  local prefix=\${typed%"$cur"}
  [[ $cur == [=:] ]] && prefix=$typed
  COMPREPLY=("\${COMPREPLY[@]#"$prefix"}")
}
complete -o default -o bashdefault -F _crpm crpm
`,
  zsh: `#compdef crpm
_crpm() {
  local -a found
  found=("\${(@f)$("\${words[1]}" complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if (( \${#found} )) && [[ -n \${found[1]} ]]; then compadd -a found; else _files; fi
}
if [ "$funcstack[1]" = "_crpm" ]; then _crpm "$@"; else compdef _crpm crpm; fi
`,
  fish: `function __crpm_complete
    set -l words (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token --cut-at-cursor)
    set -l found ($words[1] complete -- $words[2..] 2>/dev/null)
    if test (count $found) -gt 0
        string join \\n -- $found
    else
        __fish_complete_path (commandline --current-token --cut-at-cursor)
    end
end
complete --command crpm --no-files --arguments '(__crpm_complete)'
`,
};

/** What the shell is to read: a function that completes the command lines of crpm. */
export function completionScript(shell: Shell): string {
  return SCRIPTS[shell];
}
