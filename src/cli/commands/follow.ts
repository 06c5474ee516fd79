import { createHash } from "node:crypto";
import { limits } from "../../limits.ts";
import { lineOf } from "../../protocol/grammar.ts";
import { CliError } from "../cli-error.ts";
import { pause } from "../client/pauses.ts";
import { errorOfReply } from "../client/realm-client.ts";
import type { CommandSpec, OptionSpec } from "../command-spec.ts";
import { exitCodes } from "../exit-codes.ts";
import { type FollowedLog, followLog, followOptions } from "../follow/follow-log.ts";
import { commandFailed, type RunOptions, type RunResult, runCommand } from "../follow/run-command.ts";
import type { Invocation } from "../invocation.ts";
import type { MessageRow } from "../output/message-row.ts";
import { decodeText } from "../session/message-text.ts";

const execOptions: readonly OptionSpec[] = [
  {
    name: "exec-timeout",
    kind: "duration",
    value: ["WAKTU", "TIME"],
    purpose: ["waktu terlama untuk satu command (10m)", "the longest time for one command (10m)"],
  },
  {
    name: "tries",
    kind: "number",
    value: ["N", "N"],
    purpose: ["percobaan per pesan sebelum berhenti (1)", "attempts for each message before stopping (1)"],
  },
];

const execOption: OptionSpec = {
  name: "exec",
  short: "x",
  kind: "text",
  value: ["COMMAND", "COMMAND"],
  purpose: ["menjalankan COMMAND untuk tiap pesan", "run COMMAND for each message"],
};

export const followCommand: CommandSpec = {
  name: "follow",
  section: "messages",
  purpose: ["mengikuti pesan baru, tanpa kehilangan satu pun", "follow new messages and miss none"],
  arguments: [],
  options: [...followOptions, execOption, ...execOptions],
  remarks: [
    "COMMAND mendapat teks di masukan standar, serta RANAH_FROM, RANAH_ID, RANAH_TIME dan RANAH_GROUP. Kursor maju hanya bila COMMAND berakhir dengan 0.",
    "COMMAND gets the text on standard input, and RANAH_FROM, RANAH_ID, RANAH_TIME and RANAH_GROUP. The cursor moves only if COMMAND exits with 0.",
  ],
  examples: [
    { line: "ranah follow --group tim", purpose: ["menampilkan pesan group", "print the messages of a group"] },
    {
      line: `ranah follow --exec 'notify-send "$RANAH_FROM" "$(cat)"'`,
      purpose: ["notifikasi desktop untuk tiap pesan", "a desktop notification for each message"],
    },
    { line: "ranah follow --once --timeout 1m --json", purpose: ["menunggu satu pesan", "wait for one message"] },
  ],
  finishesOnSignal: true,
  run(invocation) {
    const command = invocation.text("exec");
    if (command === undefined) {
      return followLog(invocation, "follow", async (message, { cursor, group }) => {
        await invocation.printer.message(message, group ?? undefined);
        cursor.save(message.id);
      });
    }
    const runner = new CommandRunner(invocation, command);
    return followLog(invocation, "exec", async (message, log) => {
      await runner.run(message, log, true);
      invocation.printer.verbose(["pesan {id} selesai", "message {id} done"], { id: message.id });
    });
  },
};

export const replyCommand: CommandSpec = {
  name: "reply",
  section: "messages",
  purpose: ["menjawab tiap pesan dengan keluaran sebuah command", "answer each message with the output of a command"],
  arguments: [],
  options: [...followOptions, execOption, ...execOptions],
  remarks: [
    "Tiap pesan dijawab paling banyak satu kali, juga bila program ini dimatikan. Keluaran kosong berarti tanpa jawaban. Pesan sendiri dan dari sistem dilewati.",
    "Each message is answered at most once, also if this program is killed. An empty output means no answer. Own messages and those of the system are skipped.",
  ],
  examples: [
    {
      line: "ranah reply --exec 'tr a-z A-Z'",
      purpose: ["bot yang menjawab dengan huruf besar", "a bot that answers in capitals"],
    },
    { line: "ranah reply --group tim --exec ./bot.sh", purpose: ["bot di sebuah group", "a bot in a group"] },
  ],
  finishesOnSignal: true,
  async run(invocation) {
    const command = invocation.text("exec");
    if (command === undefined) {
      throw new CliError(exitCodes.usage, "usage", ["reply memerlukan --exec COMMAND", "reply needs --exec COMMAND"]);
    }
    const runner = new CommandRunner(invocation, command);
    return followLog(invocation, "reply", async (message, log) => {
      if (message.from !== log.user && !message.from.startsWith("sistem@")) {
        await answer(invocation, message, log, await runner.run(message, log, false));
      }
      log.cursor.save(message.id);
    });
  },
};

/**
 * Sends an answer with a key made from the message. After a kill the command may run again and write something else; the key is
 * used up then, and that is no error.
 */
async function answer(
  invocation: Invocation,
  message: MessageRow,
  log: FollowedLog,
  { output }: RunResult,
): Promise<void> {
  const text = lineOf(decodeText(output));
  if (text === "") return;
  const digest = createHash("sha256")
    .update(JSON.stringify([log.user, log.group, message.time]))
    .digest("base64url");
  const key = `reply-${digest.slice(0, 16)}-${message.id}`;
  const line =
    log.group === null ? `sendprivate key=${key} ${message.from} ${text}` : `sendgroup key=${key} ${log.group} ${text}`;
  const reply = await log.client.command(line);
  if (reply.ok || reply.error === "key-reused") return;
  const error = errorOfReply(reply);
  // Nobody could ever deliver it. The next messages are not to wait for it.
  if (reply.delivery?.state !== "failed") throw error;
  invocation.printer.note(String(reply.data));
}

/** Runs the command of `--exec`, as often as `--tries` says. */
class CommandRunner {
  readonly #invocation: Invocation;
  readonly #command: string;

  constructor(invocation: Invocation, command: string) {
    this.#invocation = invocation;
    this.#command = command;
  }

  /** @param movesCursor whether success of the command is all there is to do. @throws {CliError} after the last attempt */
  async run(message: MessageRow, log: FollowedLog, movesCursor: boolean): Promise<RunResult> {
    const { printer, stop, kill, io } = this.#invocation;
    const options: RunOptions = {
      command: this.#command,
      message,
      group: log.group,
      context: log.access.context,
      env: io.env,
      lock: log.lock,
      timeoutMs: this.#invocation.number("exec-timeout") ?? limits.cliExecMs,
      kill,
    };
    const tries = this.#invocation.number("tries") ?? 1;
    for (let attempt = 1; ; attempt++) {
      const result = await runCommand(options, movesCursor ? log.cursor : null, !movesCursor);
      if (result.code === 0) return result;
      if (attempt >= tries || stop.aborted) throw commandFailed(message.id, result.code);
      const { text, values } = commandFailed(message.id, result.code);
      printer.note(text, values);
      await pause(Math.min(limits.cliPauseMinMs * 2 ** attempt, limits.cliPauseMaxMs), stop);
    }
  }
}
