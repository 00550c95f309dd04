import js from "@eslint/js";
import n from "eslint-plugin-n";
import { configs as regexp } from "eslint-plugin-regexp";
import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

const nodeTests = { from: "package", package: "node:test", name: ["test", "it", "describe", "suite"] };

export default defineConfig(
  { ignores: ["generated/", "node_modules/", ".cache/", "eslint.config.js"] },
  js.configs.recommended,
  regexp.recommended,
  tseslint.configs.strictTypeChecked,
  {
    plugins: { n },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      eqeqeq: "error",
      "no-promise-executor-return": "error",
      "n/no-sync": "error",
      "@typescript-eslint/no-floating-promises": ["error", { allowForKnownSafeCalls: [nodeTests] }],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/switch-exhaustiveness-check": "error",
    },
  },
  {
    files: ["fences/**"],
    rules: {
      // Fastify's types promise a code that plain errors lack, and its replies can be awaited without a need to.
      "@typescript-eslint/no-unnecessary-condition": "off",
      "@typescript-eslint/no-misused-promises": ["error", { checksVoidReturn: false }],
    },
  },
  { files: ["support/**"], rules: { "n/no-sync": "off" } },
);
