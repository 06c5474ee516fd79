export type Variables = Record<string, string | number>;

/** Controls the server under test: `npm run serve`, plain `workerd serve`, or wrangler's development server. */
export interface ServerDriver {
  /** Starts the server, or restarts it on the same storage. @returns its URL */
  start(variables: Variables): Promise<URL>;
  /** Runs SQL in the Durable Object with this name. */
  query(object: string, query: string): Promise<unknown[]>;
  /** Evicts a Durable Object from memory as hibernation does. Its storage and sockets stay. */
  evict(object: string): Promise<void>;
  /** All log output so far. */
  logs(): string;
  close(): Promise<void>;
}
