import { once } from "node:events";
import { limits } from "../../limits.ts";
import { BridgeServer } from "../bridge/bridge-server.ts";
import { plainDialect } from "../bridge/dialect.ts";
import { progjarDialect } from "../bridge/progjar-dialect.ts";
import { CliError } from "../cli-error.ts";
import { HttpConnection } from "../client/http-connection.ts";
import { isLoopback } from "../client/localhost-lookup.ts";
import type { CommandSpec } from "../command-spec.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Invocation } from "../invocation.ts";
import { parseOrigin } from "../session/realm-access.ts";

const dialects = { ranah: plainDialect, progjar: progjarDialect };

export const bridgeCommand: CommandSpec = {
  name: "bridge",
  section: "tools",
  purpose: ["melayani protokol lewat TCP biasa", "serve the protocol over plain TCP"],
  arguments: [],
  options: [
    {
      name: "listen",
      kind: "text",
      value: ["ALAMAT:PORT", "ADDRESS:PORT"],
      purpose: ["tempat mendengarkan (127.0.0.1:8889)", "where to listen (127.0.0.1:8889)"],
    },
    { name: "to", kind: "text", value: ["URL", "URL"], purpose: ["realm tujuan", "the realm to pass requests to"] },
    {
      name: "dialect",
      kind: "text",
      value: ["DIALEK", "DIALECT"],
      choices: Object.keys(dialects),
      purpose: [
        "ranah, atau progjar untuk program lama dari keluarga protokol ini",
        "ranah, or progjar for older programs of this protocol's family",
      ],
    },
    {
      name: "lf",
      kind: "flag",
      purpose: [
        "LF saja juga mengakhiri request, seperti dari nc tanpa -C",
        "LF alone ends a request, too, as from nc without -C",
      ],
    },
    {
      name: "language",
      kind: "text",
      value: ["BAHASA", "LANGUAGE"],
      choices: ["id", "en"],
      purpose: ["bahasa jawaban (id)", "language of the replies (id)"],
    },
    {
      name: "max-connections",
      kind: "number",
      value: ["N", "N"],
      purpose: [
        `sambungan sekaligus (${limits.bridgeConnectionsMax})`,
        `connections at once (${limits.bridgeConnectionsMax})`,
      ],
    },
    {
      name: "idle",
      kind: "duration",
      value: ["WAKTU", "TIME"],
      purpose: ["sambungan tanpa request ditutup (5m)", "close a connection without requests (5m)"],
    },
  ],
  remarks: [
    "Request berakhir dengan CRLF, jawaban dengan CRLFCRLF. Setelah auth sambungan itu sudah login. Tidak terenkripsi: dengarkan di mesin sendiri.",
    "A request ends with CRLF, a reply with CRLFCRLF. After auth the connection is logged in. It is not encrypted: listen on your own machine.",
  ],
  examples: [
    {
      line: "ranah bridge --to https://surabaya.example",
      purpose: ["lalu: nc -C 127.0.0.1 8889", "then: nc -C 127.0.0.1 8889"],
    },
    {
      line: "ranah bridge --to http://surabaya.localhost:8787 --dialect progjar",
      purpose: ["untuk program lama", "for older programs"],
    },
  ],
  finishesOnSignal: true,
  run: runBridge,
};

async function runBridge(invocation: Invocation): Promise<number> {
  const to = invocation.text("to") ?? invocation.text("url") ?? invocation.io.env.RANAH_URL;
  if (!to) throw new CliError(exitCodes.usage, "usage", ["bridge memerlukan --to URL", "bridge needs --to URL"]);
  const { host, port } = parseListen(invocation.text("listen") ?? "127.0.0.1:8889");
  const realm = new HttpConnection(parseOrigin(to), limits.bridgeReplyMaxBytes);
  const server = new BridgeServer({
    realm,
    dialect: dialects[invocation.text("dialect") === "progjar" ? "progjar" : "ranah"],
    // Programs compare the texts of the protocol, so the language of the terminal does not count.
    language: invocation.text("language") === "en" ? "en" : "id",
    acceptsLf: invocation.flag("lf"),
    idleMs: invocation.number("idle") ?? limits.bridgeIdleMs,
    maxConnections: invocation.number("max-connections") ?? limits.bridgeConnectionsMax,
  });
  const address = await server.listen(host, port).catch((error: NodeJS.ErrnoException) => {
    throw new CliError(
      exitCodes.failed,
      "cannot-listen",
      ["Tidak dapat mendengarkan di {host}:{port}: {reason}", "Cannot listen on {host}:{port}: {reason}"],
      { host, port, reason: error.code ?? "?" },
    );
  });
  if (!isLoopback(host)) {
    invocation.printer.note([
      "peringatan: password dan pesan lewat jaringan tanpa enkripsi",
      "warning: passwords and messages cross the network unencrypted",
    ]);
  }
  await invocation.printer.say(["Mendengarkan di {address}", "Listening on {address}"], { address }, { address });
  if (!invocation.stop.aborted) await once(invocation.stop, "abort");
  await server.stop();
  realm.close();
  return exitCodes.done;
}

function parseListen(text: string): { host: string; port: number } {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:\s]+)):(\d{1,5})$/i.exec(text);
  const port = Number(match?.[3] ?? Number.NaN);
  const host = match?.[1] ?? match?.[2];
  if (host !== undefined && port <= 65_535) return { host, port };
  throw new CliError(
    exitCodes.usage,
    "usage",
    ["--listen adalah ALAMAT:PORT, bukan {text}", "--listen is ADDRESS:PORT, not {text}"],
    { text },
  );
}
