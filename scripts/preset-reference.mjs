// Writes the table of presets at the end of docs/config.md, from what the program itself reads.

const INTRO = `
## Presets

What crpm knows of a source by its name, or by \`preset\`. Kind, spec and \`pin\` of a source go before it. RPMs and trees are those of KubeVirt's \`hack/rpm-deps.sh\`; where
your tree's own script says otherwise, it is right. **Experimental** is a preset of which crpm has not been seen to build from the very spec that it names.

| preset | kind | spec | variable | RPMs, and the trees that ask for them | state |
|---|---|---|---|---|---|
`;

/** @param {{ PRESETS: ReadonlyMap<string, object> }} presets */
export function presetReference({ PRESETS }) {
  const rows = [...PRESETS].map(([name, preset]) => {
    const spec = 'tree' in preset.spec ? `\`${preset.spec.tree}\` of the tree` : `${preset.spec.git}, branch \`c9s\` or \`c10s\``;
    const rpms = [...preset.pinned.map((each) => [each, '']), ...(preset.unpinned ?? []).map((each) => [each, ' without a version'])];
    const state = preset.built === undefined ? '**experimental**' : `built: ${preset.built}`;
    return `| \`${name}\` | \`${preset.kind}\` | ${spec} | \`${preset.variable}\` | ${rpms.map(([each, how]) => `\`${each.rpm}\`${how} (${treesOf(each)})`).join(', ')} | ${state} |`;
  });
  return `${INTRO}${rows.join('\n')}\n`;
}

/** `launcherbase on x86_64, aarch64; libguestfs-tools`; without architectures where all three have it. */
function treesOf({ trees }) {
  return Object.entries(trees)
    .map(([tree, arches]) => (arches.length === 3 ? tree : `${tree} on ${arches.join(', ')}`))
    .join('; ');
}
