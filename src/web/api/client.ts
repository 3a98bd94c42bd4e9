/**
 * @file The page's door to `/api`. Every failure becomes an `ApiError` whose message can be shown as it is.
 */
import type {
  ErrorResponse,
  MethodSaliencyResponse,
  RankHistory,
  ReaderAction,
  SaliencyResponse,
  StudyDetail,
  WorklistResponse,
} from "../../domain/api.ts";
import type { Tier } from "../../domain/worklist.ts";
import type { ChannelTestResponse, NotificationsResponse, RetryResponse } from "../../domain/notices.ts";
import type { DashboardResponse } from "../../domain/dashboard.ts";

/** A request that failed. `status` is 0 when no answer came. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(message: string, status: number, code: string, cause?: unknown) {
    super(message, { cause });
    this.name = "ApiError";
    this.status = status;
    this.code = code;
  }
}

async function request(path: string, init?: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
    throw new ApiError("The server does not answer.", 0, "unreachable", cause);
  }
  if (response.ok) return response;
  const body = (await response.json().catch(() => null)) as Partial<ErrorResponse> | null;
  throw new ApiError(
    body?.error?.message ?? `The server answered ${response.status} ${response.statusText}.`,
    response.status,
    body?.error?.code ?? "unknown",
  );
}

async function json<T>(path: string, init?: RequestInit): Promise<T> {
  return (await (await request(path, init)).json()) as T;
}

const study = (uid: string): string => `/api/studies/${encodeURIComponent(uid)}`;

function post(path: string, body: object): Promise<Response> {
  return request(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

export const getWorklist = (signal: AbortSignal): Promise<WorklistResponse> =>
  json("/api/worklist", { signal });

/** Figures of the last so many days. */
export const getDashboard = (days: number, signal: AbortSignal): Promise<DashboardResponse> =>
  json(`/api/dashboard?days=${days}`, { signal });

export const getStudy = (uid: string, signal: AbortSignal): Promise<StudyDetail> =>
  json(study(uid), { signal });

/** A slice's Hounsfield units, `[rows, columns]`. @throws ApiError when the length is not rows × columns */
export async function getPixels(
  uid: string,
  index: number,
  pixelCount: number,
  signal: AbortSignal,
): Promise<Int16Array> {
  const response = await request(`${study(uid)}/slices/${index}/pixels`, { signal });
  const bytes = await response.arrayBuffer();
  if (bytes.byteLength !== 2 * pixelCount) {
    throw new ApiError(
      `Slice ${index + 1}: expected ${2 * pixelCount} bytes of pixels, got ${bytes.byteLength}.`,
      response.status,
      "bad-pixels",
    );
  }
  return new Int16Array(bytes);
}

export const getSaliency = (uid: string, index: number, signal: AbortSignal): Promise<SaliencyResponse> =>
  json(`${study(uid)}/slices/${index}/saliency`, { signal });

/** The map by another method than the model's own. */
export const getSaliencyBy = (
  uid: string,
  index: number,
  method: string,
  signal: AbortSignal,
): Promise<MethodSaliencyResponse> =>
  json(`${study(uid)}/slices/${index}/saliency?method=${encodeURIComponent(method)}`, { signal });

export async function act(uid: string, action: ReaderAction, reader: string): Promise<void> {
  await post(`${study(uid)}/${action}`, { reader });
}

/** The reader is still at the study. @throws ApiError 409 when they do not hold it */
export async function renewClaim(uid: string, reader: string): Promise<void> {
  await post(`${study(uid)}/renew`, { reader });
}

/** @param tier null gives the priority back to the order */
export async function setPriority(
  uid: string,
  reader: string,
  tier: Tier | null,
  reason: string,
): Promise<void> {
  await post(`${study(uid)}/priority`, { reader, tier, reason });
}

export const getRankHistory = (uid: string, signal: AbortSignal): Promise<RankHistory> =>
  json(`${study(uid)}/rank-history`, { signal });

export async function sendFeedback(uid: string, reader: string, agrees: boolean): Promise<void> {
  await post(`${study(uid)}/feedback`, { reader, agrees });
}

export const getNotifications = (): Promise<NotificationsResponse> => json("/api/notifications");

const askedBy = (who: string): RequestInit => ({
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ who }),
});

export const testChannel = (name: string, who: string): Promise<ChannelTestResponse> =>
  json(`/api/notifications/${encodeURIComponent(name)}/test`, askedBy(who));

/** Send all of a channel's dead letters again. */
export const retryChannel = (name: string, who: string): Promise<RetryResponse> =>
  json(`/api/notifications/${encodeURIComponent(name)}/retry`, askedBy(who));

export const retryDelivery = (id: number, who: string): Promise<RetryResponse> =>
  json(`/api/notifications/deliveries/${id}/retry`, askedBy(who));
