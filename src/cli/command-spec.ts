import type { Invocation } from "./invocation.ts";
import type { Text } from "./language.ts";

/** How the value of an option is checked. A `flag` has none. */
export type OptionKind = "flag" | "text" | "number" | "duration";

export interface OptionSpec {
  /** Without `--`. */
  name: string;
  short?: string;
  kind: OptionKind;
  /** The name of the value in help texts. */
  value?: Text;
  /** The value of the option when it stands alone: `--wait` is `--wait=30s`. Another value follows `=`. */
  alone?: string;
  choices?: readonly string[];
  purpose: Text;
}

export interface ArgumentSpec {
  name: Text;
  required: boolean;
  /** Takes all further words. */
  variadic?: boolean;
  /** What a shell offers. */
  completes?: "contexts" | "files" | readonly string[];
}

export interface Example {
  line: string;
  purpose: Text;
}

/** One command of the program. Parser, help, shell completion and manual page come from it. */
export interface CommandSpec {
  name: string;
  section: CommandSection;
  purpose: Text;
  arguments: readonly ArgumentSpec[];
  options: readonly OptionSpec[];
  /** Further sentences of the help text. */
  remarks?: Text;
  examples: readonly Example[];
  /** Ends by itself after the first signal; the second ends it at once. Other commands end at the first. */
  finishesOnSignal?: boolean;
  /** @returns the exit code */
  run(invocation: Invocation): Promise<number>;
}

export const commandSections = {
  access: ["Login", "Logging in"],
  messages: ["Pesan", "Messages"],
  groups: ["Group", "Groups"],
  account: ["Akun", "Account"],
  operator: ["Operator", "Operator"],
  tools: ["Alat", "Tools"],
} as const satisfies Record<string, Text>;
export type CommandSection = keyof typeof commandSections;

/** Options of every command. */
export const globalOptions: readonly OptionSpec[] = [
  {
    name: "context",
    short: "c",
    kind: "text",
    value: ["NAMA", "NAME"],
    purpose: ["login yang dipakai (RANAH_CONTEXT)", "the login to use (RANAH_CONTEXT)"],
  },
  {
    name: "url",
    kind: "text",
    value: ["URL", "URL"],
    purpose: [
      "alamat realm, dengan token dari RANAH_TOKEN (RANAH_URL)",
      "the realm, with the token in RANAH_TOKEN (RANAH_URL)",
    ],
  },
  {
    name: "timeout",
    kind: "duration",
    value: ["WAKTU", "TIME"],
    purpose: ["waktu terlama, misalnya 10s atau 2m", "the longest time, such as 10s or 2m"],
  },
  { name: "json", kind: "flag", purpose: ["satu objek JSON per baris", "one JSON object a line"] },
  {
    name: "verbose",
    short: "v",
    kind: "flag",
    purpose: ["menceritakan kunci dan percobaan ulang", "report keys and retries"],
  },
];
