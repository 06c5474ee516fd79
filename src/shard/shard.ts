import { DurableObject } from "cloudflare:workers";
import type { SessionClaim } from "../accounts/session-token.ts";
import type { Env } from "../config/config.ts";
import { type LinkReport, ownReports } from "../delivery/destination-report.ts";
import type { Result } from "../delivery/retry-policy.ts";
import {
  type DeliveryAnswer,
  type GroupAnswer,
  groupChunk,
  type QueryAnswer,
  type TurnedAway,
  takeDelivery,
  takeEcho,
  takeGroupRequest,
  takeQuery,
  type Visit,
} from "../federation/federation-handlers.ts";
import type { StoredKey } from "../federation/signing-keys.ts";
import { changeGroup } from "../groups/group-request-router.ts";
import { groupHeads, type Head, type HeadRequest } from "../groups/group-summaries.ts";
import type { Reader } from "../paging/long-polls.ts";
import type { Chunk } from "../paging/page-stream.ts";
import type { GroupMode, OperatorCommand, PageOptions, UserCommand } from "../protocol/commands.ts";
import { subprotocol } from "../protocol/events.ts";
import { federationPaths, federationVersion, type PublicKey, type WellKnown } from "../protocol/federation-wire.ts";
import type { GroupReply, GroupRequest } from "../protocol/groups.ts";
import type { FullAddress, Name, RealmName } from "../protocol/names.ts";
import type { Answer, Failure } from "../protocol/replies.ts";
import type { Language } from "../protocol/texts.ts";
import { type Packed, packed } from "../shard-api/answer-codec.ts";
import type { Envelope } from "../shard-api/outbound-items.ts";
import { firstObject, realmObject } from "../shard-api/realm-context.ts";
import { wishOf } from "../shard-api/upgrade-params.ts";
import { type BulkItem, executeAll } from "./bulk-commands.ts";
import { openRooms, type Rooms } from "./composition.ts";
import { type EntryCommand, enter, execute } from "./execute-command.ts";
import { operate } from "./operator-commands.ts";
import { readGroup } from "./read-commands.ts";
import { receive } from "./receive-batch.ts";
import { migrate } from "./schema.ts";

/**
 * One shard of a realm: its accounts, sessions, mailboxes, groups, and the links that lead out of it. Objects have
 * names such as `surabaya/0`. This class is the surface: what the rooms do is theirs.
 *
 * Expected failures are answers; what is thrown is a bug or an outage.
 */
