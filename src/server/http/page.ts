/**
 * @file The web page: the files that `npm run build` leaves in `dist/web`.
 */
import { access } from "node:fs/promises";
import { join } from "node:path";

import fastifyStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";

const NOT_BUILT = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>FirstRead: the page is not built</title>
<h1>The page is not built</h1>
<p>The server runs, but <code>dist/web</code> is missing. Run <code>npm run prepare</code> and reload.</p>
</html>
`;

/** The names of built assets hold a digest of their content, so they never change. */
const ASSETS = `${"/"}assets/`;

export async function addPage(app: FastifyInstance, webDir: string): Promise<void> {
  const isBuilt = await access(join(webDir, "index.html")).then(
    () => true,
    () => false,
  );
  if (!isBuilt) {
    app.get("/", (_request, reply) => reply.code(503).type("text/html; charset=utf-8").send(NOT_BUILT));
    return;
  }
  await app.register(fastifyStatic, {
    root: webDir,
    index: "index.html",
    cacheControl: false,
    setHeaders: (response, path) => {
      const isAsset = path.slice(webDir.length).replaceAll("\\", "/").startsWith(ASSETS);
      response.header("cache-control", isAsset ? "public, max-age=31536000, immutable" : "no-cache");
    },
  });
}
