// Writes the reference of the config file (docs/config.md) from its schema.

const INTRO = `# The config file

\`custom-rpms.config.yaml\`, or \`.yml\`, \`.json\`, \`.custom-rpmsrc\`, or \`custom-rpms\` in \`package.json\`; the nearest from the working directory upward. Relative paths are relative to the file.
For editors: \`crpm schema\` prints its JSON Schema. \`crpm validate\` checks it and runs nothing.

The smallest one, beside KubeVirt:

\`\`\`yaml
sources: { libvirt: { dir: ../libvirt } }
\`\`\`

For RPMs that a yum repository holds already, \`baseUrl\` is the folder that holds \`repodata\`, and sources have no fields:

\`\`\`yaml
serve: { mode: published, baseUrl: https://rpms.example.com/alice/ }
sources: { libvirt: {}, qemu: {} }
\`\`\`

A string may be written without quotes where YAML would read a number (\`version: 12.10\` stays \`12.10\`); \`true\`, \`false\` and \`null\` as text need quotes.

## Environment

These variables, set and not empty, override the file; their paths are relative to the working directory. With \`QEMU_DIR\` or \`LIBVIRT_DIR\` no file is needed.

| variable | does |
|---|---|
| \`QEMU_DIR\`, \`LIBVIRT_DIR\` | \`dir\` of the source; adds it if it is not there |
| \`QEMU_KVM_DIR\` | \`spec\` of QEMU, a dist-git folder |
| \`QEMU_ONLY\`, \`LIBVIRT_ONLY\` | \`true\` drops the other of the two |
| \`LIBVIRT_VERSION\`, \`QEMU_VERSION\`, \`SEABIOS_VERSION\`, \`EDK2_VERSION\`, \`LIBGUESTFS_VERSION\`, \`GUESTFSTOOLS_VERSION\`, \`PASST_VERSION\`, \`VIRTIOFSD_VERSION\`, \`SWTPM_VERSION\`, \`LIBNBD_VERSION\` | \`rpmDeps.versions\` |
| \`SINGLE_ARCH\` | \`arch\` |
| \`BASESYSTEM\` | \`rpmDeps.basesystem\` |
| \`KUBEVIRT_CENTOS_STREAM_VERSION\` | \`9\` or \`10\`: \`basesystem: centos-stream-N\`, unless it is \`host\` or one of your own |
| \`KUBEVIRT_CROSS_ARCH_EMULATION\` | \`rpmDeps.crossArchEmulation: true\` |
| \`CI\` | \`true\`: \`build.profile\` is \`full\` where nothing says otherwise |
`;

/** @param {object} schema */
export function configReference(schema) {
  const resolve = (node) => (node.$ref ? { ...schema.$defs[node.$ref.split('/').at(-1)], ...node } : node);
  const code = (value) => `\`${(typeof value === 'string' ? value : JSON.stringify(value)).replaceAll('|', '\\|')}\``;

  /** What may stand there, in words. */
  function type(node) {
    const full = resolve(node);
    if (full.anyOf) return full.anyOf.map(type).join(', or ');
    if (full.enum) return full.enum.map(code).join(', ');
    if ('const' in full) return code(full.const);
    if (full.type === 'array') return `list of ${type(full.items)}`;
    if (full.type === 'object') return full.properties ? 'mapping' : 'mapping by name';
    return { string: 'text', integer: 'whole number', boolean: '`true`, `false`' }[full.type];
  }

  /** Rows of a node's fields, nested ones by their path. */
  function rows(node, prefix) {
    const full = resolve(node);
    if (full.anyOf) return full.anyOf.flatMap((branch) => rows(branch, prefix));
    if (full.type === 'array') return rows(full.items, `${prefix}[]`);
    if (full.type !== 'object') return [];
    const named = full.properties ? [] : rows(full.additionalProperties, prefix === '' ? '<name>' : `${prefix}.<name>`);
    const own = Object.entries(full.properties ?? {}).flatMap(([key, value]) => {
      const path = prefix === '' ? key : `${prefix}.${key}`;
      const field = resolve(value);
      const byDefault = 'default' in field ? ` Default: ${code(field.default)}.` : '';
      const example = field.examples?.[0];
      const row = `| ${code(path)}${full.required?.includes(key) ? ' (needed)' : ''} | ${type(value)} | ${field.description}${byDefault} | ${code(example)} |`;
      // The build section of a source is the same as the file's.
      return [row, ...(value.$ref === '#/$defs/build' ? [] : rows(value, path))];
    });
    return [...own, ...named];
  }

  const sections = Object.entries(schema.properties).map(([key, value]) => {
    const field = resolve(value);
    const byDefault = 'default' in field ? ` Default: ${code(field.default)}.` : '';
    const examples = (field.examples ?? []).map((example) => code({ [key]: example })).join(', ');
    const table = rows(value, '');
    const fields = table.length === 0 ? '' : `\n| field | takes | does | example |\n|---|---|---|---|\n${table.join('\n')}\n`;
    return `\n## ${key}\n\n${field.description}${byDefault} Takes ${type(value)}.\n\nFor example ${examples}\n${fields}`;
  });
  return `<!-- Generated from schemas/custom-rpms.schema.json by scripts/config-reference.mjs. Do not edit. -->\n${INTRO}${sections.join('')}`;
}