export class RealmShard extends DurableObject<Env> {
  readonly #rooms: Rooms;
  /** Once in a life of the first object is enough: whoever looks after a realm asks every minute. */
  #hasWoken = false;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    ctx.storage.transactionSync(() => migrate(ctx.storage.sql));
    this.#rooms = openRooms(ctx, env);
    ctx.blockConcurrencyWhile(async () => {
      await this.#rooms.rounds.start();
      this.#rooms.live.start();
    });
  }

  // For the people of this realm.

  async enter(command: EntryCommand, byOperator: boolean): Promise<Answer> {
    return (await this.#refusal()) ?? enter(this.#rooms, command, byOperator);
  }

  async execute(command: UserCommand, claim: SessionClaim): Promise<Packed> {
    return packed((await this.#refusal()) ?? (await execute(this.#rooms, command, claim)));
  }

  async executeAll(
    items: BulkItem[],
    claim: SessionClaim,
    language: Language,
    stopsOnError: boolean,
  ): Promise<ReadableStream<Uint8Array>> {
    const refusal = await this.#refusal();
    const all = refusal ? items.map((): BulkItem => ({ answer: refusal })) : items;
    return executeAll(this.#rooms, all, claim, language, stopsOnError);
  }

  /** Opens a live socket, or answers a `Failure` as JSON: a socket is the one thing that RPC does not carry. */
  override async fetch(request: Request): Promise<Response> {
    const { live, rounds } = this.#rooms;
    const opened = (await this.#refusal()) ?? live.open(wishOf(request));
    if ("kind" in opened) return Response.json(opened);
    rounds.keepSessions();
    return new Response(null, { status: 101, webSocket: opened, headers: { "Sec-WebSocket-Protocol": subprotocol } });
  }

  override async webSocketMessage(socket: WebSocket, frame: string | ArrayBuffer): Promise<void> {
    await this.#rooms.live.heard(socket, frame);
  }

  override webSocketClose(socket: WebSocket, code: number): void {
    this.#rooms.live.closed(socket);
    // Without this answer the client's end stays half open until the object sleeps. 1005 stands for "no code", and is none.
    socket.close(code === 1005 ? 1000 : code);
  }

  override webSocketError(socket: WebSocket): void {
    this.#rooms.live.closed(socket);
  }

  /** Asked of the realm's first object, for the operator. */
  async operate(command: OperatorCommand): Promise<Answer> {
    return (await this.#refusal()) ?? operate(this.#rooms, command);
  }

  /** Null where this object serves, an answer where it may not. The first object wakes the others: retention begins when they do. */
  async health(): Promise<Answer | null> {
    const { places, config } = this.#rooms;
    const refusal = await this.#refusal();
    if (refusal || config.retentionDays === null || places.shard !== 0 || this.#hasWoken) return refusal;
    await Promise.all(places.siblings().map((name) => realmObject(this.#rooms, name).health()));
    this.#hasWoken = true;
    return null;
  }

  // For other objects of this deployment.

  /** Takes messages. @returns a result for each, or null: this object may not serve, and they stay with the sender */
  async deliver(batch: Envelope[]): Promise<Result[] | null> {
    return (await this.#refusal()) ? null : receive(this.#rooms, batch);
  }

  async createGroup(name: Name, mode: GroupMode, by: FullAddress): Promise<Answer> {
    return (await this.#refusal()) ?? this.#rooms.commit.run(() => this.#rooms.groups.create(name, mode, by));
  }

  /** @param atLeast a message that the reader knows to be there */
  async readGroup(group: FullAddress, by: FullAddress, page: PageOptions, atLeast: number): Promise<Answer> {
    return (await this.#refusal()) ?? readGroup(this.#rooms, group, by, page, atLeast);
  }

  async groupChunk(group: FullAddress, by: FullAddress, page: PageOptions, reader: Reader): Promise<Chunk | Failure> {
    return (await this.#refusal()) ?? groupChunk(this.#rooms, group, by, page, reader);
  }

  async changeGroup(request: GroupRequest): Promise<GroupReply | Failure> {
    return (await this.#refusal()) ?? changeGroup(this.#rooms, request);
  }

  async groupHeads(requests: HeadRequest[]): Promise<Head[]> {
    return (await this.#refusal()) ? [] : groupHeads(this.#rooms, requests);
  }

  async heardFrom(realm: RealmName): Promise<void> {
    await Promise.all(this.#rooms.ways.map((links) => links.heardFrom(realm)));
  }

  linkReports(): LinkReport[] {
    return ownReports(this.#rooms);
  }

  /** How the realm was born. Asked of the first object by the others, once in their lives. */
  birth(): Promise<number> {
    return this.#rooms.birth.record();
  }

  /** Asked of the first object by the others. */
  signingKey(): Promise<StoredKey> {
    return this.#rooms.keyring.current();
  }

  // For other realms, through the first object; the Worker has verified who speaks.

  async wellKnown(): Promise<WellKnown> {
    const { realm, keyring } = this.#rooms;
    return {
      realm,
      version: federationVersion,
      time: new Date().toISOString(),
      endpoints: { deliver: federationPaths.deliver, query: federationPaths.query, echo: federationPaths.echo },
      keys: await keyring.publicKeys(),
    };
  }

  peerKey(realm: RealmName, id: string): Promise<PublicKey | "unknown-peer" | "unknown-key"> {
    return this.#rooms.directory.find(realm, id);
  }

  async takeDelivery(visit: Visit, batch: Envelope[]): Promise<DeliveryAnswer> {
    return (await this.#closed()) ?? takeDelivery(this.#rooms, visit, batch);
  }

  async takeQuery(visit: Visit, group: FullAddress, by: FullAddress, page: PageOptions): Promise<QueryAnswer> {
    return (await this.#closed()) ?? takeQuery(this.#rooms, visit, group, by, page);
  }

  async takeGroupRequest(visit: Visit, request: GroupRequest): Promise<GroupAnswer> {
    return (await this.#closed()) ?? takeGroupRequest(this.#rooms, visit, request);
  }

  async takeEcho(visit: Visit): Promise<TurnedAway | { kind: "in" }> {
    return (await this.#closed()) ?? takeEcho(this.#rooms, visit);
  }

  override alarm(): Promise<void> {
    return this.#rooms.rounds.make();
  }

  async #closed(): Promise<TurnedAway | null> {
    const failure = await this.#refusal();
    return failure && { kind: "closed", failure };
  }

  /** Why this object may not serve, or null. */
  #refusal(): Promise<Failure | null> | null {
    const { birth, places } = this.#rooms;
    if (birth.isSound) return null;
    return birth.refusal(() => (places.shard === 0 ? birth.record() : firstObject(this.#rooms).birth()));
  }
}
