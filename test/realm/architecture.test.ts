import { globSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { expect, test } from "vitest";

/**
 * The house: each room, and the rooms below it that it may import. A room that is not here may not exist. The files
 * that stand beside the rooms are rooms of one file.
 */
const house: Record<string, readonly string[]> = {
  index: ["http", "realm", "hasher", "protocol"],
  http: ["federation", "realm", "live", "account", "web/dist/page", "protocol"],
  federation: ["realm", "peer", "link", "message/stream", "protocol"],
  realm: ["account", "group", "live", "peer", "link", "message", "protocol"],
  live: ["account", "message", "protocol"],
  account: ["message", "hasher/hash", "protocol"],
  group: ["link", "message", "protocol"],
  peer: ["link", "message", "protocol"],
  link: ["message", "protocol"],
  message: ["protocol"],
  hasher: [],
  web: ["protocol"],
  serve: ["dev/refuse", "dev/page", "env"],
  dev: [],
  env: ["protocol"],
  protocol: ["errors", "limits"],
  recall: ["limits", "sql"],
  times: [],
  waiters: [],
  sql: [],
  clock: [],
  bytes: ["limits"],
  notes: [],
  errors: [],
  limits: [],
};
/** What every room of the server may import besides. */
const everywhere = ["env", "errors", "limits", "sql", "clock", "bytes", "notes", "recall", "times", "waiters"];
const server = (room: string) =>
  !["protocol", "web", "serve", "dev", "errors", "limits", "sql", "clock", "bytes", "times"].includes(room);
/** The bindings are typed by the objects that they lead to; nothing of those is loaded. */
const typesOnly: Record<string, readonly string[]> = { env: ["realm", "hasher"] };

interface Import {
  file: string;
  /** Paths below src, without their ending. */
  from: string;
  to: string;
  isType: boolean;
}

const root = posix.join(import.meta.dirname, "../..");
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

test("The plan goes down only: no room may import one that stands above it.", () => {
  const order = Object.keys(house);
  for (const [room, below] of Object.entries(house)) {
    for (const other of below)
      expect(order.indexOf(roomOf(other)), `${room} → ${other}`).toBeGreaterThan(order.indexOf(room));
  }
});

test("Rooms import only what the plan lets them.", () => {
  expect(imports.filter((one) => !isAllowed(one)).map(({ file, to }) => `${file} imports ${to}`)).toEqual([]);
});

test.each([
  ["message/store", 'import { Realm } from "../realm/realm.ts";'],
  ["protocol/names", 'import type { Env } from "../env.ts";'],
  ["protocol/names", 'const later = await import("../realm/realm.ts");'],
  ["account/accounts", 'export { Hasher } from "../hasher/hasher.ts";'],
  ["web/app", 'import "../realm/realm.ts";'],
  ["http/home", 'import { Line } from "../web/chat/line.ts";'],
  ["env", 'import {\n  Realm,\n} from "./realm/realm.ts";'],
])("The plan refuses in %s the line %j.", (file, line) => {
  expect(importsOf(`src/${file}.ts`, line).map(isAllowed)).toEqual([false]);
});

function isAllowed({ from, to, isType }: Import): boolean {
  const [room, other] = [roomOf(from), roomOf(to)];
  if (room === other) return true;
  const allowed = [...(house[room] ?? []), ...(server(room) ? everywhere : []), ...((isType && typesOnly[room]) || [])];
  return allowed.includes(other) || allowed.includes(to);
}

/** Every import of a file of ours, whatever its form. */
function importsOf(file: string, source: string): Import[] {
  const pattern = /(?:^(?:import|export)\s+(?<type>type\s)?(?:[^;"]*?\sfrom\s+)?|\bimport\()"(?<path>\.[^"]+)"/gm;
  return [...source.matchAll(pattern)].map(({ groups }) => ({
    file,
    from: withoutEnding(file.slice("src/".length)),
    to: withoutEnding(posix.join(posix.dirname(file), groups?.path ?? "").slice("src/".length)),
    isType: groups?.type !== undefined,
  }));
}

function roomOf(path: string): string {
  return path.split("/")[0] ?? path;
}

function withoutEnding(path: string): string {
  return path.replace(/\.tsx?$/, "");
}
