/** Shells that completion is written for. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/**
 * Each asks crpm itself for what fits; where that is nothing, names of files are completed. Behind npx only a crpm that is there is asked: a key that completes must not fetch anything. `programs`: what it is completed
 * behind. npx has no completion of its own that would be lost.
 */
const SCRIPTS: Readonly<Record<Shell, (programs: readonly string[]) => string>> = {
  bash: (programs) => `_crpm() {
  local cur=\${COMP_WORDS[COMP_CWORD]} line
  local words=() before=$COMP_LINE
  before=\${before:0:COMP_POINT}
  # Bash splits words at = and :, crpm does not.
  read -ra words <<<"$before"
  [[ $before == *[[:space:]] ]] && words+=("")
  local program=("\${words[0]}")
  COMPREPLY=()
  if [[ \${words[0]} == npx ]]; then
    [[ \${words[1]} == crpm && \${#words[@]} -gt 2 ]] || return
    program=(npx --no crpm)
    words=("\${words[@]:1}")
  fi
  while IFS= read -r line; do COMPREPLY+=("$line"); done < <("\${program[@]}" complete -- "\${words[@]:1}" 2>/dev/null)
  local typed=\${words[-1]}
  # What Bash takes for words of their own has been typed already.
  local prefix=\${typed%"$cur"}
  [[ $cur == [=:] ]] && prefix=$typed
  COMPREPLY=("\${COMPREPLY[@]#"$prefix"}")
}
complete -o default -o bashdefault -F _crpm ${programs.join(' ')}
`,
  zsh: (programs) => `#compdef ${programs.join(' ')}
_crpm() {
  local -a found program
  local from=2
  program=("\${words[1]}")
  if [[ \${words[1]} == npx ]]; then
    if [[ \${words[2]} != crpm ]] || (( CURRENT < 3 )); then _files; return; fi
    program=(npx --no crpm)
    from=3
  fi
  found=("\${(@f)$("\${program[@]}" complete -- "\${(@)words[from,CURRENT]}" 2>/dev/null)}")
  if (( \${#found} )) && [[ -n \${found[1]} ]]; then compadd -a found; else _files; fi
}
if [ "$funcstack[1]" = "_crpm" ]; then _crpm "$@"; else compdef _crpm ${programs.join(' ')}; fi
`,
  fish: (programs) => `function __crpm_complete
    set -l words (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token --cut-at-cursor)
    set -l program $words[1]
    if test "$words[1]" = npx
        set program npx --no crpm
        set --erase words[1]
    end
    set -l found ($program complete -- $words[2..] 2>/dev/null)
    if test (count $found) -gt 0
        string join \\n -- $found
    else
        __fish_complete_path (commandline --current-token --cut-at-cursor)
    end
end
function __crpm_is_asked
    set -l words (commandline --current-process --tokenize --cut-at-cursor)
    test "$words[1]" != npx; or test "$words[2]" = crpm
end
${programs.map((program) => `complete --command ${program} --no-files --condition __crpm_is_asked --arguments '(__crpm_complete)'\n`).join('')}`,
};

/** What the shell is to read: a function that completes the command lines of crpm. `command`: what crpm is started by. */
export function completionScript(shell: Shell, command: 'crpm' | 'npx crpm'): string {
  return SCRIPTS[shell](command === 'crpm' ? ['crpm'] : ['crpm', 'npx']);
}
