import { existsSync } from "node:fs";
import { join, posix } from "node:path";
import { describe, expect, test } from "vitest";
import { limits } from "../../src/limits.ts";
import { type CommandName, commands, isCommandName } from "../../src/protocol/commands.ts";
import { type ErrorCode, errors } from "../../src/protocol/error-texts.ts";
import { parseCommand } from "../../src/protocol/grammar.ts";
import { dataReply, failure, frameReply } from "../../src/protocol/replies.ts";
import { helpEntries, helpEntry, type ReplyTextCode, replyText, usageLine } from "../../src/protocol/texts.ts";
import { clientPage, federationPage, Page, unticked } from "./page.ts";

const root = join(import.meta.dirname, "../..");
const commandNames = Object.keys(commands) as CommandName[];

describe("the table of errors documents, with its status and both texts, the error", () => {
  const rows = clientPage.table("## Errors");
  test.each(Object.keys(errors) as ErrorCode[])("%s", (code) => {
    const [status, indonesian, english] = errors[code];
    const row = rows.filter(([cell]) => cell === `\`${code}\``);
    expect(row).toEqual([[`\`${code}\``, String(status), indonesian, english, expect.stringMatching(/\w/)]]);
  });

  test("and no other code", () => {
    expect(rows.map(([cell]) => cell).sort()).toEqual(
      Object.keys(errors)
        .map((code) => `\`${code}\``)
        .sort(),
    );
  });
});

