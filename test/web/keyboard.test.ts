import { expect, test } from "vitest";
import { sources } from "../support/source-files.ts";

const keyboard = "src/web/page/keyboard.ts";
const pageFiles = [...sources].filter(([file]) => file.startsWith("src/web/") && file !== keyboard);

test("no file but the keyboard's looks at keys, so none forgets input methods", () => {
  expect(pageFiles.length).toBeGreaterThan(50);
  const looking = pageFiles.filter(([, source]) =>
    /keydown|keyup|keypress|keyCode|isComposing|event\.key\b/i.test(
      source
        .replace(/onKeyDown=\{(onKeys\(|onKeyDown\}|closeOnEscape\}|this\.#onKeyDown\})/g, "")
        .replace(/(onKeyDown|closeOnEscape) = onKeys\(/g, ""),
    ),
  );
  expect(looking.map(([file]) => file)).toEqual([]);
});
