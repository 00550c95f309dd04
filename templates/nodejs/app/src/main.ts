import { EX_USAGE, runOrExit } from "./operations/exit.ts";

const commands: Readonly<Record<string, () => Promise<{ run: () => Promise<void> }>>> = {
  api: () => import("./commands/api.ts"),
  worker: () => import("./commands/worker.ts"),
  migrate: () => import("./commands/migrate.ts"),
  seed: () => import("./commands/seed.ts"),
};

const name = process.argv[2] ?? "";
const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
if (!load) {
  process.stderr.write(`usage: node src/main.ts ${Object.keys(commands).join(" | ")}\n`);
  process.exit(EX_USAGE);
}

await runOrExit(async () => {
  const { run } = await load();
  await run();
});
