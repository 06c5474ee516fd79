import { CliError } from "../cli-error.ts";
import type { CommandSpec } from "../command-spec.ts";
import { exitCodes } from "../exit-codes.ts";
import { readMessageText } from "../session/message-text.ts";

/** Commands whose parameters are passwords. Other users of the machine can read the arguments of a program. */
const withPassword = /^(register|auth|passwd) /i;

export const rawCommand: CommandSpec = {
  name: "command",
  section: "tools",
  purpose: ["mengirim satu baris protokol apa adanya", "send one line of the protocol as it is"],
  arguments: [{ name: ["baris", "line"], required: false, variadic: true }],
  options: [],
  examples: [
    {
      line: "ranah command 'thread last=5 ani@jakarta'",
      purpose: ["command protokol apa pun", "any command of the protocol"],
    },
  ],
  async run(invocation) {
    const given = invocation.args.join(" ");
    if (withPassword.test(given)) {
      throw new CliError(exitCodes.usage, "password-as-argument", [
        "Password bukan argumen: kirim baris ini lewat masukan standar",
        "A password is no argument: send this line through standard input",
      ]);
    }
    const line = given === "" ? await readMessageText(invocation.io.stdin) : given;
    await invocation.printer.result(await invocation.client().data(line));
    return exitCodes.done;
  },
};
