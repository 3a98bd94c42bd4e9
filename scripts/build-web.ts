/**
 * @file Builds the web application into `dist/web` (run by `npm ci`, and by hand after changing `src/web`).
 */
import { existsSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const outDir = join(root, "dist", "web");

if (process.argv.includes("--force") || !existsSync(join(outDir, "index.html"))) {
  try {
    const { build } = await import("vite");
    await build({ root: join(root, "src", "web"), build: { outDir, emptyOutDir: true }, logLevel: "warn" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw error;
    console.error("vite is not installed (npm ci --omit=dev): the web page was not built.");
  }
}
