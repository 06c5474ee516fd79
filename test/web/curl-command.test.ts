import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { commandMaxBytes, fitsCommandLimit, sendCommand } from "../../src/web/chat/command-builder.ts";
import { curlCommand, curlCredentialCommand } from "../../src/web/chat/curl-command.ts";

const origin = "http://surabaya.localhost:8787";

/** Runs a command in a real shell. Its curl is a function that prints the request body and the other arguments. */
function run(command: string): { body: string; args: string[] } {
  const script = `curl() {
    for word; do
      if [ "$previous" = -d ] || [ "$previous" = -sd ]; then printf '%s' "$word"
      elif [ "$word" = @- ]; then cat
      fi
      previous=$word
    done
    printf '\\0'; printf '%s\\0' "$@"
  }
  ${command}`;
  const out = execFileSync("sh", ["-c", script], {
    env: { TOKEN: "rnh_budi_x", PASSWORD: 'a"b $c' },
    encoding: "utf8",
  });
  const [body = "", ...args] = out.split("\0");
  return { body, args: args.slice(0, -1) };
}

test.for([
  "halo",
  "it's 'quoted' \"twice\"",
  "$HOME `id` $(id) \\n \\\\ ! # ~ * ?",
  "two\nlines\n\nand a gap",
  "ends with a line end\n",
  " leading and trailing ",
  "-d -H @file",
  "😀 Ｕ “ ” ‮ RTL",
  "%s %d 100%",
  "control \t tab, \x1b[31m escape, \r return, \x07 bell, 'quote' \\ and %",
])("a shell passes exactly the command with the text %j to curl", (text) => {
  const command = sendCommand("private", "ani@jakarta", text);
  const { body, args } = run(curlCommand(origin, command));
  expect(body).toBe(command);
  expect(args).toContain("Authorization: Bearer rnh_budi_x");
  expect(args.at(-1)).toBe(`${origin}/command`);
});

test("the curl command contains no control characters except line ends", () => {
  const command = curlCommand(origin, "sendprivate ani a\x1b]0;title\x07\tb");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern finds control characters.
  expect(command).not.toMatch(/[\0-\x09\x0b-\x1f\x7f]/);
});

test("the curl command reads the password from a shell variable, for any account name", () => {
  expect(run(curlCredentialCommand(origin, "register", "bu'di")).body).toBe(`register bu'di a"b $c`);
  const command = curlCredentialCommand(origin, "auth", "budi");
  expect(command).toMatch(/^TOKEN=\$\(curl -sd 'auth budi '"\$PASSWORD" /);
  expect(command).toContain('sed -n \'s/.*"token":"\\([^"]*\\)".*/\\1/p\'');
});

test("a text that ends with a line end gets a second one, since the server drops one", () => {
  expect(sendCommand("group", "tim@surabaya", "a\n", "k")).toBe("sendgroup key=k tim@surabaya a\n\n");
});

test("the size limit of a command counts bytes", () => {
  expect(fitsCommandLimit("a".repeat(commandMaxBytes))).toBe(true);
  expect(fitsCommandLimit("a".repeat(commandMaxBytes + 1))).toBe(false);
  expect(fitsCommandLimit("é".repeat(commandMaxBytes / 2 + 1))).toBe(false);
});
