import { CliError } from "../cli-error.ts";
import { readPages } from "../client/read-pages.ts";
import type { CommandSpec } from "../command-spec.ts";
import { exitCodes } from "../exit-codes.ts";
import { followOptions, openLog } from "../follow/follow-log.ts";
import type { Invocation } from "../invocation.ts";
import { isMessageRow } from "../output/message-row.ts";
import { partsOf, printPages, rangeOf } from "./protocol-commands.ts";

const ownOptions = followOptions.filter(({ name }) => name === "group" || name === "cursor");

export const inboxCommand: CommandSpec = {
  name: "inbox",
  section: "messages",
  purpose: ["membaca pesan yang diterima, atau pesan sebuah group", "read the messages received, or those of a group"],
  arguments: [],
  options: [
    ...ownOptions,
    {
      name: "new",
      short: "n",
      kind: "flag",
      purpose: ["hanya sejak --new yang terakhir", "only those since the last --new"],
    },
    ...partsOf("inbox").options,
  ],
  examples: [
    { line: "ranah inbox --last 20", purpose: ["dua puluh pesan terbaru", "the twenty newest"] },
    {
      line: "ranah inbox --new --json | jq -r .text",
      purpose: ["yang belum dibaca script ini", "what this script has not read yet"],
    },
    {
      line: "ranah inbox --group tim@jakarta --after 41 --wait 20",
      purpose: ["menunggu pesan berikutnya", "wait for the next message"],
    },
  ],
  async run(invocation) {
    if (invocation.flag("new")) return printNew(invocation);
    const group = invocation.text("group");
    return printPages(group === undefined ? "inbox" : "inboxgroup", group, invocation);
  },
};

/** Prints what is after the saved cursor. It moves only after a message was written. */
async function printNew(invocation: Invocation): Promise<number> {
  const { after, before, last, wait, limit } = rangeOf(invocation);
  if (after ?? before ?? last) {
    throw new CliError(exitCodes.usage, "conflicting-options", [
      "--new tidak bisa dipakai dengan --after, --before atau --last",
      "--new cannot be used with --after, --before or --last",
    ]);
  }
  const { client, group, cursor, lock } = await openLog(invocation, "inbox");
  try {
    const log = group === null ? { command: "inbox" } : { command: "inboxgroup", parameter: group };
    for await (const page of readPages(client, { ...log, after: cursor.load() ?? 0, limit, wait })) {
      for (const row of page.filter(isMessageRow)) {
        await invocation.printer.message(row, group ?? undefined);
        cursor.save(row.id);
      }
    }
    return exitCodes.done;
  } finally {
    lock.release();
  }
}
