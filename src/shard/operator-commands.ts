import type { InviteCodes } from "../accounts/invite-codes.ts";
import type { Config } from "../config/config.ts";
import { peerOrigin } from "../config/federation-policy.ts";
import type { PeerContacts } from "../delivery/peer-contacts.ts";
import type { Discovery } from "../federation/discovery.ts";
import type { FederationClient } from "../federation/federation-client.ts";
import { testPeer } from "../federation/peer-test.ts";
import type { SigningKeys } from "../federation/signing-keys.ts";
import { limits } from "../limits.ts";
import type { MailboxLookup } from "../messaging/mailbox-lookup.ts";
import type { AuditLog } from "../moderation/audit-log.ts";
import type { RealmRules } from "../moderation/realm-rules.ts";
import type { ReportLog } from "../moderation/report-log.ts";
import type { BanTarget, CommandOf, OperatorCommand } from "../protocol/commands.ts";
import type { Name, RealmName } from "../protocol/names.ts";
import { type Answer, dataReply, failure, isSuccess, textReply } from "../protocol/replies.ts";
import type { AddressRouter } from "../shard-api/address-router.ts";
import type { AccountRow, RealmRule, ShardApi, ShardDirectory, ShardStats } from "../shard-api/shard-api.ts";
import type { Clock } from "../storage/clock.ts";
import { isoTime, isoTimeOrNull } from "../storage/iso-time.ts";

export interface OperatorCommandsDeps {
  config: Config;
  contacts: PeerContacts;
  discovery: Discovery;
  client: FederationClient;
  signingKeys: SigningKeys;
  inviteCodes: InviteCodes;
  rules: RealmRules;
  audit: AuditLog;
  reports: ReportLog;
  router: AddressRouter;
  shards: ShardDirectory;
  mailboxes: MailboxLookup;
  clock: Clock;
  monotonic: Clock;
}

/** Commands that only look. All others are acts, which the audit log keeps. */
const looks: ReadonlySet<OperatorCommand["name"]> = new Set([
  "peertest",
  "invitecodes",
  "stats",
  "accounts",
  "bans",
  "reports",
  "audit",
  "operators",
]);

/** The operator's commands, in shard 0. */
export class OperatorCommands {
  readonly #deps: OperatorCommandsDeps;

  constructor(deps: OperatorCommandsDeps) {
    this.#deps = deps;
  }

  /** @param actor the operator's account; null: the bearer of the operator token */
  async execute(command: OperatorCommand, actor: Name | null): Promise<Answer> {
    const isRootOnly = command.name === "operator add" || command.name === "operator remove";
    if (isRootOnly && actor !== null) return failure("root-only");
    const answer = await this.#execute(command);
    if (isSuccess(answer) && !looks.has(command.name)) await this.#note(command, actor);
    return answer;
  }

