import { ConfigError } from "../config.ts";

/** From sysexits.h. */
export const EX_USAGE = 64;
const EX_CONFIG = 78;

/** Runs a command; where the environment is faulty, names all faults and ends the process before it has begun. */
export async function runOrExit(command: () => Promise<void>): Promise<void> {
  try {
    await command();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(error.faults.map((fault) => `${fault}\n`).join(""));
    process.exit(EX_CONFIG);
  }
}
