import type { FederationClient } from "../federation/federation-client.ts";
import { requestRemoteGroup } from "../federation/remote-group.ts";
import type { FullAddress } from "../protocol/names.ts";
import type { CommitListener } from "../storage/event-dispatcher.ts";
import { logError, logWarning } from "../storage/log.ts";
import type { Replicas } from "./replicas.ts";

/** Asks the owning realm once for the messages that a replica lacks. Until they come, readers read the group itself. */
export class ReplicaRepair {
  readonly #replicas: Pick<Replicas, "gapRequest" | "hasMember">;
  readonly #federation: FederationClient;
  /** Groups whose realm is being asked, and whether another gap was found meanwhile. */
  readonly #open = new Map<FullAddress, { foundAgain: boolean }>();

  constructor(replicas: Pick<Replicas, "gapRequest" | "hasMember">, federation: FederationClient) {
    this.#replicas = replicas;
    this.#federation = federation;
  }

  readonly onCommit: CommitListener = (events) => {
    const groups = new Set(events.flatMap((event) => (event.type === "replica-gap-found" ? [event.group] : [])));
    for (const group of groups) {
      const open = this.#open.get(group);
      if (open) open.foundAgain = true;
      else void this.#repairOneByOne(group);
    }
  };

  /** One request at a time: a realm that sends gap after gap causes no more requests than it answers. */
  async #repairOneByOne(group: FullAddress): Promise<void> {
    const open = { foundAgain: true };
    this.#open.set(group, open);
    try {
      while (open.foundAgain) {
        open.foundAgain = false;
        await this.#repair(group);
      }
    } catch (error) {
      logError("replica-repair-failed", error, { group });
    } finally {
      this.#open.delete(group);
    }
  }

  /** A gap is asked for once: a message that can never be stored would come for ever. The next join asks again. */
  async #repair(group: FullAddress): Promise<void> {
    const request = this.#replicas.gapRequest(group);
    if (!request) return;
    const reply = await requestRemoteGroup(this.#federation, { kind: "join", group, ...request });
    if (reply.kind === "failure") logWarning("replica-repair-failed", { group, error: reply.error });
    // The member in whose name it was asked may have left meanwhile.
    const hasLeft = reply.kind === "joined" && !this.#replicas.hasMember(group, request.by);
    if (hasLeft) await requestRemoteGroup(this.#federation, { kind: "leave", group, by: request.by });
  }
}