  async #execute(command: OperatorCommand): Promise<Answer> {
    const { audit, client, clock, config, discovery, inviteCodes, monotonic, signingKeys } = this.#deps;
    switch (command.name) {
      case "retry":
        return this.#retry(command.realm);
      case "peertest":
        return dataReply(await testPeer({ policy: config, discovery, client, clock, monotonic }, command.realm));
      case "rotatekey":
        return textReply("key-rotated", { id: (await signingKeys.rotate()).id });
      case "invitecode":
        return inviteCodes.create(command);
      case "invitecodes":
        return inviteCodes.list();
      case "revokecode":
        return inviteCodes.revoke(command.code);
      case "resetpassword":
        return this.#resetPassword(command.account);
      case "stats":
        return this.#stats();
      case "accounts":
        return this.#accounts(command);
      case "ban":
        return this.#ban(command.target, command.reason ?? "");
      case "unban":
        return this.#unban(command.target);
      case "bans":
        return this.#bans();
      case "lockdown":
        await this.#applyEverywhere({ kind: "lockdown", level: command.level });
        return textReply("lockdown-set", { level: command.level });
      case "reports":
        return this.#deps.reports.list(command.options.after ?? 0, command.options.limit ?? limits.operatorPage);
      case "notice":
        return this.#notice(command.text);
      case "audit":
        return audit.list(command.options.after ?? 0, command.options.limit ?? limits.operatorPage);
      case "operators":
        return this.#operators();
      case "operator add":
        return this.#setOperator(command.account, true);
      case "operator remove":
        return this.#setOperator(command.account, false);
      case "emptyaccount":
        return this.#emptyAccount(command.account);
    }
  }

  /** What was done is done: a shard that fails here is noticed by its error, and not undone. */
  #note(command: OperatorCommand, actor: Name | null): Promise<void> {
    const entry = { actor: actor ?? "OPERATOR_TOKEN", act: command.name, target: targetOf(command) };
    return this.#deps.audit.add(entry);
  }

  async #stats(): Promise<Answer> {
    const shards = await this.#askEveryShard((shard) => shard.collectStats());
    const sum = shards.reduce(add);
    return dataReply({ ...toStatsReply(sum), shards: shards.map(toStatsReply) });
  }

  async #accounts({ options }: CommandOf<"accounts">): Promise<Answer> {
    const page = { past: options.past ?? "", limit: options.limit ?? limits.operatorPage };
    const rows = (await this.#askEveryShard((shard) => shard.listAccounts(page))).flat();
    return dataReply(inOrder(rows).slice(0, page.limit).map(toAccountReply));
  }

  async #bans(): Promise<Answer> {
    const rows = (await this.#askEveryShard((shard) => shard.listSpecialAccounts())).flat();
    const accounts = inOrder(rows.filter(({ bannedAt }) => bannedAt !== null));
    return dataReply([
      ...this.#deps.rules
        .bans()
        .map(({ realm, reason, bannedAt }) => ({ target: `@${realm}`, reason, since: isoTime(bannedAt) })),
      ...accounts.map(({ account, banReason, bannedAt }) => ({
        target: account,
        reason: banReason ?? "",
        since: isoTimeOrNull(bannedAt),
      })),
    ]);
  }

  async #operators(): Promise<Answer> {
    const rows = (await this.#askEveryShard((shard) => shard.listSpecialAccounts())).flat();
    return dataReply(inOrder(rows.filter(({ isOperator }) => isOperator)).map(({ account }) => ({ account })));
  }

  async #ban(target: BanTarget, reason: string): Promise<Answer> {
    if (target.realm !== null) {
      if (this.#deps.config.hosted.has(target.realm)) return failure("bad-target", { parameter: "target" });
      await this.#applyEverywhere({ kind: "ban", realm: target.realm, reason });
      return textReply("ban-set", { target: textOf(target) });
    }
    const isThere = await this.#shardOf(target.name).banAccount(target.name, reason);
    return isThere ? textReply("ban-set", { target: target.name }) : this.#noSuchUser(target.name);
  }

  async #unban(target: BanTarget): Promise<Answer> {
    const text = { target: textOf(target) };
    if (target.realm !== null) {
      if (!this.#deps.rules.isBanned(target.realm)) return failure("not-banned", text);
      await this.#applyEverywhere({ kind: "unban", realm: target.realm });
      return textReply("ban-ended", text);
    }
    const shard = this.#shardOf(target.name);
    if (!(await shard.isBanned(target.name))) return failure("not-banned", text);
    await shard.banAccount(target.name, null);
    return textReply("ban-ended", text);
  }

  /** A shard that has the notice gets it once, so a notice that has failed half-way is repeated as a new one. */
  async #notice(text: string): Promise<Answer> {
    const uid = `notice ${crypto.randomUUID()}`;
    const counts = await this.#askEveryShard((shard) => shard.notifyAccounts(text, uid));
    return dataReply({ accounts: counts.reduce((sum, count) => sum + count, 0) });
  }

  async #setOperator(account: Name, isOperator: boolean): Promise<Answer> {
    if (!(await this.#shardOf(account).setOperator(account, isOperator))) return this.#noSuchUser(account);
    return textReply(isOperator ? "operator-added" : "operator-removed", { name: account });
  }

  /** The account's shard makes the code. */
  async #resetPassword(account: Name): Promise<Answer> {
    const code = await this.#shardOf(account).createResetCode(account);
    return code ? dataReply({ account, ...code }) : this.#noSuchUser(account);
  }

  /** The account's shard deletes its messages. */
  async #emptyAccount(account: Name): Promise<Answer> {
    const emptied = await this.#shardOf(account).emptyAccount(account);
    return emptied ? dataReply({ account, ...emptied }) : this.#noSuchUser(account);
  }

  async #retry(realm: RealmName): Promise<Answer> {
    if (!peerOrigin(this.#deps.config, realm)) return failure("no-such-realm", { realm });
    await this.#deps.contacts.retryEverywhere(realm);
    return textReply("retry-started", { realm });
  }

  async #applyEverywhere(rule: RealmRule): Promise<void> {
    await this.#askEveryShard((shard) => shard.applyRealmRule(rule));
  }

  /** In the order of their numbers. */
  #askEveryShard<Result>(ask: (shard: ShardApi) => Promise<Result>): Promise<Result[]> {
    const { router, shards } = this.#deps;
    return Promise.all([router.shardName, ...router.otherShards()].map((name) => ask(shards.get(name))));
  }

  #shardOf(account: Name): ShardApi {
    return this.#deps.shards.get(this.#deps.router.owningShardName(account));
  }

  #noSuchUser(account: Name): Answer {
    return failure("no-such-user", { address: this.#deps.mailboxes.addressOf(account) });
  }
}

function add(a: ShardStats, b: ShardStats): ShardStats {
  const oldest = [a.oldestQueuedAt, b.oldestQueuedAt].filter((time) => time !== null);
  return {
    accounts: a.accounts + b.accounts,
    messages: a.messages + b.messages,
    bytes: a.bytes + b.bytes,
    sockets: a.sockets + b.sockets,
    queued: a.queued + b.queued,
    oldestQueuedAt: oldest.length > 0 ? Math.min(...oldest) : null,
    commits: a.commits + b.commits,
    writes: a.writes + b.writes,
  };
}

function toStatsReply({ accounts, messages, bytes, sockets, queued, oldestQueuedAt }: ShardStats) {
  return { accounts, messages, bytes, sockets, queued, oldest: isoTimeOrNull(oldestQueuedAt) };
}

function toAccountReply({ account, createdAt, bannedAt, isOperator }: AccountRow) {
  return { account, created: isoTime(createdAt), banned: bannedAt !== null, operator: isOperator };
}

function inOrder(rows: AccountRow[]): AccountRow[] {
  return rows.sort((a, b) => (a.account < b.account ? -1 : 1));
}

/** Whom or what an act concerns. Never a secret: a code is named by its beginning, and the text of a notice is in the mailboxes. */
function targetOf(command: OperatorCommand): string {
  switch (command.name) {
    case "retry":
    case "peertest":
      return command.realm;
    case "ban":
    case "unban":
      return textOf(command.target);
    case "lockdown":
      return String(command.level);
    case "revokecode":
      return command.code.slice(0, "inv-xxxxxx".length);
    case "resetpassword":
    case "emptyaccount":
    case "operator add":
    case "operator remove":
      return command.account;
    default:
      return "";
  }
}

function textOf({ name, realm }: BanTarget): string {
  return name ?? `@${realm}`;
}
