export type Variables = Record<string, string | number>;

/** What stands between a test and the two realms: `wrangler dev`, or plain `workerd serve`. */
export interface Carrier {
  /** Starts, or starts anew on the same storage. @returns where it serves */
  serve(variables: Variables): Promise<URL>;
  /** Runs SQL in an object. */
  sql(object: string, query: string): Promise<unknown[]>;
  /** Throws an object out of memory as hibernation does: its storage and its sockets stay. */
  evict(object: string): Promise<void>;
  /** All that it has logged. */
  logs(): string;
  close(): Promise<void>;
}
