import { DurableObject } from "cloudflare:workers";
import { pingFrame, pongFrame, subprotocol } from "../protocol/events.ts";
import { createShard } from "../shard/composition-root.ts";
import type { Shard } from "../shard/shard.ts";
import type { ShardApi } from "../shard-api/shard-api.ts";
import type { Bindings } from "./bindings.ts";
import { configOf } from "./config-of.ts";
import { shardNameOfObject, shardPorts } from "./shard-ports.ts";
import { upgradeParamsOf } from "./upgrade-request.ts";

type Args<Method extends keyof ShardApi> = Parameters<ShardApi[Method]>;

/** The Durable Object of a shard. It forwards RPC calls, alarms and the events of hibernating sockets to `Shard`. */
export class RealmShard extends DurableObject<Bindings> implements ShardApi {
  readonly #shard: Shard;

  constructor(ctx: DurableObjectState, bindings: Bindings) {
    super(ctx, bindings);
    const config = configOf(bindings);
    this.#shard = createShard(shardNameOfObject(ctx), config, shardPorts(ctx, bindings, config));
    // The runtime answers without waking this object.
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(pingFrame, pongFrame));
    ctx.blockConcurrencyWhile(() => this.#shard.start());
  }

  override alarm(): Promise<void> {
    return this.#shard.onAlarm();
  }

  /** Opens a live socket, or answers a `Failure` as JSON. */
  override async fetch(request: Request): Promise<Response> {
    const state = await this.#shard.admitSocket(upgradeParamsOf(request));
    if ("kind" in state) return Response.json(state);
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    this.#shard.attachSocket(server, state);
    return new Response(null, { status: 101, webSocket: client, headers: { "Sec-WebSocket-Protocol": subprotocol } });
  }

  override webSocketMessage(socket: WebSocket, frame: string | ArrayBuffer): Promise<void> {
    return this.#shard.onSocketFrame(socket, frame);
  }

  override webSocketClose(socket: WebSocket, code: number): void {
    this.#shard.onSocketClosed(socket);
    // Without this close frame the client's connection stays half open. Codes that mean that there was none may not be sent (RFC
    // 6455, 7.4.1).
    socket.close(unsendableCodes.has(code) ? 1000 : code);
  }

  override webSocketError(socket: WebSocket): void {
    this.#shard.onSocketClosed(socket);
  }

  authenticateOrRegister(...args: Args<"authenticateOrRegister">) {
    return this.#shard.authenticateOrRegister(...args);
  }

  execute(...args: Args<"execute">) {
    return this.#shard.execute(...args);
  }

  checkSession(...args: Args<"checkSession">) {
    return this.#shard.checkSession(...args);
  }

  executeBulk(...args: Args<"executeBulk">) {
    return this.#shard.executeBulk(...args);
  }

  executeWithPassword(...args: Args<"executeWithPassword">) {
    return this.#shard.executeWithPassword(...args);
  }

  executeBulkWithPassword(...args: Args<"executeBulkWithPassword">) {
    return this.#shard.executeBulkWithPassword(...args);
  }

  executeOperatorCommand(...args: Args<"executeOperatorCommand">) {
    return this.#shard.executeOperatorCommand(...args);
  }

  checkHealth() {
    return this.#shard.checkHealth();
  }

  deliver(...args: Args<"deliver">) {
    return this.#shard.deliver(...args);
  }

  createGroup(...args: Args<"createGroup">) {
    return this.#shard.createGroup(...args);
  }

  readGroup(...args: Args<"readGroup">) {
    return this.#shard.readGroup(...args);
  }

  readGroupChunk(...args: Args<"readGroupChunk">) {
    return this.#shard.readGroupChunk(...args);
  }

  requestGroup(...args: Args<"requestGroup">) {
    return this.#shard.requestGroup(...args);
  }

  summarizeGroups(...args: Args<"summarizeGroups">) {
    return this.#shard.summarizeGroups(...args);
  }

  retryQueuesTo(...args: Args<"retryQueuesTo">) {
    return this.#shard.retryQueuesTo(...args);
  }

  reportDestinations(...args: Args<"reportDestinations">) {
    return this.#shard.reportDestinations(...args);
  }

  emptyAccount(...args: Args<"emptyAccount">) {
    return this.#shard.emptyAccount(...args);
  }

  operatorOf(...args: Args<"operatorOf">) {
    return this.#shard.operatorOf(...args);
  }

  operatorWithPassword(...args: Args<"operatorWithPassword">) {
    return this.#shard.operatorWithPassword(...args);
  }

  banAccount(...args: Args<"banAccount">) {
    return this.#shard.banAccount(...args);
  }

  isBanned(...args: Args<"isBanned">) {
    return this.#shard.isBanned(...args);
  }

  setOperator(...args: Args<"setOperator">) {
    return this.#shard.setOperator(...args);
  }

  applyRealmRule(...args: Args<"applyRealmRule">) {
    return this.#shard.applyRealmRule(...args);
  }

  listAccounts(...args: Args<"listAccounts">) {
    return this.#shard.listAccounts(...args);
  }

  notifyAccounts(...args: Args<"notifyAccounts">) {
    return this.#shard.notifyAccounts(...args);
  }

  collectStats() {
    return this.#shard.collectStats();
  }

  listSpecialAccounts() {
    return this.#shard.listSpecialAccounts();
  }

  createResetCode(...args: Args<"createResetCode">) {
    return this.#shard.createResetCode(...args);
  }

  addReport(...args: Args<"addReport">) {
    return this.#shard.addReport(...args);
  }

  addToAudit(...args: Args<"addToAudit">) {
    return this.#shard.addToAudit(...args);
  }

  useInviteCode(...args: Args<"useInviteCode">) {
    return this.#shard.useInviteCode(...args);
  }

  recordedShardCount() {
    return this.#shard.recordedShardCount();
  }

  currentSigningKey() {
    return this.#shard.currentSigningKey();
  }

  wellKnown() {
    return this.#shard.wellKnown();
  }

  findPeerKey(...args: Args<"findPeerKey">) {
    return this.#shard.findPeerKey(...args);
  }

  admitPeer(...args: Args<"admitPeer">) {
    return this.#shard.admitPeer(...args);
  }

  receiveDelivery(...args: Args<"receiveDelivery">) {
    return this.#shard.receiveDelivery(...args);
  }

  receiveGroupQuery(...args: Args<"receiveGroupQuery">) {
    return this.#shard.receiveGroupQuery(...args);
  }

  receiveGroupRequest(...args: Args<"receiveGroupRequest">) {
    return this.#shard.receiveGroupRequest(...args);
  }

  receiveEcho(...args: Args<"receiveEcho">) {
    return this.#shard.receiveEcho(...args);
  }
}

const unsendableCodes: ReadonlySet<number> = new Set([1005, 1006, 1015]);
