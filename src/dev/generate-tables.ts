/**
 * Writes the tables of errors and limits into the protocol documents, between `<!-- generated: NAME -->` and `<!-- end -->`.
 * Values come from the code, explanations from the comments beside them. `npm run docs` runs it.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { limits } from "../limits.ts";
import { errors } from "../protocol/error-texts.ts";

const root = join(import.meta.dirname, "../..");
export const generatedDocuments = ["src/protocol/README.md", "src/federation/README.md", "src/cli/README.md"];

const tables: Record<string, () => string> = {
  errors: errorTable,
  "client-limits": () => limitTable("@client"),
  "federation-limits": () => limitTable("@federation"),
  "cli-limits": () => limitTable("@cli"),
};

/** @returns the document with its generated tables renewed */
export function insertTables(document: string): string {
  return document.replace(/(<!-- generated: ([\w-]+) -->\n)[\s\S]*?(<!-- end -->)/g, (_, start, name, end) => {
    const table = tables[name];
    if (!table) throw new Error(`there is no table ${name}`);
    return `${start}${table()}${end}`;
  });
}

function errorTable(): string {
  const comments = commentsOf("src/protocol/error-texts.ts");
  const rows = Object.entries(errors)
    .sort(([, [a]], [, [b]]) => a - b)
    .map(([code, [status, indonesian, english]]) => [
      `\`${code}\``,
      String(status),
      indonesian,
      english,
      comments.get(code) ?? "",
    ]);
  return tableOf(["code", "status", "Indonesian", "English", "when"], rows);
}

/** The limits whose comment has a tag, each with the comment up to its first tag. */
function limitTable(tag: string): string {
  const rows = [...commentsOf("src/limits.ts")]
    .filter(([, comment]) => comment.split(" ").includes(tag))
    .map(([name, comment]) => {
      const value = limits[name as keyof typeof limits];
      return [`\`${name}\``, String(value), inGreaterUnit(name, Number(value)), comment.split(" @", 1)[0] ?? ""];
    });
  return tableOf(["name", "value", "equals", "meaning"], rows);
}

/** The doc comment that stands directly above each property, as one line. */
function commentsOf(path: string): Map<string, string> {
  const source = readFileSync(join(root, path), "utf8");
  const properties = source.matchAll(/^ {2}\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n {2}"?([\w-]+)"?:/gm);
  return new Map(
    [...properties].map(([, comment = "", name = ""]) => [
      name,
      comment
        .replace(/\n\s*\*/g, " ")
        .replace(/\s+/g, " ")
        .trim(),
    ]),
  );
}

const greaterUnits: Record<string, Record<string, number>> = {
  Ms: { d: 86_400_000, h: 3_600_000, min: 60_000, s: 1_000 },
  Seconds: { min: 60 },
  Bytes: { MiB: 1024 ** 2, KiB: 1024 },
  Chars: { Mi: 1024 ** 2, Ki: 1024 },
};

/** The value in the greatest unit that divides it, such as 30 d; empty if there is none. */
function inGreaterUnit(name: string, value: number): string {
  const units = greaterUnits[/[A-Z][a-z]+$/.exec(name)?.[0] ?? ""] ?? {};
  const unit = Object.entries(units).find(([, factor]) => value >= factor && value % factor === 0);
  return unit ? `${value / unit[1]} ${unit[0]}` : "";
}

function tableOf(heads: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |\n`;
  return [line(heads), `|${"---|".repeat(heads.length)}\n`, ...rows.map(line)].join("");
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  for (const path of generatedDocuments) {
    const document = readFileSync(join(root, path), "utf8");
    writeFileSync(join(root, path), insertTables(document));
  }
}
