/**
 * @file The policy that ranks, as the page and programs read it.
 */
import type { FastifyInstance } from "fastify";

import type { PolicyInUse } from "../../domain/policy.ts";
import type { AppContext } from "./app.ts";

export function addPolicyRoutes(app: FastifyInstance, { policy }: AppContext): void {
  app.get("/api/policy", async (_request, reply): Promise<PolicyInUse> => {
    reply.header("cache-control", "no-store");
    return policy.inUse;
  });
}
