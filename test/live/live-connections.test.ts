import { expect, test, vi } from "vitest";
import { SessionStore } from "../../src/accounts/session-store.ts";
import { Sessions } from "../../src/accounts/sessions.ts";
import { TokenStore } from "../../src/accounts/token-store.ts";
import { Memberships } from "../../src/groups/memberships.ts";
import { Backfill } from "../../src/live/backfill.ts";
import { FlowControl } from "../../src/live/flow-control.ts";
import { LiveConnections } from "../../src/live/live-connections.ts";
import { LiveEventPublisher } from "../../src/live/live-event-publisher.ts";
import type { LiveSocket } from "../../src/live/live-socket.ts";
import { SocketRegistry } from "../../src/live/socket-registry.ts";
import { MessageLogStore } from "../../src/messaging/message-log-store.ts";
import { ReadMarkers } from "../../src/messaging/read-markers.ts";
import { closeCodes } from "../../src/protocol/events.ts";
import type { Name, RealmName } from "../../src/protocol/names.ts";
import { failure } from "../../src/protocol/replies.ts";
import { type SteadyClock, type Timer, withoutSteps } from "../../src/storage/clock.ts";
import { ClockHistory } from "../../src/storage/clock-history.ts";
import { migratedDatabase } from "../support/sqlite.ts";

const realm = "surabaya" as RealmName;
const budi = "budi" as Name;
const session = { account: budi, tokenDigest: "a".repeat(64) };
const timer: Timer = (done, ms) => {
  const handle = setTimeout(done, ms);
  return () => clearTimeout(handle);
};

/** The live connections of a shard with the account budi and its session. */
function setUp(clock: SteadyClock = withoutSteps(Date.now)) {
  const { database, dispatcher, unitOfWork } = migratedDatabase((commit) => void timer(commit, 0));
  const logs = new MessageLogStore(database, unitOfWork);
  const sessions = new Sessions({
    realm,
    store: new SessionStore(database),
    tokens: new TokenStore(database),
    unitOfWork,
    clock,
  });
  const registry = new SocketRegistry({ all: () => [], lastPingAt: () => null }, timer);
  const flow = new FlowControl(registry, timer);
  const memberships = new Memberships(database, unitOfWork, new ReadMarkers(database));
  const live = new LiveConnections({
    registry,
    flow,
    backfill: new Backfill({ registry, flow, logs, timer }),
    events: new LiveEventPublisher({ registry, flow, memberships, timer }),
    sessions,
    logs,
    executor: { executeFromSocket: async () => failure("internal"), chargeReply: () => {} },
    clock,
    timer,
  });
  dispatcher.subscribe(live.onCommit);
  unitOfWork.runNow((tx) => {
    const accountId = logs.addLog(tx, "mailbox", budi);
    tx.write("insert into accounts (id, password_verifier, created_at) values (?, '', 0)", accountId);
    sessions.open(tx, accountId, session.tokenDigest);
  });
  return { live, registry, sessions };
}

/** A socket that records what it gets. */
function fakeSocket() {
  const frames: unknown[] = [];
  const closed: number[] = [];
  const socket: LiveSocket = {
    send: (text) => void frames.push(JSON.parse(text)),
    close: (code) => void closed.push(code),
    serializeAttachment: () => {},
    deserializeAttachment: () => null,
  };
  return { socket, frames, closed };
}

test("a socket whose session ends between admission and attachment is closed at once", async () => {
  const { live, registry, sessions } = setUp();
  const state = live.admit({ session, after: null, language: "id" });
  if ("kind" in state) throw new Error(state.error);
  const open = sessions.authenticate(session);
  if ("error" in open) throw new Error(open.error);
  await sessions.logout(open.caller, session, true);
  const { socket, frames, closed } = fakeSocket();
  live.attach(socket, state);
  expect(frames).toEqual([{ event: "session-ended", data: null }]);
  expect(closed).toEqual([closeCodes.sessionEnded]);
  expect(registry.isEmpty).toBe(true);
});

test("a socket that was opened while the clock was 40 days ahead is closed when its session ends", () => {
  const dayMs = 24 * 60 * 60 * 1000;
  let elapsed = 0;
  let shift = 40 * dayMs;
  const { database } = migratedDatabase();
  const wall = () => 20_000 * dayMs + shift + elapsed;
  vi.spyOn(console, "warn").mockImplementation(() => {});
  const clock = new ClockHistory({ shardName: "surabaya/0", database, clock: wall, monotonic: () => elapsed });
  const { live } = setUp(clock.steady);
  const state = live.admit({ session, after: null, language: "id" });
  if ("kind" in state) throw new Error(state.error);
  const { socket, closed } = fakeSocket();
  live.attach(socket, state);
  shift = 0;
  expect(live.nextDue()).toBe(wall() + 30 * dayMs);
  elapsed += 30 * dayMs - 1;
  live.closeExpired();
  expect(closed).toEqual([]);
  elapsed += 1;
  live.closeExpired();
  expect(closed).toEqual([closeCodes.sessionEnded]);
});
