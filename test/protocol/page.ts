import { readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");

/** A Markdown document, with access to its sections and tables. */
export class Page {
  readonly path: string;
  readonly text: string;

  constructor(path: string) {
    this.path = path;
    this.text = readFileSync(join(root, path), "utf8");
  }

  /** From a heading to the next one of the same or a higher level. */
  section(heading: string): string {
    const start = this.text.indexOf(`\n${heading}\n`);
    if (start < 0) throw new Error(`${this.path} has no heading ${heading}`);
    const level = heading.indexOf(" ");
    const rest = this.text.slice(start + heading.length + 2);
    const end = rest.search(new RegExp(`^#{1,${level}} `, "m"));
    return end < 0 ? rest : rest.slice(0, end);
  }

  /** The cells of the tables of a section, without their heads. */
  tables(heading: string): string[][][] {
    return [...this.section(heading).matchAll(/(?:^\|.*\n)+/gm)].map(([table]) =>
      table
        .trimEnd()
        .split("\n")
        .slice(2)
        .map((line) =>
          line
            .split("|")
            .slice(1, -1)
            .map((cell) => cell.trim()),
        ),
    );
  }

  /** The cells of the first table of a section. */
  table(heading: string): string[][] {
    return this.tables(heading)[0] ?? [];
  }

  /** The anchors of its headings, by GitHub's rules. */
  anchors(): string[] {
    return [...this.text.matchAll(/^#+ (.*)$/gm)].map(([, title = ""]) =>
      title
        .toLowerCase()
        .replace(/[^a-z0-9 -]/g, "")
        .replaceAll(" ", "-"),
    );
  }
}

export const clientPage = new Page("src/protocol/README.md");
export const federationPage = new Page("src/federation/README.md");

/** The content of a table cell without its backticks. */
export function unticked(cell: string): string {
  return cell.replaceAll("`", "");
}
