import type { DeliveryState, ThreadMessage } from "../../protocol/replies.ts";

/** The outcome of a message that was queued for delivery. */
export interface FinalState {
  state: DeliveryState;
  reason?: string;
}

const rememberedMax = 500;

/**
 * Remembers the final states that events have reported. A reply that the server wrote before such an event can arrive after
 * it, and still says `queued`.
 */
export class FinalStates {
  /** By number in the sent log, oldest first. */
  readonly #bySentId = new Map<number, FinalState>();

  record(sentId: number, final: FinalState): void {
    const [oldest] = this.#bySentId.keys();
    if (oldest !== undefined && this.#bySentId.size >= rememberedMax) this.#bySentId.delete(oldest);
    this.#bySentId.set(sentId, final);
  }

  find(sentId: number | undefined): FinalState | null {
    return (sentId !== undefined && this.#bySentId.get(sentId)) || null;
  }

  applyTo(message: ThreadMessage): ThreadMessage {
    const final = message.state === "queued" ? this.find(message.sent) : null;
    return final ? { ...message, ...final } : message;
  }
}
