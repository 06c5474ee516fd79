import { connect } from "cloudflare:sockets";

/** Whether a plain TCP connection to a host can be opened. It is closed at once without sending data. */
export async function canOpenTcpConnection(hostname: string, port: number): Promise<boolean> {
  const socket = connect({ hostname, port }, { secureTransport: "off", allowHalfOpen: false });
  // `closed` also rejects if the connection fails. Without a handler that would be an unhandled rejection.
  socket.closed.catch(() => {});
  const isOpen = await socket.opened.then(
    () => true,
    () => false,
  );
  if (isOpen) await socket.close();
  return isOpen;
}
