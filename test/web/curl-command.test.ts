import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { commandMaxBytes, fits, sendCommand } from "../../src/web/chat/command.ts";
import { curlLine, passwordLine } from "../../src/web/chat/curl-command.ts";

const origin = "http://surabaya.localhost:8787";

/** Runs a line in a real shell whose curl prints what it would send, and its other words. */
function run(line: string): { sent: string; words: string[] } {
  const script = `curl() {
    for word; do
      if [ "$previous" = -d ] || [ "$previous" = -sd ]; then printf '%s' "$word"
      elif [ "$word" = @- ]; then cat
      fi
      previous=$word
    done
    printf '\\0'; printf '%s\\0' "$@"
  }
  ${line}`;
  const out = execFileSync("sh", ["-c", script], {
    env: { TOKEN: "rnh_budi_x", PASSWORD: 'a"b $c' },
    encoding: "utf8",
  });
  const [sent = "", ...words] = out.split("\0");
  return { sent, words: words.slice(0, -1) };
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
])("A shell hands curl exactly the command of the text %j.", (text) => {
  const command = sendCommand("private", "ani@jakarta", text);
  const { sent, words } = run(curlLine(origin, command));
  expect(sent).toBe(command);
  expect(words).toContain("Authorization: Bearer rnh_budi_x");
  expect(words.at(-1)).toBe(`${origin}/command`);
});

test("No control character but a line end reaches a terminal.", () => {
  const line = curlLine(origin, "sendprivate ani a\x1b]0;title\x07\tb");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about.
  expect(line).not.toMatch(/[\0-\x09\x0b-\x1f\x7f]/);
});

test("A password stays a variable of the shell, whatever the name is.", () => {
  expect(run(passwordLine(origin, "register", "bu'di")).sent).toBe(`register bu'di a"b $c`);
  const line = passwordLine(origin, "auth", "budi");
  expect(line).toMatch(/^TOKEN=\$\(curl -sd 'auth budi '"\$PASSWORD" /);
  expect(line).toContain('sed -n \'s/.*"token":"\\([^"]*\\)".*/\\1/p\'');
});

test("A text that ends with a line end keeps it: the one that is dropped is a second.", () => {
  expect(sendCommand("group", "tim@surabaya", "a\n", "k")).toBe("sendgroup key=k tim@surabaya a\n\n");
});

test("What does not fit into a frame is known beforehand, in bytes.", () => {
  expect(fits("a".repeat(commandMaxBytes))).toBe(true);
  expect(fits("a".repeat(commandMaxBytes + 1))).toBe(false);
  expect(fits("é".repeat(commandMaxBytes / 2 + 1))).toBe(false);
});
