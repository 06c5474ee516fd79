import app, { RealmShard as BaseRealmShard, PasswordHasher } from "../../src/index.ts";

/** The deployed Worker, which damages the attachment of a socket that sends the frame `damage`. */
export class RealmShard extends BaseRealmShard {
  override async webSocketMessage(socket: WebSocket, frame: string | ArrayBuffer): Promise<void> {
    if (frame === "damage") socket.serializeAttachment({ writtenBy: "another release" });
    else await super.webSocketMessage(socket, frame);
  }
}

export { PasswordHasher };
export default app;
