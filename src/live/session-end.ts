import { closeCodes } from "../protocol/events.ts";
import type { FlowControl } from "./flow-control.ts";
import { eventFrame } from "./frame.ts";
import type { LiveSocket } from "./live-socket.ts";
import type { SocketRegistry } from "./socket-registry.ts";

/** Tells the client that its session has ended, and closes the socket. */
export function closeSessionEnded(socket: LiveSocket, flow: FlowControl, registry: SocketRegistry): void {
  flow.send(socket, eventFrame({ event: "session-ended", data: null }));
  registry.close(socket, closeCodes.sessionEnded, "session ended");
}
