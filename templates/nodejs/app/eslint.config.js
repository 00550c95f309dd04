import js from "@eslint/js";
import n from "eslint-plugin-n";
import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

const nodeTests = { from: "package", package: "node:test", name: ["test", "it", "describe", "suite"] };

export default defineConfig(
  { ignores: ["src/generated/", "eslint.config.js"] },
  js.configs.recommended,
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
);
