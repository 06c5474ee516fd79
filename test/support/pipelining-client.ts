/**
 * The program of an attacker, in a process of its own so that it does not delay the clients of a test: opens sockets, keeps 256
 * commands unanswered on each, and acknowledges what it receives.
 *
 * Arguments: the URL of the server, a token, the number of sockets, the first line and the other lines.
 */
import { once } from "node:events";
import { limits } from "../../src/limits.ts";
import { openDeafSocket } from "./deaf-socket.ts";

const [url = "", token = "", sockets = "", first = "", next = ""] = process.argv.slice(2);
for (let n = 0; n < Number(sockets); n++) {
  const socket = await openDeafSocket(new URL(url), token);
  socket.on("message", (data: Buffer) => {
    // Long replies are not parsed.
    if (data.length < 128 && data.includes('"event":"ping"')) socket.send(`pong ${JSON.parse(String(data)).data.word}`);
    else if (data.subarray(0, 10).includes('"status"')) socket.send(next);
  });
  socket.resume();
  for (let k = 0; k < limits.unansweredPerSocket; k++) socket.send(k === 0 ? first : next);
}
process.stdout.write("pipelining\n");
await once(process.stdin, "end");
process.exit();
