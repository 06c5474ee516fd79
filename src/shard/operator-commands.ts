import type { Config } from "../config/config.ts";
import { peerOrigin } from "../config/federation-policy.ts";
import type { PeerContacts } from "../delivery/peer-contacts.ts";
import type { Discovery } from "../federation/discovery.ts";
import type { FederationClient } from "../federation/federation-client.ts";
import { testPeer } from "../federation/peer-test.ts";
import type { SigningKeys } from "../federation/signing-keys.ts";
import type { OperatorCommand } from "../protocol/commands.ts";
import type { RealmName } from "../protocol/names.ts";
import { type Answer, dataReply, failure, textReply } from "../protocol/replies.ts";
import type { Clock } from "../storage/clock.ts";

export interface OperatorCommandsDeps {
  config: Config;
  contacts: PeerContacts;
  discovery: Discovery;
  client: FederationClient;
  signingKeys: SigningKeys;
  clock: Clock;
}

/** The operator's commands, in shard 0. */
export class OperatorCommands {
  readonly #deps: OperatorCommandsDeps;

  constructor(deps: OperatorCommandsDeps) {
    this.#deps = deps;
  }

  async execute(command: OperatorCommand): Promise<Answer> {
    const { client, clock, config, discovery, signingKeys } = this.#deps;
    switch (command.name) {
      case "retry":
        return this.#retry(command.realm);
      case "peertest":
        return dataReply(await testPeer({ policy: config, discovery, client, clock }, command.realm));
      case "rotatekey":
        return textReply("key-rotated", { id: (await signingKeys.rotate()).id });
    }
  }

  async #retry(realm: RealmName): Promise<Answer> {
    if (!peerOrigin(this.#deps.config, realm)) return failure("no-such-realm", { realm });
    await this.#deps.contacts.retryEverywhere(realm);
    return textReply("retry-started", { realm });
  }
}
