import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The specification, and how tests find their way in it. */
export const readme = readFileSync(join(import.meta.dirname, "../../src/protocol/README.md"), "utf8");

/** From a heading to the next one of the same or a higher level. */
export function sectionOf(heading: string): string {
  const start = readme.indexOf(`\n${heading}\n`);
  if (start < 0) throw new Error(`there is no heading ${heading}`);
  const level = heading.indexOf(" ");
  const rest = readme.slice(start + heading.length + 2);
  const end = rest.search(new RegExp(`^#{1,${level}} `, "m"));
  return end < 0 ? rest : rest.slice(0, end);
}

/** The cells of the tables of a section, without their heads. */
export function tablesOf(heading: string): string[][][] {
  return [...sectionOf(heading).matchAll(/(?:^\|.*\n)+/gm)].map(([table]) =>
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
export function tableOf(heading: string): string[][] {
  return tablesOf(heading)[0] ?? [];
}

/** What stands in code in a cell that holds nothing else. */
export function unticked(cell: string): string {
  return cell.replaceAll("`", "");
}
