import type { CommandSpec } from "../command-spec.ts";
import { exitCodes } from "../exit-codes.ts";
import { completionScript, shells } from "../shell/completion.ts";
import { manPage } from "../shell/man-page.ts";

export function completionCommand(table: () => readonly CommandSpec[]): CommandSpec {
  return {
    name: "completion",
    section: "tools",
    purpose: ["script pelengkap untuk shell", "the completion script of a shell"],
    arguments: [{ name: ["shell", "shell"], required: true, completes: shells }],
    options: [],
    examples: [
      { line: 'eval "$(ranah completion bash)"', purpose: ["di ~/.bashrc", "in ~/.bashrc"] },
      {
        line: 'eval "$(ranah completion zsh)"',
        purpose: ["di ~/.zshrc, setelah compinit", "in ~/.zshrc, after compinit"],
      },
      { line: "ranah completion fish | source", purpose: ["di config.fish", "in config.fish"] },
    ],
    async run({ args, printer, language }) {
      const shell = shells.find((each) => each === args[0]) ?? "bash";
      await printer.write(completionScript(shell, table(), language));
      return exitCodes.done;
    },
  };
}

export function manCommand(table: () => readonly CommandSpec[], version: string): CommandSpec {
  return {
    name: "man",
    section: "tools",
    purpose: ["halaman manual", "the manual page"],
    arguments: [],
    options: [],
    examples: [{ line: "ranah man | man -l -", purpose: ["membacanya", "read it"] }],
    async run({ printer, language }) {
      await printer.write(manPage(table(), version, language));
      return exitCodes.done;
    },
  };
}
