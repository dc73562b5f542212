import tseslint from 'typescript-eslint';

/** Who may import whom. Imports run one way; `runner` and `pipeline` do not know each other, `cli` brings them together. */
const MAY_IMPORT = {
  core: [],
  config: ['core'],
  rpm: ['core'],
  archive: ['core'],
  oci: ['core'],
  sources: ['core', 'archive', 'state'],
  remote: ['core', 'oci', 'state'],
  state: ['core'],
  engines: ['core', 'archive', 'oci'],
  pipeline: ['core', 'archive', 'engines', 'rpm', 'sources', 'state'],
  runner: ['core', 'state'],
  reporters: ['core'],
  report: ['core', 'reporters'],
  cli: ['core', 'config', 'rpm', 'archive', 'oci', 'sources', 'state', 'remote', 'engines', 'pipeline', 'runner', 'reporters', 'report'],
};

const walls = Object.entries(MAY_IMPORT).map(([name, allowed]) => {
  const forbidden = Object.keys(MAY_IMPORT).filter((other) => other !== name && !allowed.includes(other));
  return {
    files: [`packages/${name}/src/**/*.ts`],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            { regex: `^@crpm/(${[...forbidden, name].join('|')})(/|$)`, message: `packages/${name} may import: ${allowed.join(', ') || 'nothing'} (docs/architecture.md)` },
            { regex: '^(\\.\\./)+[a-z]+/src/', message: 'import another package by its name' },
            ...(name === 'core' ? [{ regex: '^(node:|[a-z@])', message: 'core has no I/O and no dependencies', allowTypeImports: true }] : []),
          ],
        },
      ],
    },
  };
});

export default tseslint.config(
  { ignores: ['**/dist/**', '**/generated/**', '**/node_modules/**', 'examples/**', 'tools/**'] },
  { files: ['**/*.ts'], extends: [tseslint.configs.strict], languageOptions: { parserOptions: { projectService: true } } },
  {
    files: ['**/*.ts'],
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      // A `!` needs a reason beside it; reviewers ask, the rule can't.
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  {
    files: ['packages/*/src/**/*.ts'],
    rules: {
      // The bundler writes all but these in ASCII, and the program is read as Latin-1 (cli/src/load-program.ts): such an expression would match other characters than it says.
      'no-restricted-syntax': ['error', { selector: 'Literal[regex.pattern=/[^\\u0000-\\u007f]/]', message: 'write characters beyond ASCII as \\u escapes in a regular expression' }],
    },
  },
  { files: ['packages/*/test/**', 'test/**'], rules: { '@typescript-eslint/no-empty-function': 'off' } },
  ...walls,
);
