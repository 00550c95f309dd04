import { runOrExit } from "../../app/src/operations/exit.ts";
import { serve } from "../../app/src/operations/serve.ts";
import { listener } from "./listener.ts";

await runOrExit(() => serve(listener));
