import type { Socket } from "node:net";

export interface ConnectionLimitsOptions {
  /** Open connections of the whole server. */
  most: number;
  /** Of them, those of one client. */
  mostPerClient: number;
  /** The client of an address; null: this machine or a trusted proxy, which has the connections of many. */
  clientOf(address: string): string | null;
}

/** The open connections of a server. One too many is closed at once: an answer would have to wait for a request. */
export class ConnectionLimits {
  readonly #options: ConnectionLimitsOptions;
  readonly #open = new Set<Socket>();
  readonly #countByClient = new Map<string, number>();

  constructor(options: ConnectionLimitsOptions) {
    this.#options = options;
  }

  get open(): ReadonlySet<Socket> {
    return this.#open;
  }

  add(connection: Socket): void {
    const { most, mostPerClient, clientOf } = this.#options;
    const client = clientOf(connection.remoteAddress ?? "");
    const count = client === null ? 0 : (this.#countByClient.get(client) ?? 0);
    if (this.#open.size >= most || count >= mostPerClient) {
      connection.destroy();
      return;
    }
    this.#open.add(connection);
    if (client !== null) this.#countByClient.set(client, count + 1);
    connection.on("close", () => this.#remove(connection, client));
  }

  #remove(connection: Socket, client: string | null): void {
    this.#open.delete(connection);
    if (client === null) return;
    const count = (this.#countByClient.get(client) ?? 0) - 1;
    if (count > 0) this.#countByClient.set(client, count);
    else this.#countByClient.delete(client);
  }
}
