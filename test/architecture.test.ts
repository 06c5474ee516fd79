import { globSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { expect, test } from "vitest";

/**
 * The house: each room, and the rooms below it that it may import. A room that is not here may not exist. The files
 * that stand beside the rooms are rooms of one file.
 */
const house: Record<string, readonly string[]> = {
  index: ["cloudflare", "config", "protocol", "shard", "storage", "worker"],
  worker: ["accounts", "config", "federation", "limits", "protocol", "shard", "shard-api", "storage", "web/dist/page"],
  cloudflare: ["config", "hasher", "limits"],
  shard: [
    ...["accounts", "config", "delivery", "federation", "groups", "limits", "live", "messaging", "paging", "protocol"],
    ...["shard-api", "storage", "worker"],
  ],
  live: ["accounts", "limits", "messaging", "protocol", "shard-api", "storage"],
  groups: [
    ...["accounts", "delivery", "federation", "limits", "messaging", "protocol", "shard", "shard-api", "storage"],
  ],
  accounts: ["hasher", "limits", "messaging", "protocol", "storage"],
  messaging: [...["accounts", "delivery", "groups", "limits", "paging", "protocol", "shard", "shard-api", "storage"]],
  delivery: ["federation", "limits", "protocol", "shard", "shard-api", "storage"],
  federation: [...["config", "delivery", "groups", "limits", "paging", "protocol", "shard", "shard-api", "storage"]],
  "shard-api": ["accounts", "config", "federation", "limits", "messaging", "protocol", "shard"],
  paging: ["limits", "protocol", "storage"],
  hasher: [],
  selfhost: ["config", "dev"],
  dev: [],
  config: ["cloudflare", "limits", "protocol", "shard"],
  web: ["protocol"],
  protocol: ["limits"],
  storage: ["limits"],
  limits: [],
};

interface Import {
  file: string;
  /** Paths below src, without their ending. */
  from: string;
  to: string;
}

const root = posix.join(import.meta.dirname, "..");
const files = globSync("src/**/*.{ts,tsx}", { cwd: root });
const imports = files.flatMap((file) => importsOf(file, readFileSync(`${root}/${file}`, "utf8")));

test("The house has rooms, and they import each other.", () => {
  expect(files.length).toBeGreaterThan(30);
  expect(imports.length).toBeGreaterThan(100);
});

test("The plan has every room and no other, and none is named for a technical kind.", () => {
  const rooms = [...new Set(files.map((file) => roomOf(withoutEnding(file.slice("src/".length)))))];
  expect(new Set(rooms)).toEqual(new Set(Object.keys(house)));
  const kinds = /^(utils?|helpers?|services?|common|shared|lib|types?|misc|controllers?|models?)$/;
  const parts = files.flatMap((file) => withoutEnding(file).split("/"));
  expect(parts.filter((part) => kinds.test(part))).toEqual([]);
});

test("Rooms import only what the plan lets them.", () => {
  expect(imports.filter((one) => !isAllowed(one)).map(({ file, to }) => `${file} imports ${to}`)).toEqual([]);
});

test.each([
  ["messaging/message-store", 'import { Shard } from "../live/socket-registry.ts";'],
  ["protocol/names", 'import type { Env } from "../config/config.ts";'],
  ["protocol/names", 'const later = await import("../shard/shard.ts");'],
  ["accounts/accounts", 'export { PasswordHasher } from "../cloudflare/password-hasher.ts";'],
  ["web/app", 'import "../shard/shard.ts";'],
  ["worker/home-route", 'import { Line } from "../web/chat/live-connection.ts";'],
])("The plan refuses in %s the line %j.", (file, line) => {
  expect(importsOf(`src/${file}.ts`, line).map(isAllowed)).toEqual([false]);
});

function isAllowed({ from, to }: Import): boolean {
  const [room, other] = [roomOf(from), roomOf(to)];
  if (room === other) return true;
  const allowed = house[room] ?? [];
  return allowed.includes(other) || allowed.includes(to);
}

/** Every import of a file of ours, whatever its form. */
function importsOf(file: string, source: string): Import[] {
  const pattern = /(?:^(?:import|export)\s+(?<type>type\s)?(?:[^;"]*?\sfrom\s+)?|\bimport\()"(?<path>\.[^"]+)"/gm;
  return [...source.matchAll(pattern)].map(({ groups }) => ({
    file,
    from: withoutEnding(file.slice("src/".length)),
    to: withoutEnding(posix.join(posix.dirname(file), groups?.path ?? "").slice("src/".length)),
  }));
}

function roomOf(path: string): string {
  return path.split("/")[0] ?? path;
}

function withoutEnding(path: string): string {
  return path.replace(/\.tsx?$/, "");
}
