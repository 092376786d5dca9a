import tseslint from 'typescript-eslint';
import factoryVerbs from './scripts/lint/factory-verbs.mjs';

export default tseslint.config(
  {
    ignores: ['build/', 'dist/', 'viewer/', 'data/', 'node_modules/', 'coverage/', 'src/ledger/contract/*-abi.ts'],
  },
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    plugins: { house: { rules: { 'factory-verbs': factoryVerbs } } },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      'house/factory-verbs': 'error',
      'id-denylist': ['error', 'deps', 'opts', 'ctx', 'utils', 'helpers'],
      eqeqeq: 'error',
      'no-console': 'error',
      'no-duplicate-imports': ['error', { allowSeparateTypeImports: false }],
    },
  },
  {
    // Module constants of production code: UPPER_SNAKE for what is one value or a list of them.
    files: ['src/**/*.ts'],
    ignores: ['**/*.test.ts', '**/testing/**'],
    rules: {
      '@typescript-eslint/naming-convention': [
        'error',
        {
          selector: 'variable',
          modifiers: ['const', 'global'],
          types: ['string', 'number', 'boolean', 'array'],
          format: ['UPPER_CASE'],
          // A DICOM keyword stays as the standard writes it.
          filter: { regex: '^[A-Z][A-Za-z0-9]+$', match: false },
        },
      ],
    },
  },
  { files: ['src/cli/**', 'bench/**', 'conformance/{fuzz,faults}/**', 'src/main.ts'], rules: { 'no-console': 'off' } },
);
