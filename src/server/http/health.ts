/**
 * @file For whoever watches the server: alive, ready, and in figures.
 */
import { sql } from "kysely";
import type { FastifyInstance } from "fastify";

import { countStudies } from "../../store/studies.ts";
import type { Gauge } from "../metrics.ts";
import type { AppContext } from "./app.ts";

export function addHealthRoutes(
  app: FastifyInstance,
  { db, metrics, hub, scorer, policy }: AppContext,
): void {
  app.get("/healthz", async () => ({ status: "alive" }));

  app.get("/readyz", async (_request, reply) => {
    const answers = await sql`SELECT 1`.execute(db).then(
      () => true,
      () => false,
    );
    const missing = !answers ? "the database does not answer" : scorer() ? null : "the model is not loaded";
    // A policy file that cannot be used stops nothing: the policy before it ranks on.
    const { version, problem } = policy.inUse;
    const state = {
      status: missing ?? "ready",
      policy: version,
      ...(problem !== "" && { policyProblem: problem }),
    };
    return reply.code(missing === null ? 200 : 503).send(state);
  });

  app.get("/metrics", async (_request, reply) => {
    const counts = await countStudies(db);
    const gauges: Gauge[] = [
      {
        name: "firstread_studies",
        help: "Studies by state of analysis and of reading.",
        values: counts.map(({ analysis, reading, count }) => ({
          labels: { analysis, reading },
          value: count,
        })),
      },
      {
        name: "firstread_policy_problem",
        help: "1 while the policy file cannot be used and the policy before it ranks on.",
        values: [{ labels: {}, value: policy.inUse.problem === "" ? 0 : 1 }],
      },
      { name: "firstread_pages", help: "Open pages.", values: [{ labels: {}, value: hub.pageCount }] },
    ];
    return reply.type("text/plain; version=0.0.4; charset=utf-8").send(metrics.render(gauges));
  });
}