describe("the command has a section with its usage lines and an example that succeeds:", () => {
  test.each(commandNames)("%s", (name) => {
    const section = clientPage.section(`### \`${name}\``);
    for (const language of ["id", "en"] as const)
      expect(unwrapped(section)).toContain(`\`${usageLine(name, language)}\``);
    const example = examplesIn(section).find(({ line, status }) => status === 200 && lineIs(line, name));
    expect(example).toBeDefined();
    expect(section.includes("*Session.*")).toBe(commands[name].by === "user");
    expect(section.includes("*Operator.*")).toBe(commands[name].by === "operator");
    for (const option of commands[name].options) {
      expect(section.includes(`\`${option}\``) || section.includes("Options as for `inbox`")).toBe(true);
    }
  });

  test("no other command has a section", () => {
    const titles = [...clientPage.text.matchAll(/^### `(.*)`$/gm)].map(([, title]) => title);
    expect(titles).toEqual(commandNames);
  });
});

test("the ABNF has a rule for every command and every option", () => {
  const abnf = /```abnf\n([\s\S]*?)```/.exec(clientPage.text)?.[1] ?? "";
  for (const [name, { options }] of Object.entries(commands)) {
    const words = name.split(" ").map((word) => `"${word}"`);
    expect(abnf).toMatch(new RegExp(`^${name.replace(" ", "-")} +=.*${words.join(" SP ")}`, "m"));
    for (const option of options) expect(abnf).toContain(`%s"${option}=`);
  }
});

describe("every example is a complete reply of this protocol:", () => {
  const examples = examplesIn(clientPage.text);
  test.each(examples.map((example) => [example.line, example] as const))("%s", (_, { status, headers, body }) => {
    const { status: word, data: payload, ...rest } = JSON.parse(body);
    expect(rest).toEqual({});
    expect(body).toBe(`{"status":"${word}","data":${JSON.stringify(payload)}}\r\n\r\n`);
    expect(word).toBe(status === 200 ? "OK" : "ERROR");
    const code = headers.get("Error-Code");
    expect(code === undefined).toBe(status === 200);
    if (code !== undefined) {
      const [expected, text] = errors[code as ErrorCode];
      expect([status, matches(text, payload)]).toEqual([expected, true]);
    } else if (typeof payload === "string") {
      expect(sentenceTexts("id").some((text) => matches(text, payload))).toBe(true);
    }
    expect(headers.has("Message-Id")).toBe(headers.has("Delivery-State"));
  });

  test("the examples of grammar errors and of help are exact to the byte", () => {
    let checked = 0;
    for (const { line, status, headers, body } of examples) {
      const parsed = parseCommand(line);
      if (!parsed.ok) {
        expect([status, headers.get("Error-Code")]).toEqual([errors[parsed.error][0], parsed.error]);
        expect(body).toBe(frameReply(failure(parsed.error, { ...parsed.details }), "id"));
        checked++;
      } else if (parsed.command.name === "help") {
        const { topic } = parsed.command;
        expect(body).toBe(frameReply(dataReply(topic ? helpEntry(topic, "id") : helpEntries("id")), "id"));
        checked++;
      }
    }
    expect(checked).toBeGreaterThan(10);
  });
});

test("every sentence of success is documented in both languages", () => {
  const rows = clientPage.table("## Language").map(([, indonesian, english]) => [indonesian, english]);
  expect(rows.sort()).toEqual(
    sentenceTexts("id")
      .map((text, index) => [text, sentenceTexts("en")[index]])
      .sort(),
  );
});

test("every limit is documented with its value, except internal ones", () => {
  const pages = [clientPage, federationPage, new Page("src/cli/README.md")];
  const rows = pages.flatMap((page) => page.table("## Limits"));
  for (const [cell = "", value] of rows) {
    expect([cell, value]).toEqual([cell, String(limits[unticked(cell) as keyof typeof limits])]);
  }
  const documented = new Set(rows.map(([cell = ""]) => unticked(cell)));
  // Internal to a realm: no client can observe them.
  const ofWork = [
    "commitMaxWrites",
    "txCacheMaxEntries",
    "chunkPartRows",
    "chunkShortPartRows",
    "shortRowMaxChars",
    "sessionRefCacheMax",
    "sessionCacheMax",
    "rememberedPasswordsMax",
    "hostCacheMax",
    "scryptCost",
    "hashPauseMs",
    "hashShares",
    "clientsInMemoryMax",
    "unknownNamesMax",
    "logLinesPerMinute",
    "auditEntriesMax",
    "noticesPerCommit",
    "logKindsMax",
    "delayedRefusalsPerAccount",
    "accountRateMax",
    "budgetsInMemoryMax",
    "broadcastSocketsPerTurn",
    "lastWrittenIdsMax",
    "unconfirmedJoinsMax",
    "shardsMax",
    "shardIdCacheMax",
    "statementCacheMax",
    "databasePageBytes",
    "checkpointPages",
    "checkpointHardPages",
    "checkpointRestPages",
    "checkpointPassesMax",
    "backupLockMs",
    "backupLockPauseMs",
    "backupLockAttemptsMax",
    "backupPagesPerStep",
    "bytesCountedEvery",
    "conversationListLagMax",
    "emptyAccountMaxRows",
    "databaseCacheKib",
    "databaseBusyMs",
    "compressedFilesMax",
    "certificateReadMs",
    "hashConcurrencyMax",
    "requestDeadlineCheckMs",
    "stopIdleCheckMs",
    "alarmCheckMaxMs",
    "deliveryRescueMs",
    "alarmWaitMaxMs",
    "pageInOnePieceMaxChars",
    "streamsPerShard",
    "socketSaveDelayMs",
    "socketBufferMaxBytes",
    "socketBufferMaxFrames",
    "forwardedFramesMax",
    "concurrentSendsMaxBytes",
    "turnCostBytes",
    "turnsBurstBytes",
    "turnMaxMs",
    "clockStepMinMs",
    "clockGapMaxMs",
    "clockLookEveryMs",
    "clockPeriodsMax",
    "cliLockCheckMs",
    "cliStatusMinMs",
    "cliStatusMaxMs",
    "checkPollMs",
  ];
  const ofPeers = [
    "peerKeyCacheMax",
    "peerKeyCacheMs",
    "contactWriteMinIntervalMs",
    "peersInMemoryMax",
    "unusedPeerKeysMs",
    "logTextMaxChars",
  ];
  const ofConfiguration = ["accountQuotaMaxMb", "peerRateMax", "strangeRealmDailyMaxMb", "operatorTokenMinChars"];
  const ofRetention = ["retentionMaxDays", "retentionEveryMs", "retentionChunkLogs", "retentionChunkRows"];
  expect(new Set(Object.keys(limits).filter((name) => !documented.has(name)))).toEqual(
    new Set([...ofWork, ...ofPeers, ...ofConfiguration, ...ofRetention]),
  );
});

describe("every relative link leads to a file, and to a heading in it:", () => {
  const isOurs = (file: string) => /^(src\/(protocol|federation)|test\/fixtures)\/README\.md$/.test(file);
  test.each(["src/protocol/README.md", "src/federation/README.md", "test/fixtures/README.md", "README.md"])(
    "%s",
    (path) => {
      const page = new Page(path);
      for (const [, target = "", anchor] of page.text.matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)) {
        const file = target === "" ? path : posix.join(posix.dirname(path), target);
        if (!isOurs(path) && !isOurs(file)) continue;
        expect([file, existsSync(join(root, file))]).toEqual([file, true]);
        if (anchor !== undefined) expect(new Page(file).anchors()).toContain(anchor);
      }
    },
  );
});

interface Example {
  line: string;
  status: number;
  headers: Map<string, string>;
  /** With the terminator as bytes. */
  body: string;
}

function examplesIn(text: string): Example[] {
  return [...text.matchAll(/^> (.*)\n< (\d+)(.*)\n< (.*)$/gm)].map(
    ([, line = "", status, headers = "", body = ""]) => ({
      line,
      status: Number(status),
      headers: new Map([...headers.matchAll(/([\w-]+): ([\w-]+)/g)].map(([, name = "", value = ""]) => [name, value])),
      body: body.replace(/\\r\\n\\r\\n$/, "\r\n\r\n"),
    }),
  );
}

function sentenceTexts(language: "id" | "en"): string[] {
  // The type requires every sentence, so a new one must be added here and to the README.
  const all = {
    registered: { name: "{name}" },
    "message-delivered": { to: "{to}" },
    "message-queued": { to: "{to}" },
    "group-created": { name: "{name}" },
    "group-joined": { group: "{group}" },
    "group-left": { group: "{group}" },
    invited: { member: "{member}", group: "{group}" },
    "invitation-queued": { member: "{member}" },
    "already-member": { member: "{member}" },
    kicked: { member: "{member}", group: "{group}" },
    "read-noted": { id: "{id}" },
    "logged-out": {},
    "logged-out-everywhere": {},
    "retry-started": { realm: "{realm}" },
    "key-rotated": { id: "{id}" },
    "password-changed": {},
    "password-reset": {},
    accepted: { address: "{address}", messages: "{messages}" },
    reported: {},
    blocked: { target: "{target}" },
    unblocked: { target: "{target}" },
    unregistered: { name: "{name}" },
    "ban-set": { target: "{target}" },
    "ban-ended": { target: "{target}" },
    "lockdown-set": { level: "{level}" },
    "operator-added": { name: "{name}" },
    "operator-removed": { name: "{name}" },
    "code-revoked": { code: "{code}" },
    "token-revoked": { label: "{label}" },
  } satisfies Record<ReplyTextCode, Record<string, string>>;
  return Object.entries(all).map(([code, fill]) => replyText(code as ReplyTextCode, fill, language));
}

/** Whether a text is a template with every `{x}` filled in. */
function matches(template: string, text: string): boolean {
  const pattern = template
    .split(/\{\w+\}/)
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
    .join("(.+)");
  return new RegExp(`^${pattern}$`).test(text);
}

function lineIs(line: string, name: CommandName): boolean {
  const words = line.split(" ").slice(0, name.split(" ").length).join(" ");
  return isCommandName(words) && words === name;
}

/** A usage line may be wrapped. */
function unwrapped(text: string): string {
  return text.replaceAll("\n", " ");
}
