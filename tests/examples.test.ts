/** Every example runs as its first lines say. */
import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const examples = join(import.meta.dirname, "..", "examples");
const run = promisify(execFile);

describe("examples", () => {
  it.each(readdirSync(examples))(
    "%s",
    async (file) => {
      const { stdout } = await run(process.execPath, [join(examples, file)]);
      expect(stdout).toMatch(/^(hemorrhage|normal): \d+ % .* ml of blood on \d+ slices\n$/);
    },
    60_000,
  );
});
