import type { CommandSpec } from "../command-spec.ts";
import { exitCodes } from "../exit-codes.ts";

export const contextsCommand: CommandSpec = {
  name: "contexts",
  section: "access",
  purpose: ["melihat login yang disimpan", "list the logins that are kept"],
  arguments: [],
  options: [],
  examples: [{ line: "ranah contexts --json", purpose: ["tanpa token", "without the tokens"] }],
  async run({ contexts, printer }) {
    const current = contexts.currentName();
    const rows = contexts.names().map((name) => {
      const { url, user } = contexts.get(name);
      return { current: name === current, context: name, user, url };
    });
    const shown = printer.deps.json ? rows : rows.map((row) => ({ ...row, current: row.current ? "*" : "" }));
    await printer.result(shown);
    return exitCodes.done;
  },
};

export const useCommand: CommandSpec = {
  name: "use",
  section: "access",
  purpose: ["memilih login yang dipakai", "choose the login to use"],
  arguments: [{ name: ["context", "context"], required: true, completes: "contexts" }],
  options: [],
  examples: [{ line: "ranah use budi@surabaya", purpose: ["untuk command berikutnya", "for the next commands"] }],
  async run({ args, contexts, printer }) {
    const [context = ""] = args;
    contexts.choose(context);
    await printer.say(["Memakai {context}", "Using {context}"], { context }, { context });
    return exitCodes.done;
  },
};
