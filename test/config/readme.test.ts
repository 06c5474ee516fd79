import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseConfig, variableNames } from "../../src/config/config.ts";
import { limits } from "../../src/limits.ts";
import { commands } from "../../src/protocol/commands.ts";
import { Page, unticked } from "../protocol/page.ts";

const root = join(import.meta.dirname, "../..");
const page = new Page("src/config/README.md");
const rows = page.table("## Configuration");

test("the table of variables lists every variable and no other, in the order of the code", () => {
  expect(rows.map(([cell = ""]) => unticked(cell))).toEqual(variableNames);
});

test("the table has the defaults of the code", () => {
  const config = parseConfig({ REALM: "surabaya" });
  const { shards, registration, federation, peerRate, localPeers, accountRate, accountQuotaBytes } = config;
  const defaults = Object.fromEntries(rows.map(([cell = "", , value = ""]) => [unticked(cell), unticked(value)]));
  expect(defaults).toMatchObject({
    SHARDS: String(shards),
    REGISTRATION: registration,
    FEDERATION: federation,
    PEER_RATE: String(peerRate),
    STRANGE_REALM_DAILY_MB: String(config.strangeRealmBytesPerDay / 2 ** 20),
    LOCAL_PEERS: localPeers ? "yes" : "no",
    ACCOUNT_RATE: String(accountRate),
    ACCOUNT_QUOTA_MB: String(accountQuotaBytes / 2 ** 20),
  });
});

test("the table has the ranges of the code", () => {
  const text = (name: string) => rows.find(([cell]) => cell === `\`${name}\``)?.[1] ?? "";
  expect(text("SHARDS")).toContain(`1 to ${limits.shardsMax}`);
  expect(text("PEER_RATE")).toContain(`1 to ${limits.peerRateMax}`);
  expect(text("STRANGE_REALM_DAILY_MB")).toContain(`1 to ${limits.strangeRealmDailyMaxMb}`);
  expect(text("ACCOUNT_RATE")).toContain(`1 to ${limits.accountRateMax}`);
  expect(text("ACCOUNT_QUOTA_MB")).toContain(`1 to ${limits.accountQuotaMaxMb}`);
  expect(text("RETENTION_DAYS")).toContain(`${limits.retentionMinDays} to ${limits.retentionMaxDays}`);
  expect(text("OPERATOR_TOKEN")).toContain(`${limits.operatorTokenMinChars} characters`);
});

test("the table of operator commands lists every operator command and no other", () => {
  const rows = page.table("## Operator commands").map(([cell = ""]) => unticked(cell));
  const operatorCommands = Object.entries(commands).filter(([, { by }]) => by === "operator");
  const names = [...operatorCommands.map(([name]) => name), "register"];
  expect(rows).toHaveLength(names.length);
  for (const [index, name] of names.entries()) expect(`${rows[index]} `.startsWith(`${name} `), name).toBe(true);
});

test("the bindings and classes named are those of wrangler.toml", () => {
  const deployment = readFileSync(join(root, "wrangler.toml"), "utf8");
  const names = [...deployment.matchAll(/^(?:name|class_name) = "((?:[A-Z]\w+))"$/gm)].map(([, name = ""]) => name);
  for (const name of new Set(names)) expect(page.text).toContain(`\`${name}\``);
});
