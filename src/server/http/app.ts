/**
 * @file The HTTP side, put together: guards first, then the routes, and one place for errors.
 */
import fastify, { type FastifyInstance } from "fastify";
import type { Kysely } from "kysely";

import type { Acceptance, IncomingInstance } from "../../domain/incoming.ts";
import type { ObjectStore } from "../../store/objects.ts";
import type { Database } from "../../store/schema.ts";
import { notFound, toHttp } from "../errors.ts";
import { errorText, type Log } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import type { Notifier } from "../notifier.ts";
import type { PixelCache } from "../pixels.ts";
import type { PolicyService } from "../policy/policy-service.ts";
import type { ModelSwitch } from "../scoring/model-switch.ts";
import type { Scorer } from "../scoring/scorer.ts";
import type { EventChannels } from "../ups/event-channels.ts";
import type { WorklistFeed } from "../worklist-feed.ts";
import { addActionRoutes } from "./actions.ts";
import { addDashboardRoutes } from "./dashboard.ts";
import { addDicomWebRoutes } from "./dicomweb.ts";
import { addEventRoutes, EVENTS_URL, type EventHub } from "./events.ts";
import { addGuards, refuseForeign, refuseForeignWrite } from "./guards.ts";
import { addHealthRoutes } from "./health.ts";
import { addInvocationRoutes } from "./invocations.ts";
import { addModelRoutes } from "./model.ts";
import { addNotificationRoutes } from "./notifications.ts";
import { addPage } from "./page.ts";
import { addPolicyRoutes } from "./policy.ts";
import { addRetrieveRoutes } from "./retrieve.ts";
import { addStudyRoutes } from "./studies.ts";
import { addUpsRoutes } from "./ups.ts";
import { addSubscriptionRoutes } from "./ups-subscriptions.ts";
import { addWorklistRoutes } from "./worklist.ts";

/** What the routes of a model work with. */
export interface ModelAppContext {
  readonly metrics: Metrics;
  readonly log: Log;
  /** null where this process scores nothing, and while its model is loaded. */
  readonly scorer: () => Scorer | null;
}

/** What the routes of a worklist's server work with. */
export interface AppContext extends ModelAppContext {
  readonly db: Kysely<Database>;
  readonly hub: EventHub;
  readonly upsEvents: EventChannels;
  readonly feed: WorklistFeed;
  /** null where this process scores nothing, and while its model is loaded. */
  readonly models: () => ModelSwitch | null;
  readonly policy: PolicyService;
  readonly notifier: Notifier;
  /** Where orders are taken; null where they are not. */
  readonly orders: { readonly host: string; readonly port: number } | null;
  readonly pixels: PixelCache;
  /** null where this process receives nothing. */
  readonly receive: ((instance: IncomingInstance) => Promise<Acceptance>) | null;
  readonly incomingDir: string;
  readonly objects: ObjectStore;
  /** Where the built page is. */
  readonly webDir: string;
}

/** A Study Instance UID has at most 64 characters; ones that break the rule are found too. */
const MOST_PARAMETER_CHARACTERS = 256;
const MOST_BODY_BYTES = 64 * 1024;

/** The routes of a worklist's server, not listening yet. */
export async function buildApp(context: AppContext): Promise<FastifyInstance> {
  const app = createApp(context, refuseForeign);
  addWorklistRoutes(app, context);
  addStudyRoutes(app, context);
  addActionRoutes(app, context);
  addEventRoutes(app, context.hub);
  addHealthRoutes(app, context);
  addInvocationRoutes(app, context);
  addModelRoutes(app, context);
  addNotificationRoutes(app, context);
  addPolicyRoutes(app, context);
  addDashboardRoutes(app, context);
  addDicomWebRoutes(app, context);
  addRetrieveRoutes(app, context);
  addUpsRoutes(app, context);
  addSubscriptionRoutes(app, context);
  await addPage(app, context.webDir);
  return app;
}

/**
 * The routes of a model alone. Where it listens beyond this machine, any Host will do: it stands behind
 * whatever name its container has.
 */
export function buildModelApp(context: ModelAppContext, isOnLoopback: boolean): FastifyInstance {
  const app = createApp(context, isOnLoopback ? refuseForeign : refuseForeignWrite);
  addInvocationRoutes(app, context);
  return app;
}

/** What every side has: guards first, and one place for errors. */
function createApp({ metrics, log }: ModelAppContext, refuse: typeof refuseForeign): FastifyInstance {
  const app = fastify({
    bodyLimit: MOST_BODY_BYTES,
    routerOptions: { maxParamLength: MOST_PARAMETER_CHARACTERS },
    forceCloseConnections: true,
    // A body of another type is refused, not bent until it fits.
    ajv: { customOptions: { coerceTypes: false } },
  });
  app.setErrorHandler((error, _request, reply) => {
    const { status, body, isOurs } = toHttp(error);
    if (isOurs) log("error", "a request failed", { reason: errorText(error) });
    return reply.code(status).send(body);
  });
  app.setNotFoundHandler(() => {
    throw notFound("This address");
  });
  app.addHook("onResponse", async (request, reply) => {
    metrics.add("firstread_http_requests_total");
    // A page's stream of events is open for hours: that is no answer that took long.
    if (request.routeOptions.url !== EVENTS_URL) {
      metrics.observe("firstread_http_request_seconds", reply.elapsedTime / 1000);
    }
    if (reply.statusCode >= 500) metrics.add("firstread_http_errors_total");
  });
  app.removeContentTypeParser("text/plain");
  addGuards(app, refuse);
  return app;
}
