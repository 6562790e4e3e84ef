import hooks from 'eslint-plugin-react-hooks'
import typescript from 'typescript-eslint'
import keyturn from './build/lint/plugin.mjs'

export default typescript.config(
  { ignores: ['node_modules', 'out', 'dist'] },
  ...typescript.configs.strict,
  {
    files: ['**/*.{ts,tsx,mjs}'],
    plugins: { keyturn },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      'keyturn/direction': 'error',
      'keyturn/cryptography': 'error',
      'max-lines': ['error', { max: 400 }],
      eqeqeq: 'error',
      'no-eval': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-invalid-void-type': 'off',
    },
  },
  // Configuration files of the tools lie beside the house, not in it.
  { files: ['*.{mjs,ts}'], rules: { 'keyturn/direction': 'off' } },
  {
    files: ['electron/**/*.ts', 'shared/**/*.ts', 'renderer/**/*.{ts,tsx}'],
    rules: { 'no-console': 'error' },
  },
  { files: ['electron/cli.ts', 'electron/cli/**/*.ts'], rules: { 'no-console': 'off' } },
  {
    files: ['**/*.ts', '**/*.tsx'],
    ignores: ['*.ts'],
    languageOptions: {
      parserOptions: { project: ['./tsconfig.json', './renderer/tsconfig.json', './test/e2e/tsconfig.json'] },
    },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { attributes: false } }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
    },
  },
  {
    files: ['renderer/**/*.{ts,tsx}'],
    plugins: { 'react-hooks': hooks },
    rules: hooks.configs.recommended.rules,
  },
  {
    files: ['renderer/**/*.{ts,tsx}'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']",
          message: 'No HTML strings in the window.',
        },
        {
          selector: "MemberExpression[property.name='innerHTML']",
          message: 'No HTML strings in the window.',
        },
      ],
      'no-restricted-globals': ['error', 'localStorage', 'sessionStorage', 'indexedDB', 'fetch'],
    },
  },
)
