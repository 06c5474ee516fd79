import type { Chunk } from "../paging/chunk.ts";
import type { PollOwner } from "../paging/long-polls.ts";
import type { CommandOf, GroupMode, OperatorCommand, PageOptions, UserCommand } from "../protocol/commands.ts";
import type { PublicKey, WellKnown } from "../protocol/federation-wire.ts";
import type { GroupReply, GroupRequest } from "../protocol/group-requests.ts";
import type { FullAddress, Name, RealmName } from "../protocol/names.ts";
import type { Answer, Failure } from "../protocol/replies.ts";
import type { Language } from "../protocol/texts.ts";
import type { EncodedAnswer } from "./answer-codec.ts";
import type { NameAndPassword, SessionRef } from "./caller.ts";
import type { DeliveryResult } from "./delivery-result.ts";
import type { OutboundItem } from "./outbound-items.ts";

/**
 * The surface of a shard, for the Worker and for other shards. Expected failures are answers; a throw is a bug or an outage.
 * Everything in it can be cloned. After a deployment to Cloudflare a Worker calls shards of the release before for some minutes,
 * so a release adds methods and optional fields and changes neither their meaning nor their order.
 */
export interface ShardApi {
  // For accounts of the shard.
  authenticateOrRegister(command: CredentialCommand, byOperator: boolean): Promise<Answer>;
  execute(command: UserCommand, session: SessionRef): Promise<EncodedAnswer>;
  /** Null where the session is open, or else the answer that says why not. */
  checkSession(session: SessionRef): Promise<Failure | null>;
  executeBulk(
    items: BulkItem[],
    session: SessionRef,
    language: Language,
    stopOnError: boolean,
  ): Promise<ReadableStream<Uint8Array> | Failure>;
  /** The same by HTTP Basic. */
  executeWithPassword(command: UserCommand, login: NameAndPassword): Promise<EncodedAnswer>;
  executeBulkWithPassword(
    items: BulkItem[],
    login: NameAndPassword,
    language: Language,
    stopOnError: boolean,
  ): Promise<ReadableStream<Uint8Array> | Failure>;

  // For operators.
  /** The account that sends an operator command, or why it may not. */
  operatorOf(session: SessionRef): Promise<Name | Failure>;
  operatorWithPassword(login: NameAndPassword): Promise<Name | Failure>;
  /** In shard 0. @param actor the operator's account; null: the bearer of the operator token */
  executeOperatorCommand(command: OperatorCommand, actor: Name | null): Promise<Answer>;
  /** In the account's shard. @param reason null: the ban ends @returns false: there is no such account */
  banAccount(account: Name, reason: string | null): Promise<boolean>;
  isBanned(account: Name): Promise<boolean>;
  setOperator(account: Name, isOperator: boolean): Promise<boolean>;
  /** In every shard. */
  applyRealmRule(rule: RealmRule): Promise<void>;
  collectStats(): Promise<ShardStats>;
  listAccounts(page: ReportPage): Promise<AccountRow[]>;
  listSpecialAccounts(): Promise<AccountRow[]>;
  /** @returns the number of mailboxes that have got the notice */
  notifyAccounts(text: string, uid: string): Promise<number>;
  /** Null where the shard serves, or else why it does not. */
  checkHealth(): Promise<Failure | null>;

  // For other shards.
  /** @returns a result for each item; null: the shard does not serve, and the items stay with the sender */
  deliver(items: OutboundItem[]): Promise<DeliveryResult[] | null>;
  createGroup(name: Name, mode: GroupMode, by: FullAddress): Promise<Answer>;
  /** @param atLeast the number of a message that the reader knows to exist */
  readGroup(group: FullAddress, by: FullAddress, page: PageOptions, atLeast: number): Promise<Answer>;
  readGroupChunk(group: FullAddress, by: FullAddress, page: PageOptions, reader: PollOwner): Promise<Chunk | Failure>;
  requestGroup(request: GroupRequest): Promise<GroupReply | Failure>;
  summarizeGroups(requests: GroupSummaryRequest[]): Promise<GroupSummary[]>;
  /** A peer has contacted this realm: what is queued for it is tried now. */
  retryQueuesTo(realm: RealmName): Promise<void>;
  reportDestinations(page: ReportPage): Promise<DestinationReport[]>;
  /** Deletes messages of an account, as many as one call may. @returns null: there is no such account */
  emptyAccount(account: Name): Promise<EmptiedAccount | null>;

  /** Makes a code for a new password. @returns null: there is no such account */
  createResetCode(account: Name): Promise<{ code: string; expires: string } | null>;

  // Of shard 0, for the others.
  addReport(report: ReportedMessage): Promise<void>;
  addToAudit(act: AuditedAct): Promise<void>;
  /** Uses an invitation code once. @returns false: it is wrong, used up or expired */
  useInviteCode(digest: string): Promise<boolean>;
  recordedShardCount(): Promise<number>;
  currentSigningKey(): Promise<StoredSigningKey>;

