import { existsSync, globSync } from "node:fs";
import { join, posix } from "node:path";
import { describe, expect, test } from "vitest";
import { Page } from "./protocol/page.ts";

const root = join(import.meta.dirname, "..");
const documents = globSync("{*.md,{src,test}/**/*.md}", { cwd: root });

/** Relative targets of links and pictures, outside of code blocks, each with the heading that it names. */
function targetsIn(text: string): { file: string; anchor: string | undefined }[] {
  const prose = text.replace(/^ *```[\s\S]*?^ *```/gm, "");
  const targets = [...prose.matchAll(/\]\(([^)]*)\)|<img src="([^"]*)"/g)].map(
    ([, link, picture]) => link ?? picture ?? "",
  );
  return targets
    .filter((target) => !/^https?:/.test(target))
    .map((target) => {
      const [file = "", anchor] = target.split("#");
      return { file, anchor };
    });
}

test("the documents are found", () => {
  expect(documents).toEqual(expect.arrayContaining(["README.md", "README.id.md", "src/config/README.md"]));
});

describe("every relative link and picture exists, and every heading that a link names:", () => {
  test.each(documents)("%s", (path) => {
    for (const { file, anchor } of targetsIn(new Page(path).text)) {
      const target = file === "" ? path : posix.join(posix.dirname(path), file);
      expect([target, existsSync(join(root, target))]).toEqual([target, true]);
      if (anchor !== undefined) expect(new Page(target).anchors(), `${target}#${anchor}`).toContain(anchor);
    }
  });
});
