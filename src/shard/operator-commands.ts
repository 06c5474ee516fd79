import type { Introduction } from "../federation/peer-key-store.ts";
import { originOf } from "../federation/peer-policy.ts";
import { limits } from "../limits.ts";
import type { OperatorCommand } from "../protocol/commands.ts";
import { federationPaths, parseEchoAnswer } from "../protocol/federation-wire.ts";
import type { RealmName } from "../protocol/names.ts";
import { type Answer, dataReply, failure, type PeerTestStep, textReply } from "../protocol/replies.ts";
import { realmObject } from "../shard-api/realm-context.ts";
import type { Rooms } from "./composition.ts";

/** Carries out an operator's command, in the realm's first object. */
export async function operate(rooms: Rooms, command: OperatorCommand): Promise<Answer> {
  switch (command.name) {
    case "retry":
      return retry(rooms, command.realm);
    case "peertest":
      return dataReply(await testPeer(rooms, command.realm));
    case "rotatekey":
      return textReply("key-rotated", { id: (await rooms.keyring.rotate()).id });
  }
}

async function retry(rooms: Rooms, realm: RealmName): Promise<Answer> {
  if (!originOf(rooms.config, realm)) return failure("no-such-realm", { realm });
  const others = rooms.places.siblings().map((name) => realmObject(rooms, name).heardFrom(realm));
  await Promise.all([...rooms.ways.map((links) => links.heardFrom(realm)), ...others]);
  return textReply("retry-started", { realm });
}

/** Goes the whole way to another realm, step by step, and ends at the first that does not hold. */
async function testPeer(rooms: Rooms, realm: RealmName): Promise<PeerTestStep[]> {
  const steps: PeerTestStep[] = [];
  const step = (name: PeerTestStep["step"], ok: boolean, detail: string, ms?: number) => {
    steps.push({ step: name, ok, detail, ...(ms !== undefined && { ms }) });
    return ok;
  };

  const origin = originOf(rooms.config, realm);
  if (!step("name", origin !== null, origin?.origin ?? "not in PEERS, or not a public name")) return steps;

  const asked = Date.now();
  const introduction: Introduction = await rooms.directory.introduction(realm);
  const took = Date.now() - asked;
  if (!step("well-known", introduction.ok, introduction.ok ? "read" : introduction.problem, took)) return steps;
  if (!introduction.ok) return steps;
  const { keys, time } = introduction.wellKnown;
  if (!step("key", keys.length > 0, `${keys.length} published`)) return steps;

  // The peer read its clock somewhere between question and answer.
  const skewSeconds = Math.round((Date.parse(time) - (asked + took / 2)) / 1000);
  const inTime = Math.abs(skewSeconds) <= limits.clockSkewSeconds;
  if (!step("clock", inTime, `${skewSeconds} s apart`)) return steps;

  const text = crypto.randomUUID();
  const sent = Date.now();
  const answer = await rooms.https.post(realm, federationPaths.echo, JSON.stringify({ text }), limits.queryMaxBytes);
  const ms = Date.now() - sent;
  if (!answer.ok) {
    step("signature", false, answer.problem, ms);
    return steps;
  }
  if (!step("signature", answer.status !== 401, answer.status === 401 ? "refused" : "accepted", ms)) return steps;
  if (!step("policy", answer.status !== 403, answer.status === 403 ? "this realm is not wanted" : "let in"))
    return steps;
  const echo = answer.status === 200 ? parseEchoAnswer(answer.body) : null;
  const same = echo?.text === text && echo.realm === realm;
  step("echo", same, same ? "came back" : `status-${answer.status}`, ms);
  return steps;
}
