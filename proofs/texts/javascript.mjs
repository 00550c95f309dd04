// Parses JavaScript fences, each as a module or else as a script, as `node --check` does.
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import vm from "node:vm";

const { fences } = JSON.parse(readFileSync(process.argv[2], "utf8"));

/** Returns what a parser throws, or nothing. */
function thrown(parse) {
  try {
    parse();
  } catch (error) {
    return error;
  }
}

/** Returns the line that Node.js prints for a module; the error that it throws has none. */
function lineInModule(text) {
  writeFileSync("fence.mjs", text);
  const { stderr } = spawnSync(process.execPath, ["--check", "fence.mjs"], { encoding: "utf8" });
  return /fence\.mjs:(\d+)/.exec(stderr)?.[1];
}

const found = fences.flatMap(([fence, text]) => {
  const asModule = thrown(() => new vm.SourceTextModule(text));
  const asScript = asModule && thrown(() => new vm.Script(text, { filename: "fence" }));
  if (!asScript) return [];
  // What imports, exports or awaits is meant as a module, and what the parser of scripts says of it is beside the point.
  const isModule = /^\s*(?:import|export|await)\b/m.test(text);
  const line = isModule ? lineInModule(text) : /^fence:(\d+)/.exec(asScript.stack)?.[1];
  return [{ fence, line: Number(line ?? 1), message: (isModule ? asModule : asScript).message }];
});
process.stdout.write(JSON.stringify(found));
