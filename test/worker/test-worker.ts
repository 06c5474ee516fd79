import app, { RealmShard as Closed, PasswordHasher } from "../../src/index.ts";

/** The Worker that is served, its objects open to SQL from a test. Nothing else of it is different. */
export class RealmShard extends Closed {
  query(query: string): Record<string, SqlStorageValue>[] {
    return this.ctx.storage.sql.exec(query).toArray();
  }
}

export { PasswordHasher };
export default app;