  // Of shard 0, for peers whose signature the Worker has verified.
  wellKnown(): Promise<WellKnown>;
  /** @param client the address that the request came from; null: not known */
  findPeerKey(realm: RealmName, keyId: string, client: string | null): Promise<PeerKeyLookup>;
  /** Admits a request with a long body before the body is read. */
  admitPeer(peer: PeerRequest): Promise<AdmissionAnswer>;
  receiveDelivery(peer: PeerRequest, items: OutboundItem[]): Promise<PeerDeliveryAnswer>;
  receiveGroupQuery(
    peer: PeerRequest,
    group: FullAddress,
    by: FullAddress,
    page: PageOptions,
  ): Promise<PeerGroupChunkAnswer>;
  receiveGroupRequest(peer: PeerRequest, request: GroupRequest): Promise<PeerGroupAnswer>;
  receiveEcho(peer: PeerRequest): Promise<AdmissionAnswer>;
}

/** Port: calls to the shards of this deployment, by their names. */
export interface ShardDirectory {
  get(shardName: string): ShardApi;
  /** What an error of a call says of the shard. */
  describeFailure(error: unknown): ShardCallFailure;
}

/** Why a call to a shard has thrown. */
export interface ShardCallFailure {
  /** The shard's own code has thrown; otherwise the call may not have reached it. */
  isThrownByShard: boolean;
  /** The shard has too much to do. */
  isOverloaded: boolean;
  /** The shard is moving or restarting. */
  isRetryable: boolean;
}

/** A rule of the operator for the whole realm. */
export type RealmRule =
  | { kind: "lockdown"; level: number }
  | { kind: "ban"; realm: RealmName; reason: string }
  | { kind: "unban"; realm: RealmName };

/** The size of a shard. Messages and bytes are counted every 256 messages of a log. Times are milliseconds since 1970. */
export interface ShardStats {
  accounts: number;
  messages: number;
  bytes: number;
  sockets: number;
  queued: number;
  oldestQueuedAt: number | null;
  /** Since the shard started, and the writes in them. */
  commits: number;
  writes: number;
}

/** An account, for the operator. */
export interface AccountRow {
  account: string;
  createdAt: number;
  bannedAt: number | null;
  banReason: string | null;
  isOperator: boolean;
}

/** Something that the audit log keeps. */
export interface AuditedAct {
  /** An account, or `OPERATOR_TOKEN`. */
  actor: string;
  act: string;
  target: string;
}

/** A message that an account shows to the operator. */
export interface ReportedMessage {
  reporter: string;
  /** Null: a message of the reporter's inbox. */
  group: string | null;
  message: number;
  sender: string;
  text: string;
  reason: string;
}

/** The commands that open an account or a session. */
export type CredentialCommand = CommandOf<"register" | "auth">;

/** One line of a bulk request: a command, or the answer of a line that is none. */
export type BulkItem = { command: UserCommand } | { answer: Answer };

/** What a member wants to know of a group. */
export interface GroupSummaryRequest {
  group: FullAddress;
  by: FullAddress;
  /** How far the member has read. */
  readUpTo: number;
}
/** Null: there is no such group for the member. */
export type GroupSummary = { newest: number; unread: number } | null;

/** Up to `limit` realms after one, in the order of their names. */
export interface ReportPage {
  past: string;
  limit: number;
}

/** What became of an account that is being emptied. */
export interface EmptiedAccount {
  /** Messages that were deleted. */
  deleted: number;
  /** Some are left. */
  more: boolean;
}

/** The queues to another realm, of one shard or of several. Times are milliseconds since 1970. */
export interface DestinationReport {
  realm: string;
  failures: number;
  queued: number;
  lastContactAt: number | null;
  nextAttemptAt: number | null;
  problem: string | null;
}

/** A signing key. It never leaves the deployment. */
export interface StoredSigningKey {
  id: string;
  /** The private JWK, as JSON. */
  jwk: string;
}

/** A peer's public key, or why there is none. Not being able to find out is not the same as `unknown-key`. */
export type PeerKeyLookup =
  | { kind: "found"; key: PublicKey }
  | { kind: "unknown-peer" }
  | { kind: "unknown-key" }
  | { kind: "unavailable"; problem: string };

/** A request of another realm whose signature was verified. */
export interface PeerRequest {
  from: RealmName;
  nonce: string;
  /** The bytes of its body, as it declares them; the most that its path takes if it does not. */
  bytes: number;
  /** Shard 0 has admitted it before its body was read. */
  isAdmitted: boolean;
}

/** Why shard 0 does not admit a verified request. */
export type AdmissionRefusal =
  | { kind: "rate-limited"; seconds: number }
  | { kind: "replayed" }
  /** The operator has banned the realm, or closed this one to strangers. */
  | { kind: "refused" }
  /** The realm itself does not serve. */
  | { kind: "not-serving"; failure: Failure };
export type AdmissionAnswer = { kind: "admitted" } | AdmissionRefusal;
export type PeerDeliveryAnswer = { kind: "results"; results: DeliveryResult[] } | AdmissionRefusal;
export type PeerGroupAnswer = { kind: "reply"; reply: GroupReply | Failure } | AdmissionRefusal;
export type PeerGroupChunkAnswer = { kind: "chunk"; chunk: Chunk | Failure } | AdmissionRefusal;
