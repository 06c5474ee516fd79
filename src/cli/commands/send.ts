import { randomUUID } from "node:crypto";
import { limits } from "../../limits.ts";
import type { Delivery } from "../../protocol/replies.ts";
import { CliError } from "../cli-error.ts";
import { type CommandReply, isObject, parseDelivery } from "../client/command-reply.ts";
import { pause } from "../client/pauses.ts";
import { errorOfReply, type RealmClient } from "../client/realm-client.ts";
import type { CommandSpec } from "../command-spec.ts";
import { exitCodeOfState, exitCodes } from "../exit-codes.ts";
import type { Invocation } from "../invocation.ts";
import { readMessageText } from "../session/message-text.ts";
import { requireOneWord } from "./protocol-commands.ts";

export const sendCommand: CommandSpec = {
  name: "send",
  section: "messages",
  purpose: [
    "mengirim pesan; kode keluar mengatakan apakah sudah sampai",
    "send a message; the exit code says whether it is delivered",
  ],
  arguments: [
    { name: ["tujuan", "recipient"], required: false },
    { name: ["pesan", "text"], required: false, variadic: true },
  ],
  options: [
    {
      name: "group",
      short: "g",
      kind: "text",
      value: ["GROUP", "GROUP"],
      purpose: ["ke group ini, tanpa tujuan", "to this group, without a recipient"],
    },
    {
      name: "key",
      short: "k",
      kind: "text",
      value: ["KUNCI", "KEY"],
      purpose: [
        "kunci pesan: diulang dengan kunci yang sama, pesan tetap satu",
        "key of the message: repeated with the same key it stays one message",
      ],
    },
    {
      name: "wait",
      short: "w",
      kind: "duration",
      value: ["WAKTU", "TIME"],
      alone: `${limits.cliSendWaitMs}ms`,
      purpose: ["bila diantrekan, menunggu hasil akhirnya", "if it is queued, wait for its final state"],
    },
  ],
  remarks: [
    "Tanpa pesan, isi dibaca dari masukan standar; satu akhir baris di ujungnya dibuang. Tanpa --key dibuat kunci acak, yang dipakai untuk percobaan ulang.",
    "Without a text it is read from standard input; one line end at its end is dropped. Without --key a random key is made, which the retries use.",
  ],
  examples: [
    {
      line: "ranah send ani@jakarta halo dari Surabaya",
      purpose: ["kata-kata menjadi satu pesan", "the words become one message"],
    },
    {
      line: "df -h | ranah send --group tim",
      purpose: ["keluaran command ke group", "the output of a command to a group"],
    },
    {
      line: "ranah send --wait=2m --key invoice-7 ani@jakarta lunas || echo $?",
      purpose: ["0 terkirim, 75 diantrekan, 69 gagal", "0 delivered, 75 queued, 69 failed"],
    },
  ],
  async run(invocation) {
    const group = invocation.text("group");
    const [to, ...words] = group === undefined ? invocation.args : [group, ...invocation.args];
    if (to === undefined) throw noRecipient();
    requireOneWord(to);
    const text = words.length > 0 ? words.join(" ") : await readMessageText(invocation.io.stdin);
    if (text === "") throw new CliError(exitCodes.usage, "empty-message", ["Pesan kosong", "The message is empty"]);
    const key = invocation.text("key") ?? randomUUID();
    requireOneWord(key);
    invocation.printer.verbose(["kunci: {key}", "key: {key}"], { key });
    return send(invocation, { isGroup: group !== undefined, to, text, key });
  },
};

interface Outgoing {
  isGroup: boolean;
  to: string;
  text: string;
  key: string;
}

async function send(invocation: Invocation, { isGroup, to, text, key }: Outgoing): Promise<number> {
  const { client } = invocation.session();
  const waitMs = invocation.number("wait");
  try {
    const reply = await sendMessage(client, { isGroup, to, text, key });
    const delivery = deliveryOf(reply);
    const isSettled = delivery.state !== "queued" || waitMs === undefined;
    const final = isSettled ? null : await waitUntilSettled(client, key, waitMs, invocation.stop);
    if (final?.state === "failed") throw failedLater(delivery.id, to, final.reason);
    const state = final?.state ?? delivery.state;
    const sentence =
      final?.state === "delivered"
        ? (["Pesan terkirim ke {to}", "Message delivered to {to}"] as const)
        : String(reply.data);
    await invocation.printer.say(sentence, { to }, { to, id: delivery.id, state, key });
    return exitCodeOfState(state);
  } catch (error) {
    if (error instanceof CliError) Object.assign(error.details, { to, key });
    throw error;
  }
}

/** Sends with a key, so that the client may repeat it. @throws {CliError} if it is not stored or has failed */
export async function sendMessage(client: RealmClient, { isGroup, to, text, key }: Outgoing): Promise<CommandReply> {
  const reply = await client.command(`${isGroup ? "sendgroup" : "sendprivate"} key=${key} ${to} ${text}`);
  if (!reply.ok) throw errorOfReply(reply);
  return reply;
}

/** A send that is OK says its state. Another implementation may not, and then OK is all there is. */
function deliveryOf(reply: CommandReply): Delivery {
  return reply.delivery ?? { id: 0, state: "delivered" };
}

/** Asks for the state until it is final or the time is over. @returns null if it is still queued */
async function waitUntilSettled(client: RealmClient, key: string, waitMs: number, stop: AbortSignal) {
  const endsAt = performance.now() + waitMs;
  for (let pauseMs: number = limits.cliStatusMinMs; ; pauseMs = Math.min(pauseMs * 1.5, limits.cliStatusMaxMs)) {
    const leftMs = endsAt - performance.now();
    if (leftMs <= 0 || stop.aborted) return null;
    await pause(Math.min(pauseMs, leftMs), stop);
    const data = await client.data(`status ${key}`);
    const delivery = isObject(data) ? parseDelivery(data.id, data.state) : null;
    if (delivery && delivery.state !== "queued") {
      return { state: delivery.state, reason: isObject(data) ? String(data.reason ?? "?") : "?" };
    }
  }
}

function failedLater(id: number, to: string, reason: string): CliError {
  const error = new CliError(
    exitCodes.failed,
    reason,
    ["Pesan {id} untuk {to} gagal: {reason}", "Message {id} to {to} failed: {reason}"],
    { id, to, reason },
  );
  Object.assign(error.details, { id, state: "failed" });
  return error;
}

function noRecipient(): CliError {
  return new CliError(exitCodes.usage, "usage", [
    "Tujuan tidak ada: ranah send TUJUAN [PESAN], atau --group",
    "There is no recipient: ranah send RECIPIENT [TEXT], or --group",
  ]);
}
