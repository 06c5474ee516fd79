import type { InviteCodes } from "../accounts/invite-codes.ts";
import type { Config } from "../config/config.ts";
import { peerOrigin } from "../config/federation-policy.ts";
import type { PeerContacts } from "../delivery/peer-contacts.ts";
import type { Discovery } from "../federation/discovery.ts";
import type { FederationClient } from "../federation/federation-client.ts";
import { testPeer } from "../federation/peer-test.ts";
import type { SigningKeys } from "../federation/signing-keys.ts";
import type { MailboxLookup } from "../messaging/mailbox-lookup.ts";
import type { OperatorCommand } from "../protocol/commands.ts";
import type { Name, RealmName } from "../protocol/names.ts";
import { type Answer, dataReply, failure, textReply } from "../protocol/replies.ts";
import type { AddressRouter } from "../shard-api/address-router.ts";
import type { ShardDirectory } from "../shard-api/shard-api.ts";
import type { Clock } from "../storage/clock.ts";

export interface OperatorCommandsDeps {
  config: Config;
  contacts: PeerContacts;
  discovery: Discovery;
  client: FederationClient;
  signingKeys: SigningKeys;
  inviteCodes: InviteCodes;
  router: AddressRouter;
  shards: ShardDirectory;
  mailboxes: MailboxLookup;
  clock: Clock;
  monotonic: Clock;
}

/** The operator's commands, in shard 0. */
export class OperatorCommands {
  readonly #deps: OperatorCommandsDeps;

  constructor(deps: OperatorCommandsDeps) {
    this.#deps = deps;
  }

  async execute(command: OperatorCommand): Promise<Answer> {
    const { client, clock, config, discovery, inviteCodes, monotonic, signingKeys } = this.#deps;
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
      case "emptyaccount":
        return this.#emptyAccount(command.account);
    }
  }

  /** The account's shard makes the code. */
  async #resetPassword(account: Name): Promise<Answer> {
    const { mailboxes, router, shards } = this.#deps;
    const code = await shards.get(router.owningShardName(account)).createResetCode(account);
    return code ? dataReply({ account, ...code }) : failure("no-such-user", { address: mailboxes.addressOf(account) });
  }

  /** The account's shard deletes its messages. */
  async #emptyAccount(account: Name): Promise<Answer> {
    const { mailboxes, router, shards } = this.#deps;
    const emptied = await shards.get(router.owningShardName(account)).emptyAccount(account);
    return emptied
      ? dataReply({ account, ...emptied })
      : failure("no-such-user", { address: mailboxes.addressOf(account) });
  }

  async #retry(realm: RealmName): Promise<Answer> {
    if (!peerOrigin(this.#deps.config, realm)) return failure("no-such-realm", { realm });
    await this.#deps.contacts.retryEverywhere(realm);
    return textReply("retry-started", { realm });
  }
}
