import app, { RealmShard as BaseRealmShard, PasswordHasher } from "../../src/index.ts";

/** The deployed Worker, which damages the attachment of a socket that sends the frame `damage`. */
export class RealmShard extends BaseRealmShard {
  override async webSocketMessage(socket: WebSocket, frame: string | ArrayBuffer): Promise<void> {
    if (frame === "damage") {
      socket.serializeAttachment({ writtenBy: "another release" });
      // What the shard still has to save must not mend it.
      Object.defineProperty(socket, "serializeAttachment", { value() {} });
    } else await super.webSocketMessage(socket, frame);
  }
}

export { PasswordHasher };
export default app;
