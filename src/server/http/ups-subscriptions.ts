/**
 * @file Subscriptions to workitems and their event channels (DICOM PS3.18, 11.10 to 11.13, 8.10): WebSockets.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

import { isAeTitle } from "../../dicom/net/uids.ts";
import { InvalidKey } from "../../dicom/query/match.ts";
import { parseSearchQuery } from "../../dicom/web/search-query.ts";
import { putSubscription, removeSubscription, suspendSubscription } from "../../store/subscriptions.ts";
import { HttpError, notFound, toHttp } from "../errors.ts";
import { readRankedList } from "../ranked-list.ts";
import { FILTERED_SUBSCRIPTION, GLOBAL_SUBSCRIPTION } from "../ups/event-channels.ts";
import { readWorkitem } from "../ups/find-workitems.ts";
import type { AppContext } from "./app.ts";
import { refuseForeignWrite, refuseForeign } from "./guards.ts";
import { refuseUpgrade, WebSocketChannel } from "./websocket.ts";

const SUBSCRIPTION = "/dicomweb/workitems/:target/subscribers/:subscriber";
const CHANNEL = /^\/dicomweb\/subscribers\/([^/?]+)(?:\?.*)?$/;
const WORKLISTS: ReadonlySet<string> = new Set([GLOBAL_SUBSCRIPTION, FILTERED_SUBSCRIPTION]);

interface SubscriptionParams {
  readonly target: string;
  readonly subscriber: string;
}

type SubscriptionRequest = FastifyRequest<{ Params: SubscriptionParams }>;

export function addSubscriptionRoutes(app: FastifyInstance, { db, policy, upsEvents }: AppContext): void {
  const context = { db, ranked: () => readRankedList(db, policy) };

  app.post<{ Params: SubscriptionParams }>(SUBSCRIPTION, async (request, reply) => {
    const { target, subscriber } = checked(request);
    const parameters = new URL(request.url, "http://here").searchParams;
    const lock = parameters.get("deletionlock") ?? "false";
    if (lock !== "true" && lock !== "false") {
      throw new HttpError(
        400,
        "bad-request",
        `deletionlock: expected true or false, got "${lock.slice(0, 20)}".`,
      );
    }
    parameters.delete("deletionlock");
    const filter = target === FILTERED_SUBSCRIPTION ? checkedFilter(parameters) : "";
    const workitem = WORKLISTS.has(target) ? null : await readWorkitem(context, target, "");
    if (!WORKLISTS.has(target) && !workitem) throw notFound("The workitem");
    await putSubscription(db, { subscriber, target, filter, deletionLock: lock === "true" });
    if (workitem) upsEvents.tellState(subscriber, target, workitem);
    const channel = `ws://${request.host}/dicomweb/subscribers/${encodeURIComponent(subscriber)}`;
    return reply.code(201).header("content-location", channel).send();
  });

  app.post<{ Params: SubscriptionParams }>(`${SUBSCRIPTION}/suspend`, async (request, reply) => {
    const { target, subscriber } = checked(request);
    if (!WORKLISTS.has(target)) throw notFound("A worklist of this name");
    return done(reply, await suspendSubscription(db, subscriber, target));
  });

  app.delete<{ Params: SubscriptionParams }>(SUBSCRIPTION, async (request, reply) => {
    const { target, subscriber } = checked(request);
    return done(reply, await removeSubscription(db, subscriber, target));
  });

  app.get("/dicomweb/subscribers/:subscriber", async (_request, reply) => {
    reply.header("upgrade", "websocket").header("connection", "Upgrade");
    throw new HttpError(426, "upgrade-required", "An event channel is a WebSocket.");
  });

  app.server.on("upgrade", (request, socket, head) => {
    socket.on("error", () => undefined);
    try {
      // Like a write: another site's page must not listen through this machine's browser.
      refuseForeign("GET", request.headers);
      refuseForeignWrite("POST", request.headers);
    } catch (error) {
      const { body } = toHttp(error);
      refuseUpgrade(socket, "403 Forbidden", body.error.message);
      return;
    }
    const subscriber = decoded(CHANNEL.exec(request.url ?? "")?.[1] ?? "");
    if (!isAeTitle(subscriber)) {
      refuseUpgrade(socket, "404 Not Found", "Expected /dicomweb/subscribers/ and an AE title.");
      return;
    }
    const channel = WebSocketChannel.accept(request, socket, head);
    if (!channel) return;
    upsEvents.connect(subscriber, channel).then(
      (isWelcome) => {
        if (!isWelcome) channel.close();
      },
      () => channel.close(),
    );
  });
}

function done(reply: FastifyReply, isKnown: boolean): FastifyReply {
  if (!isKnown) throw notFound("The subscription");
  return reply.code(200).send();
}

function checked({ params }: SubscriptionRequest): SubscriptionParams {
  if (!isAeTitle(params.subscriber)) {
    throw new HttpError(400, "bad-request", "The subscriber: expected an AE title of 1 to 16 characters.");
  }
  return { target: params.target, subscriber: params.subscriber.trim() };
}

/** The filter as it is kept. @throws HttpError 400 where it cannot be matched by */
function checkedFilter(parameters: URLSearchParams): string {
  try {
    parseSearchQuery(parameters);
    return parameters.toString();
  } catch (error) {
    if (error instanceof InvalidKey) throw new HttpError(400, "bad-request", `${error.message}.`);
    throw error;
  }
}

/** A part of an address; "" where it is written wrong. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return "";
  }
}
