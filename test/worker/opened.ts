import app, { Realm as Closed, Hasher } from "../../src/index.ts";

/** The Worker that is served, its objects open to SQL from a test. Nothing else of it is different. */
export class Realm extends Closed {
  query(query: string): Record<string, SqlStorageValue>[] {
    return this.ctx.storage.sql.exec(query).toArray();
  }
}

export { Hasher };
export default app;
